import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	api,
	cleanUp,
	end,
	isAlive,
	newFolder,
	runCli,
	type Served,
	type Started,
	said,
	startCli,
	startDemo,
	startServe,
} from "./processes.ts";

let demo: Started & { readonly url: string };
let served: Served;
let here: readonly string[];

beforeAll(async () => {
	const modelsDir = await newFolder();
	await writeFile(
		join(modelsDir, "slow.json"),
		JSON.stringify({ name: "gemma3:4b", misbehave: { "slow-load": 600 } }),
	);
	await writeFile(
		join(modelsDir, "hang.json"),
		JSON.stringify({ name: "gemma3:1b", misbehave: { "hang-unload": true } }),
	);
	demo = await startDemo("--models-dir", modelsDir, "--tokens-per-second", "200");
	served = await startServe(demo.url, await newFolder());
	here = ["--data-dir", served.dataDir];
});
afterAll(cleanUp);

/** The JSON a command printed. */
function parsed<Shape>(out: string): Shape {
	return JSON.parse(out) as Shape;
}

/** How many loaded models the engine lists under a name. */
async function listedByEngine(model: string): Promise<number> {
	const { body } = await api<{ models: readonly { name: string }[] }>(demo.url, "/api/ps");
	return body.models.filter(({ name }) => name === model).length;
}

describe("plimsoll status, load, unload and flush", () => {
	it("load a model, show it in a table and unload it with proof", async () => {
		const load = await runCli(["load", "mistral", ...here]);
		expect(load).toMatchObject({ code: 0, err: "Loading mistral …\n" });
		expect(load.out).toMatch(/^mistral:latest is loaded: \d+\.\d\u00a0GB, \d+\.\d\u00a0s\.\n$/);

		const status = await runCli(["status", ...here]);
		expect(status.code).toBe(0);
		const [head = "", row = ""] = status.out.trimEnd().split("\n").slice(-2);
		expect(head).toMatch(/^MODEL +TAKES +STATE +LEAVES IN$/);
		expect(row).toMatch(/^mistral:latest +\d+\.\d\u00a0GB +[a-z ]+ +5\u00a0min$/);
		// Right-aligned columns end where their heading ends.
		expect(row.length).toBe(head.length);
		expect(row.indexOf("GB") + 2).toBe(head.indexOf("TAKES") + 5);

		const unload = await runCli(["unload", "mistral", ...here]);
		expect(unload.code).toBe(0);
		expect(unload.out).toMatch(/^mistral:latest is unloaded: its process ended, \d+\.\d\u00a0GB came back/);
	});

	it("print the API's JSON and nothing else with --json", async () => {
		const load = await runCli(["load", "mistral", "--num-ctx", "2048", "--json", ...here]);
		expect(load).toMatchObject({ code: 0, err: "" });
		expect(parsed(load.out)).toMatchObject({ success: true, model: "mistral:latest", num_ctx: 2048 });
		const status = await runCli(["status", "--json", ...here]);
		expect(parsed(status.out)).toMatchObject({ ollama: { loaded_models: [{ name: "mistral:latest" }] } });
		const flush = await runCli(["flush", "--json", ...here]);
		expect(flush).toMatchObject({ code: 0, err: "" });
		expect(parsed(flush.out)).toMatchObject({
			success: true,
			models_unloaded: ["mistral:latest"],
			failed: [],
		});
	});

	it("say so where there is nothing to flush or to unload", async () => {
		const flush = await runCli(["flush", ...here]);
		expect(flush).toMatchObject({ code: 0, out: "Nothing was loaded.\n" });
		const unload = await runCli(["unload", "mistral", ...here]);
		expect(unload.code).toBe(2);
		expect(unload.err).toContain("mistral is not loaded.");
	});

	it("speak German where that is asked for, by flag or by the system", async () => {
		expect((await runCli(["status", "--language", "de", ...here])).out).toContain("verfügbar");
		expect((await runCli(["flush", ...here], { LC_ALL: "de_DE.UTF-8" })).out).toBe(
			"Es war nichts geladen.\n",
		);
	});

	it("end with 2 for a model that does not exist, in words and in JSON", async () => {
		const plain = await runCli(["load", "no-such-model", ...here]);
		expect(plain.code).toBe(2);
		expect(plain.err).toContain("Error: There is no model no-such-model.");
		const json = await runCli(["load", "no-such-model", "--json", ...here]);
		expect(json.code).toBe(2);
		expect(parsed(json.out)).toMatchObject({ error: { code: "model-not-found" } });
	});

	it("end with 5 where the memory does not suffice, with the figures", async () => {
		const load = await runCli(["load", "llama3.3:70b", ...here]);
		expect(load.code).toBe(5);
		expect(load.err).toMatch(/needs \d+\.\d\u00a0GB, but only \d+\.\d\u00a0GB are available/);
	});

	it("say whether a model fits, with every term, and end with 5 where it does not", async () => {
		const fits = await runCli(["fit", "mistral", "--num-ctx", "2048", ...here]);
		expect(fits).toMatchObject({ code: 0, err: "" });
		expect(fits.out).toMatch(
			/^mistral:latest fits: it takes \d+\.\d\u00a0GB, \d+\.\d\u00a0GB to spare afterwards\./,
		);
		expect(fits.out).toMatch(/\d+\.\d\u00a0GB weights, \d+\.\d\u00a0GB context \(2048\)/);
		expect(fits.out).toMatch(/Budget \d+\.\d\u00a0GB: \d+\.\d\u00a0GB available/);
		const over = await runCli(["fit", "llama3.3:70b", ...here]);
		expect(over.code).toBe(5);
		expect(over.out).toMatch(/^llama3\.3:70b is \d+\.\d\u00a0GB over/);
		const json = await runCli(["fit", "llama3.3:70b", "--json", ...here]);
		expect(json.code).toBe(5);
		expect(parsed(json.out)).toMatchObject({ verdict: "over", because: "memory", evictions: [] });
		const unknown = await runCli(["fit", "no-such-model", ...here]);
		expect(unknown.code).toBe(2);
	});

	it("trim says what came back, and nothing can be trimmed that is not loaded", async () => {
		expect((await runCli(["load", "mistral", ...here])).code).toBe(0);
		await expect
			.poll(async () => (await runCli(["trim", "mistral", ...here])).out, {
				timeout: 30_000,
				interval: 1_000,
			})
			.toMatch(/^mistral:latest is trimmed: \d+\.\d\u00a0GB came back \(\d+\.\d\u00a0GB before/);
		expect((await runCli(["unload", "mistral", ...here])).code).toBe(0);
		expect((await runCli(["trim", "mistral", ...here])).code).toBe(2);
	});

	it("say what was unloaded for a load, and what each model does", async () => {
		const crowd = await startDemo("--machine-gb", "14");
		const plimsoll = await startServe(crowd.url, await newFolder());
		const there = ["--data-dir", plimsoll.dataDir];
		expect((await runCli(["load", "gemma3:4b", ...there])).out).not.toContain("Unloaded for it");
		await expect
			.poll(async () => (await runCli(["status", ...there])).out, { timeout: 20_000, interval: 500 })
			.toMatch(/^gemma3:4b .* idle /m);
		expect((await runCli(["status", "--language", "de", ...there])).out).toMatch(/^gemma3:4b .* untätig /m);
		expect((await runCli(["load", "mistral", ...there])).out).toMatch(
			/^Unloaded for it: gemma3:4b; \d+\.\d\u00a0GB came back\.$/m,
		);
	});

	it("end with 6 where a release is not confirmed", async () => {
		expect((await runCli(["load", "gemma3:1b", ...here])).code).toBe(0);
		const unload = await runCli(["unload", "gemma3:1b", ...here]);
		expect(unload.code).toBe(6);
		expect(unload.err).toContain("gemma3:1b could not be confirmed as unloaded.");
	});

	it("end the process of a runner that was left over, once that was agreed to, and of no other", async () => {
		const engine = await startDemo("--control");
		const plimsoll = await startServe(engine.url, await newFolder());
		const there = ["--data-dir", plimsoll.dataDir];
		const orphan = { method: "POST", body: JSON.stringify({ orphan: { model: "gemma3:4b" } }) };
		expect((await api(engine.url, "/demo/control", orphan)).status).toBe(200);
		interface Status {
			readonly ollama: { readonly stray_runners: readonly { readonly pid: number; readonly kind: string }[] };
		}
		const strays = async () => {
			const status = await runCli(["status", "--json", ...there]);
			return parsed<Status>(status.out).ollama.stray_runners;
		};
		await expect.poll(strays, { timeout: 15_000 }).toMatchObject([{ kind: "orphan" }]);
		const pid = (await strays())[0]?.pid ?? 0;

		expect(await runCli(["end-runner", String(process.pid), "--yes", ...there])).toMatchObject({ code: 1 });
		const unasked = await runCli(["end-runner", String(pid), ...there]);
		expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
		expect(isAlive(pid)).toBe(true);

		const ended = await runCli(["end-runner", String(pid), "--yes", ...there]);
		expect(ended.code).toBe(0);
		expect(ended.out).toMatch(/has ended, [1-9]\.\d\u00a0GB came back/);
		expect(isAlive(pid)).toBe(false);
		await expect.poll(strays, { timeout: 15_000 }).toEqual([]);
	});

	it("take a load back with Ctrl-C", async () => {
		const load = startCli(["load", "gemma3:4b", ...here]);
		await said(load, /Loading gemma3:4b/);
		expect(await listedByEngine("gemma3:4b")).toBe(0);
		expect(await end(load, "SIGINT")).toBe(130);
		expect(load.err()).toContain("Cancelled.");
		// Nothing is left of it that another load would have to wait for.
		expect((await runCli(["load", "mistral", ...here])).code).toBe(0);
		expect(await listedByEngine("gemma3:4b")).toBe(0);
	});
});

describe("plimsoll route and chat", () => {
	it("say who would answer, and why each other would not, without asking anybody", async () => {
		const loaded = async () => {
			const { ollama } = JSON.parse((await runCli(["status", "--json", ...here])).out);
			return ollama.loaded_models.map(({ name }: { readonly name: string }) => name);
		};
		const before = await loaded();
		const route = await runCli([
			"route",
			"Build a Laravel API endpoint with validation",
			"--original-team",
			...here,
		]);
		expect([route.code, route.err]).toEqual([0, ""]);
		const [who, why] = route.out.split("\n");
		expect(who).toBe("DeepSeek Legacy (deepseek-coder-v2:16b)");
		expect(why).toBe("DeepSeek Legacy is the team’s specialist for php.");
		expect(route.out).toMatch(/^deepcoder_primary +deepcoder:latest +Would do$/m);
		const json = await runCli(["route", "Hi", "--json", ...here]);
		expect(JSON.parse(json.out)).toMatchObject({ requirements: { plimsoll_domain: "smalltalk" } });
		expect(await loaded()).toEqual(before);
	});

	it("ask the chosen member, or the one that is named, and say who it was", async () => {
		const chat = await runCli(["chat", "Hello there", "--member", "gemma_tiny", ...here]);
		expect(chat.code).toBe(0);
		expect(chat.out.length).toBeGreaterThan(10);
		expect(chat.err).toBe("— gemma_tiny (gemma3:1b)\n");
		const json = await runCli(["chat", "Hello there", "--json", ...here]);
		expect(JSON.parse(json.out)).toMatchObject({ metadata: { phase: "4B" } });
		const unknown = await runCli(["chat", "Hello", "--member", "nobody", ...here]);
		expect(unknown.code).toBe(2);
		await runCli(["flush", ...here]);
	});
});

describe("a wrong call", () => {
	it.each([
		["an unknown command", ["fly"]],
		["an unknown flag", ["status", "--fly"]],
		["a prompt to route that is empty", ["route", " "]],
		["a prompt to ask that is empty", ["chat", ""]],
		["a number of pictures that is none", ["route", "What is this?", "--images", "two"]],
		["a missing model", ["load"]],
		["a port that is none", ["serve", "--port", "70000"]],
		["a context that is none", ["load", "a", "--num-ctx", "many"]],
		["a language that is none", ["status", "--language", "fr"]],
		["a flavour that is none", ["demo-engine", "--flavour", "9"]],
		["a scale that is none", ["demo-engine", "--scale", "2"]],
	])("ends with 2: %s", async (_, args) => {
		const { code, err } = await runCli(args);
		expect([code, err]).not.toEqual([code, ""]);
		expect(code).toBe(2);
	});

	it("is none where help or the version is asked for", async () => {
		for (const args of [["--help"], ["load", "--help"], ["--version"]])
			expect(await runCli(args)).toMatchObject({ code: 0, err: "" });
		expect((await runCli(["--help"])).out).toMatch(
			/serve[\s\S]+status[\s\S]+flush[\s\S]+doctor[\s\S]+demo-engine/,
		);
		expect((await runCli(["demo-engine", "--help"])).out).toMatch(/crash-mid-stream[\s\S]+blocking-ps/);
	});
});

describe("without a running Plimsoll", () => {
	it("every command that needs one ends with 3 and says how to start it", async () => {
		const folder = await newFolder();
		for (const args of [["status"], ["load", "a"], ["unload", "a"], ["flush"]]) {
			const { code, err } = await runCli([...args, "--data-dir", folder]);
			expect(code).toBe(3);
			expect(err).toContain(`No Plimsoll is running for ${folder}.`);
			expect(err).toContain("plimsoll serve");
		}
	});

	it("finds the folder by PLIMSOLL_DATA_DIR", async () => {
		expect((await runCli(["status"], { PLIMSOLL_DATA_DIR: served.dataDir })).code).toBe(0);
	});
});

describe("plimsoll doctor", () => {
	it("finds a demo engine, a free folder and working probes, and ends with 0", async () => {
		const folder = await newFolder();
		const { code, out } = await runCli(["doctor", "--engine", demo.url, "--data-dir", folder, "--port", "0"]);
		expect(code).toBe(0);
		expect(out).toMatch(/✓ Runtime +Node \d+/);
		expect(out).toContain(`demo engine 0.33.0 at ${demo.url}`);
		expect(out).toMatch(/✓ Memory probe +\d+\.\d\u00a0GB of \d+\.\d\u00a0GB available/);
	});

	it("sees the Plimsoll that runs, and takes it for no engine", async () => {
		const { out } = await runCli(["doctor", "--engine", served.url, "--json", ...here]);
		const { checks } = parsed<{ checks: readonly { name: string; outcome: string; text: string }[] }>(out);
		const textOf = (name: string): string => checks.find((check) => check.name === name)?.text ?? "";
		expect(textOf("lock")).toContain(`process ${served.pid}`);
		expect(textOf("port")).toContain(String(served.port));
		expect(checks.find(({ name }) => name === "engine")?.outcome).toBe("warning");
	});

	it("examines the engine that the Plimsoll that runs uses", async () => {
		const { out } = await runCli(["doctor", ...here]);
		expect(out).toContain(`demo engine 0.33.0 at ${demo.url} (named by Plimsoll)`);
	});

	it("ends with 1 where the data folder cannot be used", async () => {
		const folder = await newFolder();
		await mkdir(join(folder, "below"));
		const file = join(folder, "below", "file");
		await writeFile(file, "");
		const { code, out } = await runCli(["doctor", "--engine", demo.url, "--data-dir", join(file, "data")]);
		expect(code).toBe(1);
		expect(out).toMatch(/✗ Data folder/);
	});
});

describe("plimsoll demo-engine", () => {
	it("says where it listens, serves its control point only when told to, and ends politely", async () => {
		const plain = await startDemo();
		expect((await fetch(`${plain.url}/demo/control`, { method: "POST", body: "{}" })).status).toBe(404);
		expect(await end(plain)).toBe(0);
		const controlled = await startDemo("--control", "--flavour", "0.24", "--machine-gb", "36");
		const version = await api<{ version: string }>(controlled.url, "/api/version");
		expect(version.body.version).toBe("0.24.0");
		const machine = await fetch(`${controlled.url}/demo/machine`);
		expect(machine.headers.get("plimsoll-demo")).toBe("1");
		expect((await fetch(`${controlled.url}/demo/control`, { method: "POST", body: "{}" })).status).not.toBe(
			404,
		);
		expect(await end(controlled, "SIGINT")).toBe(0);
	});

	it("ends with 7 where its port is taken", async () => {
		const port = new URL(demo.url).port;
		expect(await runCli(["demo-engine", "--port", port])).toMatchObject({ code: 7 });
	});
});
