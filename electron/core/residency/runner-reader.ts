import type { ModelKey } from "../../../shared/model.ts";
import type { LoadedRow } from "../engine/engine.ts";
import type { RunnerView, TimedFootprint } from "../memory/machine-view.ts";
import type { ProcessInfo } from "../ports.ts";

/** What a look at the process table starts from. */
export interface RunnerQuestion {
	readonly rows: readonly LoadedRow[];
	/** Weights blob of each row (64 hex digits); null or absent where it is not known. */
	readonly weightsBlobs: ReadonlyMap<ModelKey, string | null>;
	/** Address of the engine, to tell its own runners from those of another one. */
	readonly engineUrl: string;
}

/** Why a footprint is wanted; decides whether a kept figure is good enough. */
export type FootprintReason = "loading" | "loaded" | "releasing" | "turn";

/** Reads which process holds which model. */
export interface RunnerReader {
	/** Lists the processes and matches them to the engine's rows. Rejects where the process table cannot be read. */
	look(question: RunnerQuestion): Promise<RunnerView>;
	/** What a runner takes, measured now or not long ago as the reason demands; null once it has ended. */
	footprint(process: ProcessInfo, reason: FootprintReason): Promise<TimedFootprint | null>;
	/** True while that very process lives. */
	isAlive(process: ProcessInfo): Promise<boolean>;
	/** The machine is the demo engine's: figures are simulated ones. */
	simulated(): boolean;
}
