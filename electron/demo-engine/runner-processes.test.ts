import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { DemoEngineInput, DemoFlavour } from "./command.ts";
import { demoLibrary } from "./library/library.ts";
import { nominalFootprint } from "./nominal-footprint.ts";
import { type DemoEngine, startDemoEngine } from "./start.ts";
import { clientOf, type MachineRunner } from "./testing/engine-client.ts";

const runnerEntry = fileURLToPath(new URL("../../out/demo-engine/runner.js", import.meta.url));
const cli = fileURLToPath(new URL("../../out/headless/cli.js", import.meta.url));
const HUNDRED_MEGABYTES = 100e6;

const engines: DemoEngine[] = [];
const strays = new Set<number>();

afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close()));
	for (const pid of strays)
		try {
			process.kill(pid, "SIGKILL");
		} catch {
			// Already gone, as most are.
		}
	strays.clear();
});

async function start(options: DemoEngineInput = {}) {
	const engine = await startDemoEngine({
		port: 0,
		scale: 1 / 64,
		loadGbPerSecond: 20,
		control: true,
		runners: "processes",
		runnerEntry,
		...options,
	});
	engines.push(engine);
	return { engine, ...clientOf(engine.url) };
}

function isAlive(pid: number): boolean {
	try {
		return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] !== "Z";
	} catch {
		try {
			return process.platform !== "linux" && process.kill(pid, 0);
		} catch {
			return false;
		}
	}
}

function only(runners: readonly MachineRunner[]): MachineRunner {
	expect(runners).toHaveLength(1);
	const [runner] = runners;
	if (runner === undefined) throw new Error("no runner");
	strays.add(runner.pid);
	return runner;
}

/** The first words of each flavour's runner command lines for three models. */
const COMMAND_LINES: Readonly<Record<DemoFlavour, readonly RegExp[]>> = {
	"0.24": [
		/^\/usr\/local\/bin\/ollama runner --ollama-engine --model \S+\/blobs\/sha256-[0-9a-f]{64} --port \d+$/,
		/^\/usr\/local\/bin\/ollama runner --model \S+\/blobs\/sha256-[0-9a-f]{64} --port \d+$/,
		/^\/usr\/local\/bin\/ollama runner --ollama-engine --model \S+\/blobs\/sha256-[0-9a-f]{64} --port \d+$/,
	],
	"0.33": [
		/^\/usr\/local\/bin\/llama-server --model \S+\/blobs\/sha256-[0-9a-f]{64} --port \d+ .* -c 4096 -np 1 .*--load-mode none/,
		/^\/usr\/local\/bin\/llama-server --model .* -c 4096 -np 1/,
		/^\/usr\/local\/bin\/llama-server --model .* -c 2048 -np 1 .* --embedding -b 2048/,
	],
	"0.40": [
		/^\/usr\/local\/bin\/llama-server --model /,
		/^\/usr\/local\/bin\/ollama runner --model llama3.2:3b --port \d+$/,
		/^\/usr\/local\/bin\/llama-server --model .* --embedding/,
	],
};

describe("a loaded model", () => {
	test.each(["0.24", "0.33", "0.40"] as const)(
		"of flavour %s is a process that holds its nominal size within a hundredth or 100 MB and looks like the real runner",
		async (flavour) => {
			const { load, post, machine, ps } = await start({ flavour, scale: 1 / 16 });
			await load("gemma3:1b");
			await load("llama3.2:3b");
			await post("/api/embed", { model: "nomic-embed-text", input: "" });
			const { runners, available_bytes, total_bytes, others_bytes } = await machine();
			const listed = await ps();
			expect(runners.map(({ model }) => model)).toEqual([
				"gemma3:1b",
				"llama3.2:3b",
				"nomic-embed-text:latest",
			]);
			for (const [index, runner] of runners.entries()) {
				const description = demoLibrary(flavour).installed.find(({ name }) => name === runner.model);
				const row = listed.find(({ name }) => name === runner.model);
				if (description === undefined || row === undefined) throw new Error(`${runner.model} is not listed`);
				const { loadedBytes } = nominalFootprint(description, {
					flavour,
					contextLength: row.context_length,
					parallel: 1,
				});
				expect(Math.abs(runner.memory_bytes - loadedBytes)).toBeLessThan(
					Math.max(loadedBytes / 100, HUNDRED_MEGABYTES),
				);
				expect(runner.command_line).toMatch(COMMAND_LINES[flavour][index] ?? /never/);
				expect(runner.parent_pid).toBe(process.pid);
				if (process.platform === "linux")
					expect(readFileSync(`/proc/${runner.pid}/cmdline`, "utf8").replaceAll("\0", "")).toBe(
						runner.command_line,
					);
			}
			const held = runners.reduce((sum, { memory_bytes }) => sum + memory_bytes, 0);
			// The figures are read one after the other, so they may drift by what a runner's own heap does.
			expect(Math.abs(total_bytes - others_bytes - held - available_bytes)).toBeLessThan(HUNDRED_MEGABYTES);
		},
	);

	test("grows while it loads and is not listed before it is ready", async () => {
		const { load, machine, ps } = await start({ loadGbPerSecond: 4 });
		const loading = load("mistral");
		const seen: number[] = [];
		await vi.waitFor(
			async () => {
				const { runners } = await machine();
				if (runners[0] !== undefined) seen.push(runners[0].memory_bytes);
				expect(seen.filter((bytes) => bytes > 5e8 && bytes < 4.5e9).length).toBeGreaterThanOrEqual(2);
			},
			{ interval: 30, timeout: 10_000 },
		);
		expect(await ps()).toEqual([]);
		expect((await loading).status).toBe(200);
		expect((await ps()).map(({ name }) => name)).toEqual(["mistral:latest"]);
	});

	test("ends its process when it is unloaded", async () => {
		const { load, unload, machine, ps } = await start();
		await load("gemma3:1b");
		const { pid } = only((await machine()).runners);
		expect((await unload("gemma3:1b")).json["done_reason"]).toBe("unload");
		await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
		expect(await ps()).toEqual([]);
		expect((await machine()).runners).toEqual([]);
	});

	test("is given up when the client leaves while it loads", async () => {
		const { post, machine, ps } = await start({ loadGbPerSecond: 0.5 });
		const leave = new AbortController();
		const loading = post("/api/generate", { model: "mistral" }, leave.signal);
		const pid = await vi.waitFor(async () => only((await machine()).runners).pid);
		leave.abort();
		await expect(loading).rejects.toThrow();
		await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 3000 });
		expect(await ps()).toEqual([]);
	});

	test("uses at least a tenth of a core while it answers", async () => {
		const { load, post, machine } = await start({ tokensPerSecond: 20 });
		await load("gemma3:1b");
		const before = only((await machine()).runners).cpu_time_ms;
		const startedAt = performance.now();
		await post("/api/generate", {
			model: "gemma3:1b",
			prompt: "Name three rivers",
			options: { num_predict: 30 },
		});
		const took = performance.now() - startedAt;
		const after = only((await machine()).runners).cpu_time_ms;
		expect((after - before) / took).toBeGreaterThan(0.1);
	});

	test("holds its work buffers from the first prompt on", async () => {
		const { load, post, machine } = await start({ scale: 1 / 16, tokensPerSecond: 1000 });
		await load("mistral", { options: { num_ctx: 8192 } });
		const before = only((await machine()).runners).memory_bytes;
		await post("/api/generate", {
			model: "mistral",
			prompt: "hello",
			options: { num_ctx: 8192, num_predict: 2 },
		});
		const after = only((await machine()).runners).memory_bytes;
		// 2 b ctx + 4 b (7 d + 2 ff) with b 1024, d 4096, ff 14336.
		const expected = 2 * 1024 * 8192 + 4 * 1024 * (7 * 4096 + 2 * 14_336);
		expect(Math.abs(after - before - expected)).toBeLessThan(HUNDRED_MEGABYTES / 2);
	});
});

describe("a runner that died", () => {
	test("stays listed while idle, and the next request starts a new one", async () => {
		const { load, post, machine, ps } = await start({ tokensPerSecond: 1000 });
		await load("gemma3:1b");
		const { pid } = only((await machine()).runners);
		process.kill(pid, "SIGKILL");
		await vi.waitFor(async () => expect((await machine()).runners).toEqual([]));
		expect(await ps()).toHaveLength(1);
		const answer = await post("/api/generate", { model: "gemma3:1b", prompt: "hi", stream: false });
		expect(answer.status).toBe(200);
		expect(only((await machine()).runners).pid).not.toBe(pid);
	});

	test("is cleaned up by an unload", async () => {
		const { load, unload, machine, ps } = await start();
		await load("gemma3:1b");
		process.kill(only((await machine()).runners).pid, "SIGKILL");
		await unload("gemma3:1b");
		await vi.waitFor(async () => expect(await ps()).toEqual([]));
	});
});

async function startServer(port: number) {
	const server = fork(
		cli,
		["demo-engine", "--port", String(port), "--scale", "1/64", "--load-gb-per-second", "20", "--control"],
		{ stdio: ["ignore", "ignore", "inherit", "ipc"] },
	);
	const [said] = (await once(server, "message")) as [{ url: string }];
	return { server, url: said.url, ...clientOf(said.url) };
}

describe("the server's end", () => {
	test("by SIGKILL leaves runners as orphans that a new server does not list, and the model then runs twice", async () => {
		const first = await startServer(0);
		await first.load("gemma3:1b");
		const { pid } = only((await first.machine()).runners);
		first.server.kill("SIGKILL");
		await once(first.server, "exit");
		expect(isAlive(pid)).toBe(true);

		const second = await startServer(Number(new URL(first.url).port));
		try {
			expect(await second.ps()).toEqual([]);
			const orphan = only((await second.machine()).runners);
			expect(orphan.pid).toBe(pid);
			expect(orphan.parent_pid).not.toBe(second.server.pid);
			await second.load("gemma3:1b");
			const { runners } = await second.machine();
			expect(runners.map(({ model }) => model)).toEqual(["gemma3:1b", "gemma3:1b"]);
			for (const runner of runners) strays.add(runner.pid);
			await second.control({ kill_orphan: { pid } });
			await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
			expect((await second.machine()).runners).toHaveLength(1);
		} finally {
			second.server.kill("SIGTERM");
			await once(second.server, "exit");
		}
	});

	test("by a polite stop ends every runner", async () => {
		const { server, load, machine } = await startServer(0);
		await load("gemma3:1b");
		const { pid } = only((await machine()).runners);
		server.kill("SIGTERM");
		await once(server, "exit");
		expect(isAlive(pid)).toBe(false);
	});
});

describe("a misbehaving runner", () => {
	test("keeps its memory after an unload, seen by nobody but the machine", async () => {
		const { load, unload, control, machine, ps } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "keep-memory" } });
		await load("gemma3:1b");
		const { pid } = only((await machine()).runners);
		await unload("gemma3:1b");
		await vi.waitFor(async () => expect(await ps()).toEqual([]));
		expect(isAlive(pid)).toBe(true);
		expect(only((await machine()).runners).pid).toBe(pid);
	});

	test("leaves an orphan behind whose parent is not the server", async () => {
		const { load, control, machine } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "orphan" } });
		await load("gemma3:1b");
		const orphan = await vi.waitFor(
			async () => {
				const found = (await machine()).runners.find(({ parent_pid }) => parent_pid !== process.pid);
				if (found === undefined) throw new Error("no orphan yet");
				strays.add(found.pid);
				expect(found.memory_bytes).toBeGreaterThan(6e8);
				return found;
			},
			{ timeout: 5000 },
		);
		expect(orphan.command_line).toContain("--model");
		expect((await control({ kill_orphan: { pid: orphan.pid } })).status).toBe(200);
	});

	test("does not come back from an unload that hangs", async () => {
		const { load, unload, control, machine, ps } = await start();
		await control({ misbehave: { model: "gemma3:1b", what: "hang-unload" } });
		await load("gemma3:1b");
		await unload("gemma3:1b");
		const [row] = await ps();
		expect(Date.parse(row?.expires_at ?? "")).toBeLessThanOrEqual(Date.now());
		expect(isAlive(only((await machine()).runners).pid)).toBe(true);
		await control({ clear: true });
		await unload("gemma3:1b");
		await vi.waitFor(async () => expect(await ps()).toEqual([]));
	});
});
