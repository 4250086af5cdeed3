import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { closePages, openPage } from "./page.ts";
import {
	api,
	cleanUp,
	isAlive,
	newFolder,
	processesWith,
	runCli,
	type Served,
	said,
	startCli,
	startDemo,
	startServe,
} from "./processes.ts";

interface Status {
	readonly ollama: {
		readonly loaded_models: readonly {
			readonly name: string;
			readonly size_gb: number;
			readonly state: string;
			readonly oddity: string | null;
		}[];
		readonly total_loaded_gb: number;
		readonly stray_runners: readonly {
			readonly pid: number;
			readonly kind: string;
			readonly model: string;
		}[];
	};
}

interface Unload {
	readonly success: boolean;
	readonly status: string;
	readonly grade: string;
	readonly memory_released_gb: number;
}

interface Flush {
	readonly success: boolean;
	readonly models_unloaded: readonly string[];
	readonly memory_released_gb: number;
	readonly grades: Readonly<Record<string, string>>;
	readonly failed: readonly { readonly name: string; readonly because: string }[];
}

interface Machine {
	readonly engine_pid: number;
	readonly runners: readonly {
		readonly pid: number;
		readonly parent_pid: number;
		readonly memory_bytes: number;
		readonly model: string;
	}[];
}

const GB = 1024 ** 3;
const WAIT = { timeout: 20_000, interval: 100 };
const MODELS = ["gemma3:1b", "llama3.2:3b", "granite3.2-vision:2b"] as const;

afterEach(async () => {
	closePages();
	await cleanUp();
});

const statusOf = async (served: Served): Promise<Status["ollama"]> =>
	(await api<Status>(served.url, "/api/memory/status")).body.ollama;

async function control(demo: string, body: unknown): Promise<void> {
	const { status } = await api(demo, "/demo/control", { method: "POST", body: JSON.stringify(body) });
	expect(status).toBe(200);
}

const load = (served: Served, model: string, body?: unknown): Promise<{ readonly status: number }> =>
	api(served.url, `/api/memory/models/${encodeURIComponent(model)}/load`, {
		method: "POST",
		...(body === undefined
			? {}
			: { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
	});

/** Begins a long answer behind Plimsoll's back and waits until the model is seen at work; the result breaks it off. */
async function answering(demo: string, served: Served, model: string): Promise<() => void> {
	const leave = new AbortController();
	const response = await fetch(`${demo}/api/generate`, {
		method: "POST",
		body: JSON.stringify({ model, prompt: "Write a long story about the sea." }),
		signal: leave.signal,
	});
	response.text().catch(() => undefined);
	await vi.waitFor(async () => {
		const { loaded_models } = await statusOf(served);
		expect(loaded_models.find(({ name }) => name === model)?.state).toBe("busy");
	}, WAIT);
	return () => leave.abort();
}

describe.each(["0.24", "0.33", "0.40"])("in front of an engine of flavour %s", (flavour) => {
	it("the status is what three processes hold, and a flush has ended them when it answers", async () => {
		const demo = await startDemo("--flavour", flavour, "--scale", "1/32", "--machine-gb", "48");
		const served = await startServe(demo.url, await newFolder());
		for (const model of MODELS) expect((await load(served, model)).status).toBe(200);
		const { body: machine } = await api<Machine>(demo.url, "/demo/machine");
		const held = machine.runners.reduce((sum, runner) => sum + runner.memory_bytes, 0);
		const { loaded_models, total_loaded_gb } = await statusOf(served);
		const margin = Math.max(held / 100, 100 * 1024 ** 2);
		expect(Math.abs(total_loaded_gb * GB - held)).toBeLessThan(margin);
		for (const { name, size_gb } of loaded_models) {
			const own = machine.runners.find(({ model }) => model === name)?.memory_bytes ?? 0;
			expect(Math.abs(size_gb * GB - own), name).toBeLessThan(Math.max(own / 100, 100 * 1024 ** 2));
		}
		expect(machine.runners).toHaveLength(3);

		const { status, body } = await api<Flush>(served.url, "/api/memory/flush", { method: "POST" });
		expect(machine.runners.map(({ pid }) => pid).filter(isAlive)).toEqual([]);
		expect(status).toBe(200);
		expect(new Set(body.models_unloaded)).toEqual(new Set(MODELS));
		expect(new Set(Object.values(body.grades))).toEqual(new Set(["proved"]));
		expect(Math.abs(body.memory_released_gb * GB - held)).toBeLessThan(margin);
		expect((await statusOf(served)).loaded_models).toEqual([]);
	}, 60_000);
});

it("says what others unloaded to whoever asks once, with no popover open", async () => {
	const demo = await startDemo();
	const served = await startServe(demo.url, await newFolder());
	await load(served, "gemma3:1b");
	// Long enough for the engine to be asked only every 4 s.
	await sleep(5_000);
	await api(demo.url, "/api/generate", {
		method: "POST",
		body: JSON.stringify({ model: "gemma3:1b", keep_alive: 0 }),
	});
	await sleep(1_100);
	expect((await api<Machine>(demo.url, "/demo/machine")).body.runners).toEqual([]);
	expect((await statusOf(served)).loaded_models).toEqual([]);
});

describe("a model that still answers", () => {
	it("is said to be draining over HTTP and on the command line, and a load calls that off", async () => {
		const demo = await startDemo("--tokens-per-second", "4");
		const served = await startServe(demo.url, await newFolder());
		await load(served, "gemma3:1b");
		const endAnswer = await answering(demo.url, served, "gemma3:1b");
		const [http, cli] = await Promise.all([
			api<Unload>(served.url, "/api/memory/models/gemma3:1b", { method: "DELETE" }),
			runCli(["unload", "gemma3:1b", "--data-dir", served.dataDir]),
		]);
		expect([http.status, http.body.status, http.body.success]).toEqual([202, "draining", false]);
		expect(cli.code).toBe(6);
		expect(cli.out).toContain("gemma3:1b");
		expect((await statusOf(served)).loaded_models).toMatchObject([{ state: "draining" }]);

		const kept = await runCli(["load", "gemma3:1b", "--data-dir", served.dataDir]);
		expect(kept.code).toBe(0);
		expect((await statusOf(served)).loaded_models).not.toMatchObject([{ state: "draining" }]);
		endAnswer();
		await vi.waitFor(async () => {
			expect((await statusOf(served)).loaded_models).toMatchObject([
				{ name: "gemma3:1b", state: "idle", oddity: null },
			]);
		}, WAIT);
	}, 90_000);

	it("is kept by the popover, whose unload then says cancelled", async () => {
		const demo = await startDemo("--tokens-per-second", "4");
		const served = await startServe(demo.url, await newFolder());
		const page = await openPage(served);
		await page.watch({ open: true });
		await page.load({ model: "gemma3:1b" });
		const endAnswer = await answering(demo.url, served, "gemma3:1b");
		const unload = page.unload({ model: "gemma3:1b" });
		const told = expect(unload).rejects.toMatchObject({ code: "cancelled" });
		await vi.waitFor(
			async () =>
				expect((await page.snapshot(null)).operations).toMatchObject([
					{ kind: "unload", state: "waiting-for-reply" },
				]),
			WAIT,
		);
		await page.keep({ model: "gemma3:1b" });
		await told;
		expect((await page.snapshot(null)).operations).toEqual([]);
		endAnswer();
		await vi.waitFor(
			async () => expect((await page.snapshot(null)).loaded).toMatchObject([{ state: "idle", oddity: null }]),
			WAIT,
		);
	}, 90_000);
});

it("a release that hangs is never called done: popover, HTTP, flush and command line", async () => {
	const demo = await startDemo("--control");
	const served = await startServe(demo.url, await newFolder());
	const page = await openPage(served);
	await load(served, "gemma3:1b");
	await load(served, "mistral:latest");
	await control(demo.url, { misbehave: { model: "gemma3:1b", what: "hang-unload" } });
	expect(await page.unload({ model: "gemma3:1b" })).toMatchObject({
		grade: "not-confirmed",
		because: "still-listed",
		releasedBytes: 0,
	});
	await vi.waitFor(async () => {
		const { loaded_models } = await statusOf(served);
		expect(loaded_models.find(({ name }) => name === "gemma3:1b")?.oddity).toBe("stuck");
	}, WAIT);
	const [http, cli, flush, flushed] = await Promise.all([
		api<Unload>(served.url, "/api/memory/models/gemma3:1b", { method: "DELETE" }),
		runCli(["unload", "gemma3:1b", "--json", "--data-dir", served.dataDir]),
		api<Flush>(served.url, "/api/memory/flush", { method: "POST" }),
		runCli(["flush", "--data-dir", served.dataDir]),
	]);
	expect([http.status, http.body]).toMatchObject([
		504,
		{ success: false, status: "not-confirmed", grade: "not-confirmed", memory_released_gb: 0 },
	]);
	expect(cli.code).toBe(6);
	expect(JSON.parse(cli.out)).toMatchObject({ success: false, status: "not-confirmed" });
	expect([flush.status, flush.body]).toMatchObject([
		504,
		{ success: false, models_unloaded: ["mistral:latest"], failed: [{ name: "gemma3:1b" }] },
	]);
	expect(flushed.code).toBe(6);
	expect(flushed.err).toContain("gemma3:1b");
}, 90_000);

it("a ghost, a dead runner and an orphan are named in the status and on the command line", async () => {
	const modelsDir = await newFolder();
	await writeFile(
		join(modelsDir, "ghost.json"),
		JSON.stringify({ name: "ghost:1b", base: "gemma3:1b", misbehave: { ghost: true } }),
	);
	await writeFile(
		join(modelsDir, "dies.json"),
		JSON.stringify({ name: "dies:3b", base: "llama3.2:3b", misbehave: { "dead-runner": 1 } }),
	);
	const demo = await startDemo("--control", "--models-dir", modelsDir, "--machine-gb", "48");
	const served = await startServe(demo.url, await newFolder());
	for (const model of ["ghost:1b", "dies:3b"])
		await api(demo.url, "/api/generate", { method: "POST", body: JSON.stringify({ model }) });
	await control(demo.url, { orphan: { model: "granite3.2-vision:2b" } });
	await vi.waitFor(async () => {
		const { loaded_models, stray_runners } = await statusOf(served);
		expect(Object.fromEntries(loaded_models.map(({ name, oddity }) => [name, oddity]))).toEqual({
			"ghost:1b": "ghost",
			"dies:3b": "dead-runner",
		});
		expect(stray_runners).toMatchObject([{ kind: "orphan", model: "granite3.2-vision:2b" }]);
	}, WAIT);
	const [orphan] = (await statusOf(served)).stray_runners;
	const { out } = await runCli(["status", "--data-dir", served.dataDir]);
	expect(out).toMatch(/^ghost:1b .*deleted or replaced on disk/m);
	expect(out).toMatch(/^dies:3b .*its process has ended/m);
	expect(out).toMatch(new RegExp(`granite3.2-vision:2b.* ${orphan?.pid}: `, "m"));
	await control(demo.url, { kill_orphan: { pid: orphan?.pid } });
	await vi.waitFor(async () => expect((await statusOf(served)).stray_runners).toEqual([]), WAIT);
}, 60_000);

it("a load is waited for longer than a process-wide limit on answers allows, by every way there is", async () => {
	const modelsDir = await newFolder();
	for (const [nth, name] of ["gemma3:1b", "llama3.2:3b", "granite3.2-vision:2b"].entries())
		await writeFile(join(modelsDir, `${nth}.json`), JSON.stringify({ name, misbehave: { "slow-load": 4 } }));
	const demo = await startDemo("--models-dir", modelsDir, "--machine-gb", "48");
	const dataDir = await newFolder();
	const short = { NODE_OPTIONS: `--import ${new URL("./short-header-limit.mjs", import.meta.url).href}` };
	const started = startCli(
		["serve", "--port", "0", "--no-open", "--data-dir", dataDir, "--engine", demo.url],
		short,
	);
	const url = await said(started, /^Plimsoll is listening on (\S+)$/m);
	const served: Served = { ...started, url, port: Number(new URL(url).port), dataDir };
	expect((await load(served, "gemma3:1b")).status).toBe(200);
	const passedOn = await api<{ done: boolean }>(url, "/api/generate", {
		method: "POST",
		body: JSON.stringify({ model: "llama3.2:3b" }),
	});
	expect([passedOn.status, passedOn.body.done]).toEqual([200, true]);
	const cli = await runCli(["load", "granite3.2-vision:2b", "--data-dir", dataDir], short);
	expect(cli.code).toBe(0);
	expect((await statusOf(served)).loaded_models).toHaveLength(3);
}, 60_000);

it("one model loaded at once by the own API, the command line and two passed-on requests starts one runner", async () => {
	const demo = await startDemo("--load-gb-per-second", "0.5");
	const served = await startServe(demo.url, await newFolder());
	const passOn = (): Promise<{ readonly status: number }> =>
		api(served.url, "/api/generate", { method: "POST", body: JSON.stringify({ model: "GEMMA3:1b" }) });
	const answers = await Promise.all([
		load(served, "gemma3:1b"),
		passOn(),
		passOn(),
		runCli(["load", "gemma3:1b", "--data-dir", served.dataDir]),
		load(served, "gemma3:1b"),
	]);
	expect(answers).toMatchObject([
		{ status: 200 },
		{ status: 200 },
		{ status: 200 },
		{ code: 0 },
		{ status: 200 },
	]);
	const { body: machine } = await api<Machine>(demo.url, "/demo/machine");
	expect(machine.runners).toHaveLength(1);
	const page = await openPage(served);
	const { operations, events } = await page.snapshot(null);
	expect(operations).toEqual([]);
	expect(events.filter(({ kind }) => kind === "loaded")).toHaveLength(1);
	const flushes = await Promise.all(
		[1, 2].map(() => api<Flush>(served.url, "/api/memory/flush", { method: "POST" })),
	);
	expect(flushes.map(({ status, body }) => [status, body.models_unloaded])).toEqual([
		[200, ["gemma3:1b"]],
		[200, ["gemma3:1b"]],
	]);
	expect(processesWith("llama-server").filter((pid) => pid === machine.runners[0]?.pid)).toEqual([]);
}, 60_000);
