import type { ModelKey } from "../../../shared/model.ts";
import type { Clock, Probes, ProcessInfo } from "../ports.ts";
import { createActivityMeter } from "./activity-meter.ts";
import { createFootprintCache } from "./footprint-cache.ts";
import type { FootprintReason, RunnerView, TimedFootprint } from "./machine-view.ts";
import { matchRunners, type RunnerRow } from "./runner-matcher.ts";

/** What a look at the process table starts from. */
export interface RunnerLook {
	readonly rows: readonly Omit<RunnerRow, "weightsBlob">[];
	/** Weights blob of each row (64 hex digits); null or absent where it is not known. */
	readonly weightsBlobs: ReadonlyMap<ModelKey, string | null>;
}

/** Reads which process holds which model. */
export interface ProbeRunnerReader {
	/** Lists the processes and matches them to the rows. Rejects where the process table cannot be read. */
	look(question: RunnerLook): Promise<RunnerView>;
	/** What a runner takes, as fresh as the reason demands; null once it has ended. */
	footprint(process: ProcessInfo, reason: FootprintReason): Promise<TimedFootprint | null>;
	/** True while that very process lives. */
	isAlive(process: ProcessInfo): Promise<boolean>;
	/** The machine is the demo engine's: figures are simulated ones. */
	simulated(): boolean;
}

/** What the reader needs. */
export interface RunnerReaderParts {
	/** The machine in force; may change between calls. */
	readonly probes: () => Probes;
	readonly clock: Clock;
	readonly popoverOpen: () => boolean;
	/** Process of the engine where it is known for certain (the demo's), else null. */
	readonly enginePid?: () => number | null;
}

/**
 * A figure must be taken anew at the end of a load and before an unload, and while a load is followed where that costs
 * little; otherwise a kept one will do.
 */
function mustBeFresh(reason: FootprintReason, costly: boolean): boolean {
	return reason === "loaded" || reason === "releasing" || (reason === "loading" && !costly);
}

/** Reads which process holds which model through the probes in force. */
export function createRunnerReader(parts: RunnerReaderParts): ProbeRunnerReader {
	const { probes, clock } = parts;
	const meter = createActivityMeter();
	const costly = () => probes().memory.source === "macos";
	const cache = createFootprintCache({
		processes: () => probes().processes,
		costly,
		popoverOpen: parts.popoverOpen,
		clock,
	});
	return {
		async look({ rows, weightsBlobs }) {
			const processes = await probes().processes.list();
			const activity = meter.look(processes, clock.monotonicMs());
			cache.keepOnly(processes);
			return matchRunners({
				at: clock.now(),
				rows: rows.map(({ key, name, digest, runner }) => {
					return { key, name, digest, runner, weightsBlob: weightsBlobs.get(key) ?? null };
				}),
				processes,
				engineProcessHint: parts.enginePid?.() ?? null,
				activity,
			});
		},
		footprint: (process, reason) => cache.footprint(process, { fresh: mustBeFresh(reason, costly()) }),
		isAlive: ({ pid, startedAt }) => probes().processes.isAlive(pid, startedAt),
		simulated: () => probes().memory.source === "demo",
	};
}
