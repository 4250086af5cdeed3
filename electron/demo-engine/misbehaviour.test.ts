import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { DemoEngineInput } from "./command.ts";
import { type DemoEngine, startDemoEngine } from "./start.ts";
import { clientOf, linesOf } from "./testing/engine-client.ts";

const engines: DemoEngine[] = [];
const directories: string[] = [];

afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close()));
	for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

async function start(options: DemoEngineInput = {}) {
	const engine = await startDemoEngine({
		port: 0,
		loadGbPerSecond: 100,
		tokensPerSecond: 2000,
		control: true,
		...options,
	});
	engines.push(engine);
	const client = clientOf(engine.url);
	return {
		...client,
		url: engine.url,
		chat: (more: object = {}) =>
			client.post("/api/chat", {
				model: "gemma3:1b",
				messages: [{ role: "user", content: "Explain tides" }],
				...more,
			}),
	};
}

describe("the control endpoint", () => {
	test("is not there unless it was asked for", async () => {
		const { control } = await start({ control: false });
		expect((await control({ others_gb: 1 })).status).toBe(404);
	});

	test("refuses what it does not know, and names it", async () => {
		const { post } = await start();
		const { status, json } = await post("/demo/control", { nonsense: true });
		expect(status).toBe(400);
		expect(String(json["error"])).toContain("nonsense");
	});

	test("moves other apps, swap and the kernel's level", async () => {
		const { control, machine } = await start();
		await control({ others_gb: 10, swap_used_gb: 2, kernel_level: 4 });
		expect(await machine()).toMatchObject({
			others_bytes: 10 * 1024 ** 3,
			available_bytes: 8 * 1024 ** 3,
			swap_used_bytes: 2 * 1024 ** 3,
			kernel_level: 4,
		});
		await control({ kernel_level: null });
		expect((await machine()).kernel_level).toBe(1);
	});

	test("lets swap grow at a rate", async () => {
		const { control, machine } = await start();
		await control({ swap_rate_mb_per_s: 1000 });
		await vi.waitFor(async () => expect((await machine()).swap_used_bytes).toBeGreaterThan(20e6));
		const { swap_used_bytes, swap_outs_bytes } = await machine();
		expect(Math.abs(swap_outs_bytes - swap_used_bytes)).toBeLessThan(1000);
	});
});

describe("the machine", () => {
	test("swaps what does not fit, and the kernel warns", async () => {
		const { control, load, machine } = await start({ othersGb: 6 });
		await load("mistral");
		await control({ others_gb: 17 });
		const reading = await machine();
		const held = reading.runners[0]?.memory_bytes ?? 0;
		expect(reading.available_bytes).toBe(0);
		expect(reading.swap_used_bytes).toBe(held - 1024 ** 3);
		expect(reading.kernel_level).toBe(4);
	});
});

describe("a misbehaving model", () => {
	test("crashes in the middle of an answer: 200, then an error as the last line, and it stays listed", async () => {
		const { control, chat, ps } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "crash-mid-stream", value: 3 } });
		const { status, text } = await chat();
		const lines = linesOf(text);
		expect(status).toBe(200);
		expect(lines).toHaveLength(4);
		expect(lines[3]).toEqual({ error: "an error was encountered while running the model: unexpected EOF" });
		expect(await ps()).toHaveLength(1);
	});

	test("crashes before its first token: 500", async () => {
		const { control, chat } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "crash-before-first-token" } });
		expect((await chat()).status).toBe(500);
	});

	test("writes what is no JSON", async () => {
		const { control, chat } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "garbage-json" } });
		const { text } = await chat();
		expect(() => linesOf(text)).toThrow();
		expect(linesOf(text.split("\n").slice(0, 2).join("\n"))).toHaveLength(2);
	});

	test("ends its stream with an error under 200, or without an end", async () => {
		const { control, chat } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "stream-error" } });
		expect(linesOf((await chat()).text).at(-1)).toHaveProperty("error");
		await control({ clear: true, misbehave: { model: "gemma3:1b", what: "stream-without-end" } });
		const lines = linesOf((await chat()).text);
		expect(lines).toHaveLength(3);
		expect(lines.every(({ done }) => done === false)).toBe(true);
	});

	test("is busy: 503", async () => {
		const { control, load } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "busy" } });
		expect((await load("gemma3:1b")).json["error"]).toBe(
			"server busy, please try again.  maximum pending requests exceeded",
		);
	});

	test("becomes a ghost: loaded, unknown by name, and an unload says 404", async () => {
		const { control, load, unload, ps } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "ghost" } });
		await load("gemma3:1b");
		expect(await unload("gemma3:1b")).toMatchObject({
			status: 404,
			json: { error: "model 'gemma3:1b' not found" },
		});
		expect(await ps()).toHaveLength(1);
	});

	test("is re-tagged while loaded: the row keeps its old digest and an unload by name does nothing", async () => {
		const { control, load, unload, ps, get } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "retag" } });
		await load("gemma3:1b");
		await unload("gemma3:1b");
		const [row] = await ps();
		const { models } = await get<{ models: { name: string; digest: string }[] }>("/api/tags");
		expect(row?.name).toBe("gemma3:1b");
		expect(row?.digest).not.toBe(models.find(({ name }) => name === "gemma3:1b")?.digest);
	});

	test("is refused though it would fit", async () => {
		const { control, load } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "refusal" } });
		expect((await load("gemma3:1b")).status).toBe(500);
	});

	test("grows with each prompt", async () => {
		const { control, chat, machine } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "growth", value: 1 } });
		await chat();
		const before = (await machine()).runners[0]?.memory_bytes ?? 0;
		await chat();
		expect(((await machine()).runners[0]?.memory_bytes ?? 0) - before).toBe(1024 ** 3);
	});

	test("dies and stays listed", async () => {
		const { control, load, machine, ps } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "dead-runner", value: 0.05 } });
		await load("gemma3:1b");
		await vi.waitFor(async () => expect((await machine()).runners).toEqual([]));
		expect(await ps()).toHaveLength(1);
	});

	test("can be told so by a model file", async () => {
		const modelsDir = mkdtempSync(join(tmpdir(), "plimsoll-models-"));
		directories.push(modelsDir);
		const file = { name: "sulky", base: "gemma3:1b", misbehave: { "stream-without-end": 1 } };
		writeFileSync(join(modelsDir, "sulky.json"), JSON.stringify(file));
		const { chat, get } = await start({ modelsDir, library: "none" });
		const { models } = await get<{ models: { name: string }[] }>("/api/tags");
		expect(models.map(({ name }) => name)).toEqual(["sulky"]);
		expect(linesOf((await chat({ model: "sulky" })).text)).toHaveLength(1);
	});

	test("a file that is no model file is refused by its name", async () => {
		const modelsDir = mkdtempSync(join(tmpdir(), "plimsoll-models-"));
		directories.push(modelsDir);
		writeFileSync(join(modelsDir, "bad.json"), JSON.stringify({ nom: "x" }));
		await expect(start({ modelsDir })).rejects.toThrow("bad.json");
	});
});

async function within(url: string, ms: number): Promise<Response> {
	return fetch(url, { signal: AbortSignal.timeout(ms) });
}

describe("a misbehaving server", () => {
	test("lets ps hang while the version answers, and the other way round", async () => {
		const { control, url } = await start();
		await control({ misbehave: { what: "blocking-ps" } });
		await expect(within(`${url}/api/ps`, 100)).rejects.toThrow();
		expect((await within(`${url}/api/version`, 2000)).status).toBe(200);
		await control({ clear: true, misbehave: { what: "hanging-version" } });
		await expect(within(`${url}/api/version`, 100)).rejects.toThrow();
		expect((await within(`${url}/api/ps`, 2000)).status).toBe(200);
	});

	test("answers with a web page, or not at all, and can still be told to stop", async () => {
		const { control, url } = await start();
		await control({ misbehave: { what: "html" } });
		expect(await (await fetch(`${url}/api/tags`)).text()).toContain("Sign in");
		await control({ clear: true, misbehave: { what: "hang-all" } });
		await expect(within(`${url}/`, 100)).rejects.toThrow();
		await control({ clear: true });
		expect(await (await fetch(`${url}/`)).text()).toBe("Ollama is running");
	});
});
