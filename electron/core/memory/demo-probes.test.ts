import { expect, it } from "vitest";
import type { ProcessInfo, ProcessProbe } from "../ports.ts";
import type { DemoMachine } from "./demo-machine.ts";
import { createDemoProbes } from "./demo-probes.ts";
import { matchRunners } from "./runner-matcher.ts";

const BLOB = "e5".repeat(32);
const COMMAND = `/usr/local/bin/llama-server --model /m/blobs/sha256-${BLOB} --port 1`;

function machine(runnersAre: DemoMachine["runners_are"], runners: DemoMachine["runners"]): DemoMachine {
	return {
		total_bytes: 18_000,
		available_bytes: 9000,
		swap_used_bytes: 10,
		swap_outs_bytes: 20,
		kernel_level: 2,
		runners_are: runnersAre,
		runners,
	};
}

const runner = {
	pid: 50,
	parent_pid: 40,
	started_at_ms: 1000,
	model: "m:latest",
	command_line: COMMAND,
	cpu_time_ms: 7,
	memory_bytes: 5000,
	held_bytes: 4000,
};

const realRunner: ProcessInfo = {
	pid: 50,
	parentPid: 40,
	startedAt: 990,
	cpuTimeMs: 3,
	commandLine: COMMAND,
};

function probes(answer: () => DemoMachine, listed: readonly ProcessInfo[]) {
	const system: ProcessProbe = {
		list: async () => listed,
		footprint: async () => ({ bytes: 1, heldBytes: 1, rounded: false }),
		isAlive: async (pid) => listed.some((process) => process.pid === pid),
	};
	return createDemoProbes({
		engineUrl: "http://127.0.0.1:1",
		clock: { now: () => 77 },
		system,
		read: async () => answer(),
	});
}

it("reads the nominal machine", async () => {
	const { memory } = probes(() => machine("simulated", []), []);
	expect(await memory.sample()).toEqual({
		at: 77,
		totalBytes: 18_000,
		availableBytes: 9000,
		swapUsedBytes: 10,
		swapOutBytes: 20,
		kernelLevel: 2,
		psiSomeAvg10: null,
		psiFullAvg10: null,
	});
});

it("takes real runners and their end from the system, and only their sizes from the demo", async () => {
	const real: ProcessInfo[] = [realRunner];
	const { processes, enginePid } = probes(() => machine("processes", [runner]), real);
	expect(await processes.list()).toContainEqual(realRunner);
	expect(enginePid()).toBe(40);
	expect(await processes.footprint(50)).toEqual({ bytes: 5000, heldBytes: 4000, rounded: false });
	expect(await processes.isAlive(50, 990)).toBe(true);
	real.length = 0;
	// The demo still lists it; the system knows better.
	expect(await processes.isAlive(50, 990)).toBe(false);
	expect(await processes.footprint(50)).toBeNull();
});

it("takes everything from the demo where its runners are simulated", async () => {
	let runners = [runner];
	const { processes } = probes(() => machine("simulated", runners), []);
	expect((await processes.list()).find(({ pid }) => pid === 50)).toEqual({
		pid: 50,
		parentPid: 40,
		startedAt: 1000,
		cpuTimeMs: 7,
		commandLine: COMMAND,
	});
	expect(await processes.isAlive(50, 1000)).toBe(true);
	expect(await processes.isAlive(50, 900_000)).toBe(false);
	runners = [];
	expect(await processes.isAlive(50, 1000)).toBe(false);
	expect(await processes.footprint(50)).toBeNull();
});

it.each(["processes", "simulated"] as const)(
	"lets the matcher see engine, runner and orphan (%s)",
	async (kind) => {
		const orphan = { ...runner, pid: 51, parent_pid: 1 };
		const listed = [realRunner, { ...realRunner, pid: 51, parentPid: 1 }];
		const { processes, enginePid } = probes(() => machine(kind, [runner, orphan]), listed);
		const view = matchRunners({
			at: 1,
			rows: [{ key: "k", name: "m", digest: "d", weightsBlob: BLOB, runner: null }],
			processes: await processes.list(),
			engineProcessHint: enginePid(),
		});
		expect(view.runners.get("k")?.process.pid).toBe(50);
		expect(view.unmatched.map(({ process, kind: unmatched }) => [process.pid, unmatched])).toEqual([
			[51, "orphan"],
		]);
		expect(view.engineSeen).toBe(true);
	},
);

it("does not take the runner of another engine for its own while it has none itself", async () => {
	const other = {
		pid: 30,
		parentPid: 1,
		startedAt: 1,
		cpuTimeMs: 0,
		commandLine: "/usr/local/bin/ollama serve",
	};
	const listed = [other, { ...realRunner, parentPid: 30 }];
	const { processes, enginePid } = probes(() => machine("processes", []), listed);
	const view = matchRunners({
		at: 1,
		rows: [{ key: "k", name: "m", digest: "d", weightsBlob: BLOB, runner: null }],
		processes: await processes.list(),
		engineProcessHint: enginePid(),
	});
	expect(view.runners.size).toBe(0);
	expect(view.unmatched).toEqual([]);
});

it("still sees the orphans of an engine that no longer answers", async () => {
	let dead = false;
	const listed = [{ ...realRunner, parentPid: 1 }];
	const { processes, enginePid } = probes(() => {
		if (dead) throw new Error("refused");
		return { ...machine("processes", [runner]), engine_pid: 40 };
	}, listed);
	await processes.list();
	dead = true;
	const view = matchRunners({
		at: 1,
		rows: [],
		processes: await processes.list(),
		engineProcessHint: enginePid(),
	});
	expect(view.engineSeen).toBe(false);
	expect(view.unmatched.map(({ kind }) => kind)).toEqual(["orphan"]);
});

it("knows the engine by its new process after it was started anew", async () => {
	let pid = 40;
	const listed: ProcessInfo[] = [];
	const { processes, enginePid } = probes(() => ({ ...machine("processes", []), engine_pid: pid }), listed);
	await processes.list();
	expect(enginePid()).toBe(40);
	pid = 41;
	expect((await processes.list()).map(({ pid: seen }) => seen)).toEqual([41]);
	expect(enginePid()).toBe(41);
});

it("sees an engine that has nothing loaded", async () => {
	for (const kind of ["processes", "simulated"] as const) {
		const { processes } = probes(() => machine(kind, []), []);
		const view = matchRunners({
			at: 1,
			rows: [],
			processes: await processes.list(),
			engineProcessHint: null,
		});
		expect(view.engineSeen).toBe(true);
	}
});
