import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { systemClock } from "../clock.ts";
import type { Probes } from "../ports.ts";
import { heldClock } from "../testing/held-clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { createDemoProbes, type DemoProbes } from "./demo-probes.ts";
import { createRunnerReader, type RunnerLook } from "./runner-reader.ts";
import { createSystemProbes } from "./system-probes.ts";

/** About what the demo's smallest chat model weighs. */
const WEIGHTS_BYTES = 800e6;
const BLOB = "f6".repeat(32);

function row(name: string): RunnerLook["rows"][number] {
	return { key: name, name, digest: "d", runner: null };
}

it("tells activity between looks and measures anew only where the reason demands it", async () => {
	const clock = heldClock();
	let cpuTimeMs = 0;
	let measured = 0;
	const probes: Probes = {
		memory: { source: "macos", sample: () => Promise.reject(new Error("not asked")) },
		processes: {
			list: async () => [
				{ pid: 2, parentPid: 1, startedAt: 1, cpuTimeMs: 0, commandLine: "/usr/local/bin/ollama serve" },
				{
					pid: 3,
					parentPid: 2,
					startedAt: 1,
					cpuTimeMs,
					commandLine: `/usr/local/bin/llama-server --model /m/blobs/sha256-${BLOB}`,
				},
			],
			footprint: async () => ({ bytes: ++measured, heldBytes: 1, rounded: false }),
			isAlive: async (pid, startedAt) => pid === 3 && startedAt === 1,
		},
	};
	const reader = createRunnerReader({ probes: () => probes, clock, popoverOpen: () => true });
	const question = {
		rows: [row("m")],
		weightsBlobs: new Map([["m", BLOB]]),
		engineUrl: "http://127.0.0.1:1",
	};
	const first = (await reader.look(question)).runners.get("m");
	expect(first?.active).toBeNull();
	cpuTimeMs = 900;
	await clock.advance(1000);
	const found = (await reader.look(question)).runners.get("m");
	expect(found?.active).toBe(true);
	if (found === undefined) return;
	expect((await reader.footprint(found.process, "turn"))?.bytes).toBe(1);
	expect((await reader.footprint(found.process, "loading"))?.bytes).toBe(1);
	expect((await reader.footprint(found.process, "loaded"))?.bytes).toBe(2);
	expect((await reader.footprint(found.process, "releasing"))?.bytes).toBe(3);
	expect(await reader.isAlive(found.process)).toBe(true);
	expect(await reader.isAlive({ ...found.process, startedAt: 9 })).toBe(false);
	expect(reader.simulated()).toBe(false);
});

describe("over a demo engine in a process of its own", () => {
	const cli = fileURLToPath(new URL("../../../out/headless/cli.js", import.meta.url));
	let engine: ChildProcess;
	let url = "";
	let probes: DemoProbes;

	beforeAll(async () => {
		engine = spawn(
			process.execPath,
			[cli, "demo-engine", "--port", "0", "--scale", String(1 / 512), "--load-gb-per-second", "50"],
			{ stdio: ["ignore", "pipe", "inherit"] },
		);
		const [line] = await once(createInterface({ input: engine.stdout ?? process.stdin }), "line");
		url = /http:\/\/[\d.:]+/.exec(String(line))?.[0] ?? "";
		const system = createSystemProbes({ platform: process.platform, clock: systemClock, log: keptLog() });
		probes = createDemoProbes({ engineUrl: url, clock: systemClock, system: system.processes });
	});
	afterAll(() => {
		engine.kill("SIGTERM");
	});

	function post(path: string, body: unknown): Promise<Response> {
		return fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
	}

	it("sees the engine before anything is loaded, then its runner, its nominal size, and its end", async () => {
		const reader = createRunnerReader({
			probes: () => probes,
			clock: systemClock,
			popoverOpen: () => true,
			enginePid: () => probes.enginePid(),
		});
		const name = "gemma3:1b";
		const shown = (await (await post("/api/show", { model: name })).json()) as {
			readonly modelfile: string;
		};
		const blob = /sha256-([0-9a-f]{64})/.exec(shown.modelfile)?.[1] ?? null;
		const look = () =>
			reader.look({
				rows: [row(name)],
				weightsBlobs: new Map([[name, blob]]),
			});

		const before = await look();
		expect(before.engineSeen).toBe(true);
		expect(before.runners.size).toBe(0);
		const total = (await probes.memory.sample()).availableBytes;

		await (await post("/api/generate", { model: name, stream: false })).text();
		const runner = (await look()).runners.get(name)?.process;
		expect(runner).toBeDefined();
		if (runner === undefined) return;
		expect(runner.parentPid).toBe(engine.pid);
		expect(probes.enginePid()).toBe(engine.pid);
		const footprint = await reader.footprint(runner, "loaded");
		expect(footprint?.bytes).toBeGreaterThan(WEIGHTS_BYTES * 0.9);
		const free = (await probes.memory.sample()).availableBytes;
		expect(Math.abs(total - free - (footprint?.bytes ?? 0))).toBeLessThan(0.05 * WEIGHTS_BYTES);
		expect(await reader.isAlive(runner)).toBe(true);

		await (await post("/api/generate", { model: name, keep_alive: 0, stream: false })).text();
		await vi.waitFor(async () => expect(await reader.isAlive(runner)).toBe(false), { timeout: 15_000 });
		expect((await look()).runners.size).toBe(0);
		expect(await reader.footprint(runner, "releasing")).toBeNull();
		expect(reader.simulated()).toBe(true);
	});
});
