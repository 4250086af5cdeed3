import type { Clock, MemoryProbe, Probes, ProcessFootprint, ProcessInfo, ProcessProbe } from "../ports.ts";
import { type DemoMachine, demoMachineAt, type ReadDemoMachine } from "./demo-machine.ts";

/** What the demo engine's own process is called in lists, whatever program hosts it. */
export const DEMO_ENGINE_COMMAND_LINE = "plimsoll demo-engine";

/** Stands for a process whose pid is not known; no process has it. */
const UNKNOWN_PID = -1;

/** Start times of the demo and of the process table differ by how long a process takes to come up. */
const START_TOLERANCE_MS = 2000;

/** What an engine says of its own limits. */
export interface EngineLimits {
	/** Models that it keeps at most; null where it does not say. */
	readonly maxModels: number | null;
	/** It counts all of the machine's memory as its GPU's. */
	readonly gpu: boolean;
}

/** Probes of the demo machine. */
export interface DemoProbes extends Probes {
	/** Process of the demo engine; one that no process has where that is not known. */
	enginePid(): number;
	/** What the engine itself refuses to go beyond; null before the machine was read. */
	engineLimits(): EngineLimits | null;
}

/**
 * The probes of the demo engine's machine. Memory and footprints are what it says, nominal. Where its runners are
 * real processes, which of them there are and whether they live comes from the system: the proof of a release must
 * not be the demo's own word. Processes of other engines do not lie in its machine. Where runners are simulated,
 * everything is its word.
 */
export function createDemoProbes(parts: {
	readonly engineUrl: string;
	readonly clock: Pick<Clock, "now">;
	/** The real machine's process table. */
	readonly system: ProcessProbe;
	readonly read?: ReadDemoMachine;
}): DemoProbes {
	const ask = parts.read ?? demoMachineAt(parts.engineUrl);
	let newest: DemoMachine | null = null;
	let enginePid = UNKNOWN_PID;

	const read = async (): Promise<DemoMachine> => {
		const machine = await ask();
		newest = machine;
		enginePid = enginePidOf(machine);
		return machine;
	};
	const kind = async (): Promise<DemoMachine["runners_are"]> => (newest ?? (await read())).runners_are;

	const memory: MemoryProbe = {
		source: "demo",
		async sample() {
			const machine = await read();
			return {
				at: parts.clock.now(),
				totalBytes: machine.total_bytes,
				availableBytes: Math.min(machine.total_bytes, machine.available_bytes),
				swapUsedBytes: machine.swap_used_bytes,
				swapOutBytes: machine.swap_outs_bytes,
				kernelLevel: machine.kernel_level,
				psiSomeAvg10: null,
				psiFullAvg10: null,
			};
		},
	};

	const processes: ProcessProbe = {
		async list() {
			const answer = await read().catch((cause: unknown) => {
				if (newest === null || newest.runners_are === "simulated") throw cause;
				return null;
			});
			if (answer?.runners_are === "simulated") return simulatedProcesses(answer);
			const own = new Set(newest?.runners.map(({ pid }) => pid));
			const ofDemo = (await parts.system.list()).filter(
				({ pid, parentPid }) => pid === enginePid || parentPid === enginePid || own.has(pid),
			);
			// An engine that no longer answers is not seen; what it left behind is.
			return answer === null ? ofDemo : named(ofDemo, enginePid);
		},
		async footprint(pid): Promise<ProcessFootprint | null> {
			const machine = await read();
			const runner = machine.runners.find((each) => each.pid === pid);
			if (runner === undefined) return null;
			// The demo notices the end of a process later than the system does.
			if (machine.runners_are === "processes" && !(await parts.system.isAlive(pid, null))) return null;
			return { bytes: runner.memory_bytes, heldBytes: runner.held_bytes, rounded: false };
		},
		async isAlive(pid, startedAt) {
			if ((await kind()) === "processes") return parts.system.isAlive(pid, startedAt);
			return (await read()).runners.some(
				(runner) =>
					runner.pid === pid &&
					(startedAt === null || Math.abs(runner.started_at_ms - startedAt) <= START_TOLERANCE_MS),
			);
		},
	};

	return {
		memory,
		processes,
		enginePid: () => enginePid,
		engineLimits: () =>
			newest === null ? null : { maxModels: newest.max_loaded_models ?? null, gpu: newest.gpu ?? false },
	};
}

/** As it says itself, else the parent that most runners have; orphans have another one. */
function enginePidOf({ engine_pid: said, runners }: DemoMachine): number {
	if (said !== undefined) return said;
	const counts = new Map<number, number>();
	for (const { parent_pid: parent } of runners)
		if (parent > 1) counts.set(parent, (counts.get(parent) ?? 0) + 1);
	return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [UNKNOWN_PID, 0])[0];
}

/** The engine may live inside any program (the app, a test), whose own name would say nothing. */
function named(listed: readonly ProcessInfo[], enginePid: number): readonly ProcessInfo[] {
	const renamed = listed.map((process) =>
		process.pid === enginePid ? { ...process, commandLine: DEMO_ENGINE_COMMAND_LINE } : process,
	);
	return renamed.some(({ pid }) => pid === enginePid) ? renamed : [...renamed, engineProcess(enginePid)];
}

function simulatedProcesses(machine: DemoMachine): readonly ProcessInfo[] {
	const runners = machine.runners.map((runner) => ({
		pid: runner.pid,
		parentPid: runner.parent_pid,
		startedAt: runner.started_at_ms,
		cpuTimeMs: runner.cpu_time_ms,
		commandLine: runner.command_line,
	}));
	return [...runners, engineProcess(enginePidOf(machine))];
}

/** It answers, so it is seen, even while no runner tells its pid. */
function engineProcess(pid: number): ProcessInfo {
	return {
		pid,
		parentPid: 0,
		startedAt: null,
		cpuTimeMs: 0,
		commandLine: DEMO_ENGINE_COMMAND_LINE,
	};
}
