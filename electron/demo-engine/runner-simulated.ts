import { setMaxListeners } from "node:events";
import {
	type FoundRunner,
	RunnerExited,
	type RunnerHandle,
	type RunnerHost,
	type RunnerStart,
} from "./runner-handle.ts";

/** Process ids that no system gives out, so that nothing is ever signalled by mistake. */
const FIRST_PID = 4_200_000;
/** Share of a core a computing runner uses. */
const BUSY_SHARE = 0.2;

/** Runners without processes: the same behaviour and figures, no memory held. For machines of strangers. */
export function simulatedRunnerHost(): RunnerHost {
	let nextPid = FIRST_PID;
	const orphans = new Map<number, { readonly found: Omit<FoundRunner, "cpuTimeMs"> }>();
	return {
		kind: "simulated",
		start: async (start) => simulateRunner(nextPid++, start),
		startOrphan: async (start, bytes) => {
			const pid = nextPid++;
			orphans.set(pid, {
				found: {
					pid,
					startedAtMs: Date.now(),
					model: start.model,
					commandLine: start.arguments.join(" "),
					parentPid: 1,
					memoryBytes: bytes,
				},
			});
		},
		orphans: () => [...orphans.values()].map(({ found }) => ({ ...found, cpuTimeMs: 0 })),
		endOrphan: (pid) => orphans.delete(pid),
		close: () => {},
	};
}

function simulateRunner(pid: number, start: RunnerStart): RunnerHandle {
	const startedAtMs = Date.now();
	const gone = new AbortController();
	setMaxListeners(0, gone.signal);
	let hasExited = false;
	let growth = { from: 0, to: 0, startedAtMs, overMs: 0 };
	let cpuTimeMs = 0;
	let busySinceMs: number | null = null;
	const exited = new Promise<void>((resolve) => {
		gone.signal.addEventListener("abort", () => resolve());
	});
	const heldNow = (): number => {
		if (hasExited) return 0;
		const share = growth.overMs <= 0 ? 1 : Math.min(1, (Date.now() - growth.startedAtMs) / growth.overMs);
		return Math.round(growth.from + (growth.to - growth.from) * share);
	};
	const countTime = (): void => {
		if (busySinceMs === null) return;
		cpuTimeMs += (Date.now() - busySinceMs) * BUSY_SHARE;
		busySinceMs = Date.now();
	};
	const growTo = async (bytes: number, overMs: number): Promise<void> => {
		growth = { from: heldNow(), to: bytes, startedAtMs: Date.now(), overMs };
		if (overMs > 0) {
			let timer: NodeJS.Timeout | undefined;
			await Promise.race([new Promise((resolve) => (timer = setTimeout(resolve, overMs))), exited]);
			clearTimeout(timer);
		}
		if (hasExited) throw new RunnerExited();
	};
	return {
		pid,
		startedAtMs,
		commandLine: start.arguments.join(" "),
		load: growTo,
		grow: (bytes) => growTo(growth.to + bytes, 0),
		setBusy: (busy) => {
			countTime();
			busySinceMs = busy && !hasExited ? Date.now() : null;
		},
		kill: async () => {
			countTime();
			busySinceMs = null;
			hasExited = true;
			gone.abort();
		},
		exited,
		gone: gone.signal,
		get hasExited() {
			return hasExited;
		},
		measure: () => {
			countTime();
			return { parentPid: process.pid, memoryBytes: heldNow(), cpuTimeMs: Math.round(cpuTimeMs) };
		},
	};
}
