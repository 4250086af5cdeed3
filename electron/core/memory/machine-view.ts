import type { EngineLocality } from "../../../shared/engine-state.ts";
import type { MachineState } from "../../../shared/machine.ts";
import type { ModelKey } from "../../../shared/model.ts";
import type { ProcessFootprint, ProcessInfo, Stop } from "../ports.ts";

/** A runner that belongs to a row of the engine. */
export interface MatchedRunner {
	readonly process: ProcessInfo;
	/** It used ≥ 5 % of a core between the last two looks ≥ 500 ms apart; null before there were two. */
	readonly active: boolean | null;
}

/** A runner that belongs to no row. */
export interface UnmatchedRunner {
	readonly process: ProcessInfo;
	/** `orphan`: parent is gone; `loading`: child of this engine, not listed yet; `other`: another program's model server. */
	readonly kind: "orphan" | "loading" | "other";
	/** 64 hex digits of its weights blob, where its command line tells. */
	readonly weightsBlob: string | null;
	/** The model of an MLX runner, or the model file of another program's server, where its command line tells. */
	readonly modelName: string | null;
}

/** What the process table says about model runners, at one moment. */
export interface RunnerView {
	readonly at: number;
	readonly runners: ReadonlyMap<ModelKey, MatchedRunner>;
	readonly unmatched: readonly UnmatchedRunner[];
	/** False where neither the engine nor any runner of it can be seen: its figures are its own word. */
	readonly engineSeen: boolean;
}

/**
 * Why the machine is read more often: the popover is open, any load runs, a load that was admitted as fitting runs
 * (it makes swap grow for a moment without danger), a release is being confirmed.
 */
export type SamplingReason = "popover" | "loading" | "admitted-load" | "releasing";

/** Samples the machine at the right pace and reads its processes. */
export interface MachineWatch {
	/** The newest state, or null before the first sample. */
	state(): MachineState | null;
	onState(listener: (state: MachineState) => void): Stop;
	/** Takes a sample now. */
	sampleNow(): Promise<MachineState>;
	/** Tells why sampling must be quicker; each reason is held until let go. `admitted-load` also ignores growth of swap. */
	setReason(reason: SamplingReason, held: boolean): void;
	/** Σ held of loaded models, for `otherAppsBytes`. */
	setHeldBytes(bytes: number): void;
	suspend(): void;
	resume(): void;
	start(): void;
	stop(): void;
}

/** What the locality of an engine is worked out from. */
export interface LocalityFacts {
	readonly url: string;
	readonly engineSeen: boolean;
	readonly anyLoaded: boolean;
}

/** See {@link EngineLocality}. */
export type LocalityOf = (facts: LocalityFacts) => EngineLocality;

/** A footprint with the moment it was taken. */
export interface TimedFootprint extends ProcessFootprint {
	readonly at: number;
}

/** Why a footprint is wanted; decides whether a kept figure is good enough. */
export type FootprintReason = "loading" | "loaded" | "releasing" | "turn";
