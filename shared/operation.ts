import type { StepReason } from "./fit.ts";
import type { MachineSample } from "./machine.ts";
import type { ModelKey } from "./model.ts";

/**
 * How sure a release is. `proved`: its process was seen to end. `engine-says-so`: the engine no longer lists it and
 * there was no process to be seen. `not-confirmed`: it is still there, or nothing could be asked.
 */
export type ReleaseGrade = "proved" | "engine-says-so" | "not-confirmed";

/** What came of unloading one model. */
export interface ReleaseResult {
	readonly key: ModelKey;
	readonly name: string;
	readonly grade: ReleaseGrade;
	/** Footprint measured just before, when its process was seen to end; else 0. */
	readonly releasedBytes: number;
	readonly durationMs: number;
	/**
	 * Why it is not confirmed: still answering, still listed, its process still there, the engine gone. `load-cancelled`
	 * where it was not loaded yet: its load was taken back.
	 */
	readonly because:
		| "draining"
		| "still-listed"
		| "process-alive"
		| "engine-unreachable"
		| "ghost"
		| "load-cancelled"
		| null;
}

/** A model that had to go, or was trimmed, for a load. */
export interface Eviction extends ReleaseResult {
	readonly step: "evict" | "trim";
	readonly why: StepReason;
}

/** What ending a runner's process led to. */
export interface EndedRunner {
	readonly pid: number;
	/** What it took just before; null where that could not be measured. */
	readonly releasedBytes: number | null;
	readonly durationMs: number;
}

/** What came of unloading and loading again one model whose runner had grown. */
export interface TrimResult {
	readonly key: ModelKey;
	readonly name: string;
	/** How sure it is that the old runner is gone. */
	readonly grade: ReleaseGrade;
	readonly beforeBytes: number;
	readonly afterBytes: number;
	/** What came back: the difference, measured before and after. */
	readonly releasedBytes: number;
	readonly durationMs: number;
}

/** Machine memory beside an operation; shown for information, it proves nothing. */
export interface BeforeAfter {
	readonly before: MachineSample | null;
	readonly after: MachineSample | null;
}

/** What a model was loaded with, so that it can be put back. */
export interface LoadRecipe {
	readonly name: string;
	readonly key: ModelKey;
	readonly contextLength: number;
	/** Keep-alive left when it was unloaded, milliseconds; null for no end. */
	readonly keepAliveMs: number | null;
}

/** What came of a flush. */
export interface FlushResult extends BeforeAfter {
	readonly id: string;
	readonly at: number;
	readonly durationMs: number;
	readonly releases: readonly ReleaseResult[];
	readonly releasedBytes: number;
	/** What can be put back, emptied once it was. */
	readonly putBack: readonly LoadRecipe[];
}

/** What came of a load. */
export interface LoadResult extends BeforeAfter {
	readonly key: ModelKey;
	readonly name: string;
	readonly durationMs: number;
	readonly footprintBytes: number;
	readonly contextLength: number;
	/** It was loaded already, so nothing was done. */
	readonly already: boolean;
	/** What had to go for it, and why. */
	readonly evicted: readonly Eviction[];
}

/** A running or waiting change of what is loaded. */
export interface Operation {
	readonly id: string;
	readonly kind: "load" | "unload" | "flush";
	/** Name as asked for; null for a flush. */
	readonly name: string | null;
	readonly key: ModelKey | null;
	readonly state: "queued" | "running" | "waiting-for-reply" | "cancelling";
	readonly queuedAt: number;
	readonly startedAt: number | null;
	/** Bytes its runner holds so far and will take, while a load runs and its process is seen. */
	readonly progress: { readonly doneBytes: number; readonly totalBytes: number } | null;
	readonly requestedBy: "popover" | "api" | "gateway" | "command-line" | "plimsoll";
}
