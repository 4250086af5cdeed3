import { afterEach, describe, expect, test, vi } from "vitest";
import type { DemoEngineInput } from "./command.ts";
import { type DemoEngine, startDemoEngine } from "./start.ts";
import { clientOf, linesOf } from "./testing/engine-client.ts";

const engines: DemoEngine[] = [];

afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

async function start(options: DemoEngineInput = {}) {
	const engine = await startDemoEngine({
		port: 0,
		loadGbPerSecond: 100,
		tokensPerSecond: 50,
		control: true,
		machineGb: 64,
		contextLength: 4096,
		...options,
	});
	engines.push(engine);
	const client = clientOf(engine.url);
	return {
		...client,
		names: async () => (await client.ps()).map(({ name }) => name).sort(),
		answer: (model: string, more: object = {}) =>
			client.post("/api/generate", { model, prompt: "Explain tides", options: { num_predict: 20 }, ...more }),
	};
}

/** Three thousand words that no other prompt has. */
function longPrompt(seed: string): string {
	return Array.from({ length: 3000 }, (_, index) => `${seed}${index}`).join(" ");
}

const isPast = (time: string | undefined): boolean => Date.parse(time ?? "") < Date.now();

describe.each(["0.24", "0.33", "0.40"] as const)("the scheduler of %s", (flavour) => {
	test("drains a model that is unloaded while it answers: listed past its time, then gone", async () => {
		const { load, unload, answer, ps } = await start({ flavour });
		await load("gemma3:1b");
		const answering = answer("gemma3:1b");
		await vi.waitFor(async () => expect((await unload("gemma3:1b")).status).toBe(200));
		const [row] = await ps();
		expect(isPast(row?.expires_at)).toBe(true);
		expect(linesOf((await answering).text).at(-1)).toMatchObject({ done: true });
		await vi.waitFor(async () => expect(await ps()).toEqual([]));
	});

	test("keeps a draining model when an empty request brings a keep-alive", async () => {
		const { load, unload, answer, ps } = await start({ flavour });
		await load("gemma3:1b");
		const answering = answer("gemma3:1b");
		await unload("gemma3:1b");
		await load("gemma3:1b", { keep_alive: "5m", options: { num_ctx: 4096 } });
		await answering;
		const [row] = await ps();
		expect(Date.parse(row?.expires_at ?? "") - Date.now()).toBeGreaterThan(4 * 60_000);
	});

	test("lets a draining model go after a request without keep-alive was served", async () => {
		const { load, unload, answer, ps } = await start({ flavour });
		await load("gemma3:1b");
		const first = answer("gemma3:1b");
		await unload("gemma3:1b");
		const second = await answer("gemma3:1b", { stream: false });
		expect(second.status).toBe(200);
		await first;
		await vi.waitFor(async () => expect(await ps()).toEqual([]));
	});

	test("counts expiry down and starts again after each request", async () => {
		const { load, ps } = await start({ flavour });
		await load("gemma3:1b", { keep_alive: "10m" });
		const [before] = await ps();
		await load("gemma3:1b");
		const [after] = await ps();
		expect(Date.parse(after?.expires_at ?? "")).toBeGreaterThan(Date.parse(before?.expires_at ?? ""));
		await load("gemma3:1b", { keep_alive: 0.2 });
		await vi.waitFor(async () => expect(await ps()).toEqual([]));
	});

	test("reloads for another context, and not for the one it would choose anyway", async () => {
		const { load, machine, ps } = await start({ flavour });
		const pid = async () => (await machine()).runners[0]?.pid;
		await load("gemma3:1b");
		const first = await pid();
		await load("gemma3:1b", { options: { num_ctx: 4096 } });
		expect(await pid()).toBe(first);
		await load("gemma3:1b", { options: { num_ctx: 8192 } });
		expect(await pid()).not.toBe(first);
		expect((await ps())[0]?.context_length).toBe(8192);
	});

	test("keeps three models and makes room by the one that stays shortest", async () => {
		const { load, names } = await start({ flavour });
		await load("gemma3:1b", { keep_alive: "30m" });
		await load("granite3.1-moe:3b", { keep_alive: "10m" });
		await load("llama3.2:3b", { keep_alive: "20m" });
		await load("mistral");
		expect(await names()).toEqual(["gemma3:1b", "llama3.2:3b", "mistral:latest"]);
	});

	test("makes room by an idle model before a busy one", async () => {
		const { load, answer, names } = await start({ flavour, maxLoadedModels: 2 });
		await load("gemma3:1b", { keep_alive: "1m" });
		await load("granite3.1-moe:3b", { keep_alive: "30m" });
		const answering = answer("gemma3:1b");
		await load("llama3.2:3b");
		expect(await names()).toEqual(["gemma3:1b", "llama3.2:3b"]);
		await answering;
	});

	test("runs two tags of one blob in one runner, under the first name", async () => {
		const { load, unload, post, names, machine } = await start({ flavour });
		await post("/api/copy", { source: "mistral", destination: "other" });
		await load("mistral");
		await load("other");
		expect(await names()).toEqual(["mistral:latest"]);
		expect((await machine()).runners).toHaveLength(1);
		await unload("other");
		await vi.waitFor(async () => expect(await names()).toEqual([]));
	});

	test("does nothing about an unload while the model loads", async () => {
		const { load, unload, names } = await start({ flavour, loadGbPerSecond: 10 });
		const loading = load("mistral");
		expect((await unload("mistral")).json["done_reason"]).toBe("unload");
		await loading;
		expect(await names()).toEqual(["mistral:latest"]);
	});
});

describe("what differs between flavours", () => {
	test("0.24 lists a model of its own engine while it still loads, the others do not", async () => {
		for (const [flavour, early] of [
			["0.24", ["qwen3:8b"]],
			["0.33", []],
		] as const) {
			const { load, names } = await start({ flavour, loadGbPerSecond: 10 });
			const seen = new Set<string>();
			const loading = load("qwen3:8b");
			const loaded = Promise.race([loading, new Promise((resolve) => setTimeout(resolve, 0, "not yet"))]);
			for (let state = await loaded; state === "not yet"; ) {
				const listed = await names();
				state = await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, 0, "not yet"))]);
				if (state === "not yet") for (const name of listed) seen.add(name);
			}
			expect([...seen]).toEqual(early);
		}
	});

	test("ps waits out an unload on 0.33 and lists the model a moment longer on 0.24", async () => {
		const old = await start({ flavour: "0.24" });
		await old.load("gemma3:1b");
		await old.unload("gemma3:1b");
		expect(await old.names()).toEqual(["gemma3:1b"]);
		expect((await old.machine()).runners).toEqual([]);
		await vi.waitFor(async () => expect(await old.names()).toEqual([]));

		const newer = await start({ flavour: "0.33" });
		await newer.load("gemma3:1b");
		await newer.unload("gemma3:1b");
		expect(await newer.names()).toEqual([]);
	});

	test("0.24 refuses by its own estimate, 0.33 by the runner's failure", async () => {
		const refusals = await Promise.all(
			(["0.24", "0.33"] as const).map(async (flavour) => {
				const { load } = await start({ flavour, machineGb: 18 });
				return load("llama3.3:70b");
			}),
		);
		expect(refusals.map(({ status }) => status)).toEqual([500, 500]);
		expect(refusals[0]?.json["error"]).toMatch(
			/^model requires more system memory \(\d+\.\d GiB\) than is available \(12\.0 GiB\)$/,
		);
		expect(refusals[1]?.json["error"]).toMatch(/^llama-server process has terminated: exit status 1: /);
	});

	test("with a GPU 0.33 evicts when its prediction exceeds four fifths of what is available", async () => {
		const { load, names } = await start({ flavour: "0.33", machineGb: 18, othersGb: 6 });
		await load("mistral");
		await load("gemma3:1b");
		expect(await names()).toEqual(["gemma3:1b", "mistral:latest"]);
		await load("qwen2.5:14b");
		expect(await names()).toEqual(["qwen2.5:14b"]);
	});

	test("0.40 names runners, lists variants of one tag, and unloads the variant it is told", async () => {
		const { get, load, post, ps, names } = await start({ flavour: "0.40" });
		const { models } = await get<{ models: { name: string; details: { runner?: string } }[] }>("/api/tags");
		expect(
			models
				.filter(({ name }) => name === "qwen3:8b")
				.map(({ details }) => details.runner)
				.sort(),
		).toEqual(["llamacpp", "mlx"]);
		expect(models.filter(({ name }) => /^llamacpp:[0-9a-f]{64}$/.test(name))).toHaveLength(1);
		await load("qwen3:8b");
		await load("qwen3:8b", { runner: "llamacpp" });
		expect((await ps()).map(({ runner }) => runner).sort()).toEqual(["llamacpp", "mlx"]);
		await post("/api/generate", { model: "qwen3:8b", keep_alive: 0, runner: "llamacpp" });
		await vi.waitFor(async () => expect((await ps()).map(({ runner }) => runner)).toEqual(["mlx"]));
		expect(await names()).toEqual(["qwen3:8b"]);
		const { json } = await post("/api/show", { model: "qwen3:8b" });
		expect(json["manifests"]).toHaveLength(2);
		expect(json["runner"]).toBe("mlx");
	});

	test("an MLX model grows with its prompts and says so, a GGUF model grows and does not", async () => {
		const { answer, ps, machine } = await start({
			flavour: "0.40",
			tokensPerSecond: 5000,
			promptTokensPerSecond: 50_000,
		});
		const sizes = async (model: string) => {
			await answer(model, { prompt: longPrompt("a") });
			const [first] = await ps();
			const heldFirst = (await machine()).runners[0]?.memory_bytes ?? 0;
			await answer(model, { prompt: longPrompt("b"), stream: false });
			const [second] = await ps();
			const held = (await machine()).runners[0]?.memory_bytes ?? 0;
			return { said: (second?.size ?? 0) - (first?.size ?? 0), grew: held - heldFirst };
		};
		const mlx = await sizes("gemma3:4b");
		expect(mlx.said).toBeGreaterThan(10e6);
		expect(mlx.grew).toBe(mlx.said);
		const { unload } = clientOf(engines.at(-1)?.url ?? "");
		await unload("gemma3:4b");
		const gguf = await sizes("mistral");
		expect(gguf.said).toBe(0);
		expect(gguf.grew).toBeGreaterThan(100e6);
	});
});
