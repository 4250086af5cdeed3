import { AppError } from "../../../shared/errors.ts";
import type { EndedRunner } from "../../../shared/operation.ts";
import { sleep } from "../clock.ts";
import type { Clock, ProcessInfo, ProcessProbe } from "../ports.ts";
import { describeProcess } from "./model-process.ts";

/** What ending a runner needs. */
export interface EndRunnerParts {
	/** The real machine's process table, whatever machine the models lie in. */
	readonly processes: ProcessProbe;
	readonly clock: Clock;
	/** Sends a signal; throws as `process.kill` does. */
	readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

/** A process as it was shown to the person who wants it ended. */
export interface ShownRunner {
	readonly pid: number;
	/** Milliseconds since 1970; null where the system did not tell. */
	readonly startedAt: number | null;
}

/** How far apart two readings of one start time may lie. */
const START_TOLERANCE_MS = 2_000;
/** A runner has so long to end by itself before it is ended by force. */
const POLITE_MS = 3_000;
/** The system takes so long at most to take a large process apart. */
const FORCED_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Ends one runner's process for good, when asking its engine has not helped. Just before, pid, start time and command
 * line are read again: only a runner that is still the one shown is ended, and only one of the same owner. Throws
 * `process-changed` where it is not, and `process-not-ended` where the system refuses or it outlives the signal.
 */
export async function endRunner(parts: EndRunnerParts, shown: ShownRunner): Promise<EndedRunner> {
	const { processes, clock, kill } = parts;
	const { pid } = shown;
	const startedMs = clock.monotonicMs();
	const found = (await processes.list()).find((process) => process.pid === pid);
	if (found === undefined || !isShown(found, shown)) throw AppError.of("process-changed", { pid });
	const footprint = await processes.footprint(pid).catch(() => null);

	async function gone(withinMs: number): Promise<boolean> {
		const untilMs = clock.monotonicMs() + withinMs;
		while (await processes.isAlive(pid, found?.startedAt ?? null)) {
			if (clock.monotonicMs() > untilMs) return false;
			await sleep(clock, LOOK_EVERY_MS);
		}
		return true;
	}

	try {
		kill(pid, "SIGTERM");
		if (!(await gone(POLITE_MS))) {
			kill(pid, "SIGKILL");
			if (!(await gone(FORCED_MS))) throw new Error("it outlived SIGKILL");
		}
	} catch (cause) {
		if (await processes.isAlive(pid, found.startedAt)) {
			const problem = cause instanceof Error ? cause.message : String(cause);
			throw AppError.of("process-not-ended", { pid, problem }, cause);
		}
	}
	return {
		pid,
		releasedBytes: footprint?.bytes ?? null,
		durationMs: Math.round(clock.monotonicMs() - startedMs),
	};
}

function isShown(found: ProcessInfo, shown: ShownRunner): boolean {
	if (describeProcess(found.commandLine).kind !== "runner") return false;
	if (found.startedAt === null || shown.startedAt === null) return true;
	return Math.abs(found.startedAt - shown.startedAt) <= START_TOLERANCE_MS;
}
