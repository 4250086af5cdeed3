import type { ProcessInfo } from "../ports.ts";

/** A runner that uses more than this share of a core between two looks is at work. */
const ACTIVE_CORE_SHARE = 0.05;
/** Looks closer together than this say nothing: the system counts processor time in steps of 10 ms. */
const SHORTEST_INTERVAL_MS = 500;

interface Reading {
	readonly startedAt: number | null;
	readonly cpuTimeMs: number;
	readonly atMs: number;
	readonly active: boolean | null;
}

/** Tells from processor time which processes are at work. */
export interface ActivityMeter {
	/**
	 * Takes a look at moment `atMs` of a clock that never jumps. For each process: active, not active, or null
	 * before two looks lay far enough apart. Processes that are no longer listed are forgotten.
	 */
	look(processes: readonly ProcessInfo[], atMs: number): ReadonlyMap<number, boolean | null>;
}

/** Makes a meter without any readings. */
export function createActivityMeter(): ActivityMeter {
	let readings = new Map<number, Reading>();
	return {
		look(processes, atMs) {
			const next = new Map<number, Reading>();
			for (const process of processes)
				next.set(process.pid, reading(readings.get(process.pid), process, atMs));
			readings = next;
			return new Map([...next].map(([pid, { active }]) => [pid, active]));
		},
	};
}

function reading(before: Reading | undefined, process: ProcessInfo, atMs: number): Reading {
	const { startedAt, cpuTimeMs } = process;
	// Less processor time than before means that the pid belongs to another process now.
	if (before === undefined || before.startedAt !== startedAt || cpuTimeMs < before.cpuTimeMs)
		return { startedAt, cpuTimeMs, atMs, active: null };
	const elapsedMs = atMs - before.atMs;
	if (elapsedMs < SHORTEST_INTERVAL_MS) return before;
	const active = (cpuTimeMs - before.cpuTimeMs) / elapsedMs >= ACTIVE_CORE_SHARE;
	return { startedAt, cpuTimeMs, atMs, active };
}
