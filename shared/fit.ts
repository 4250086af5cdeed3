import type { ModelKey } from "./model.ts";

/** How far the budget is cut as the memory fills: by one of two tables of factors. */
export type BudgetProfile = "balanced" | "original";

/** Every term of what may still be loaded, bytes. */
export interface BudgetTerms {
	readonly totalBytes: number;
	readonly availableBytes: number;
	/** What the models that stay still lack: they take it as soon as they answer. */
	readonly lackingBytes: number;
	/** What planned evictions and trims give back. */
	readonly givenBackBytes: number;
	/** Available, less what is lacking, plus what is given back; may be negative. */
	readonly afterPlanBytes: number;
	/** Kept free for the machine. */
	readonly overheadBytes: number;
	/** 1, or less where the machine is rather full. */
	readonly factor: number;
	/** What may still be loaded; may be negative. */
	readonly budgetBytes: number;
}

/** Where the figures of a load's footprint are from: this very load was seen before, or a formula; an `estimate` where the formula was never measured for its kind. */
export type FitSource = "learned" | "predicted" | "estimate";

/** What a load would take, in parts, bytes. */
export interface FitFootprint {
	readonly weightsBytes: number;
	readonly contextBytes: number;
	/** Of the program that runs the model. */
	readonly overheadBytes: number;
	/** Held after the load. */
	readonly loadedBytes: number;
	/** Added by the first large prompt. */
	readonly workingBytes: number;
	/** What the load is budgeted with: all of it, and a margin where it was never seen. */
	readonly totalBytes: number;
	/** By how much it may grow later. */
	readonly mayGrowBytes: number;
	readonly source: FitSource;
}

/** Who decided how many tokens a load gets. */
export type ContextSource = "request" | "modelfile" | "server" | "tier" | "default";

/** Why a model has to go, or wait. */
export type StepReason = "memory" | "single" | "engine-models" | "engine-memory" | "reload";

/** One step before a load. */
export interface FitStep {
	readonly kind: "evict" | "trim";
	readonly key: ModelKey;
	readonly name: string;
	/** What it takes now; a trim: what it has grown by. */
	readonly bytes: number;
	readonly because: StepReason;
}

/** What would make room for a load that is over. */
export type FitHelp =
	/** It fits once these have answered and may go. */
	| { readonly kind: "wait"; readonly names: readonly string[] }
	/** It fits once these are no longer pinned. */
	| { readonly kind: "unpin"; readonly names: readonly string[] }
	/** It fits when everything is unloaded, with so much to spare. */
	| { readonly kind: "flush"; readonly spareBytes: number }
	/** It fits with this context. */
	| { readonly kind: "context"; readonly contextLength: number }
	/** It fits when other apps give so much back. */
	| { readonly kind: "free"; readonly bytes: number };

/**
 * Whether a load fits. `fits`: nothing has to go. `fits-after`: the steps make room. `split`: it fits, but only
 * `gpuPercent` of it on the GPU. `over`: it does not fit even after the steps that are allowed.
 */
export type FitOutcome = "fits" | "fits-after" | "split" | "over";

/** What a load is judged to lead to, with every term that decided it; one value for popover, API, command line and log. */
export interface FitVerdict {
	readonly key: ModelKey;
	readonly name: string;
	readonly outcome: FitOutcome;
	/** Tokens it would get, 0 where that cannot be told. */
	readonly contextLength: number;
	readonly contextSource: ContextSource;
	readonly footprint: FitFootprint;
	/** Left free above overhead by every load. */
	readonly safetyBytes: number;
	/** The budget after the steps. */
	readonly budget: BudgetTerms;
	/** Budget less footprint and safety; negative where it is over. */
	readonly marginBytes: number;
	/** In order. Where it is over: what goes if it is loaded anyway. */
	readonly steps: readonly FitStep[];
	/** Busy models that are waited for before the steps. */
	readonly waitFor: readonly string[];
	/** Share of it that the GPU can take; 100 where nothing limits it. */
	readonly gpuPercent: number;
	/** Where it is over, what stands in the way: memory, or the engine's own ceilings. */
	readonly because: "memory" | "engine-models" | "engine-memory" | null;
	readonly help: readonly FitHelp[];
}

/** What the GPU can take. */
export interface GpuCeiling {
	readonly bytes: number;
	/** Read from the engine's log or the system's setting, or worked out from the size of the memory. */
	readonly source: "log" | "setting" | "estimate";
}

/** A loaded model as the budget sees it. */
export interface BudgetedModel {
	readonly key: ModelKey;
	/** What it is budgeted with: the larger of what was measured and what its weights and context take. */
	readonly footprintBytes: number;
	/** By how much its runner stands above what its first large prompt made of it; 0 where that is nothing to speak of. */
	readonly grownBytes: number;
	/** By how much it may still grow. */
	readonly mayGrowBytes: number;
}

/** The budget as shown. */
export interface BudgetState {
	/** Where the gauge would stand if the budget were used up. */
	readonly loadLineBytes: number;
	/** Budget less safety: what a load may take without anything going; negative past the load line. */
	readonly spareBytes: number;
	readonly terms: BudgetTerms;
	readonly safetyBytes: number;
	readonly mode: "single" | "many";
	readonly gpu: GpuCeiling | null;
	readonly models: readonly BudgetedModel[];
	/** Verdicts over what is installed and not loaded, as a click would find them; only while a popover is open. */
	readonly fits: readonly FitVerdict[];
	/** How well predictions have held so far; null before the first load that could be compared. */
	readonly accuracy: { readonly loads: number; readonly meanErrorPercent: number } | null;
}
