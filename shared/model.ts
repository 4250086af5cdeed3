import { normalizeModelName } from "./model-name.ts";

/** Which server and which model there; `name` as the server writes it. */
export interface ModelRef {
	readonly engineId: string;
	readonly name: string;
}

/**
 * What a model is recognised by: normalised name, manifest digest and runner kind, since one name can stand for
 * several models on one server. Shape: `name@digest@runner`, the runner empty where the server names none.
 */
export type ModelKey = string;

/** Builds the key a model is recognised by. */
export function modelKey(name: string, digest: string, runner: string | null): ModelKey {
	return `${normalizeModelName(name)}@${digest}@${runner ?? ""}`;
}

/** What a server says about a model's make. */
export interface ModelDetails {
	readonly format: string;
	readonly family: string;
	readonly parameterSize: string;
	readonly quantization: string;
	/** Trained context in tokens, where the server says it. */
	readonly contextLength: number | null;
}

/** A model on the engine's disk, or a stub of one in the cloud. */
export interface InstalledModel {
	readonly key: ModelKey;
	readonly name: string;
	readonly digest: string;
	readonly runner: string | null;
	/** Bytes on disk: the weights to within a thousandth. */
	readonly sizeBytes: number;
	readonly modifiedAt: number;
	readonly details: ModelDetails;
	/** What it can do, as the server says: completion, tools, vision, embedding, thinking, insert … */
	readonly capabilities: readonly string[];
	/** `cloud` models use no local memory and are never loaded, flushed or counted. */
	readonly location: "local" | "cloud";
}

/** Where a footprint comes from, best first. */
export type FootprintSource = "measured" | "simulated" | "learned" | "predicted" | "reported";

/** What a loaded model is doing. `unknown` counts as busy, except in an emergency. */
export type LoadedModelState = "loading" | "idle" | "busy" | "unknown" | "draining" | "unloading";

/** Why a loaded model is not as it should be; each has an action in the popover and on the command line. */
export type Oddity =
	/** Deleted or given another meaning on disk while it is loaded: unloading by name does nothing. */
	| { readonly kind: "ghost"; readonly because: "deleted" | "re-tagged" }
	/** Listed by the engine, but its runner process has ended. */
	| { readonly kind: "dead-runner" }
	/** Asked to leave, idle, and still there. */
	| { readonly kind: "stuck"; readonly sinceAt: number };

/** The process that holds a loaded model. */
export interface RunnerProcess {
	readonly pid: number;
	readonly startedAt: number;
}

/** A model that the engine holds in memory now. */
export interface LoadedModel {
	readonly key: ModelKey;
	readonly name: string;
	readonly digest: string;
	readonly runner: string | null;
	readonly details: ModelDetails;
	readonly state: LoadedModelState;
	/** When it became idle, or null while it is not. */
	readonly idleSinceAt: number | null;
	/** Bytes it takes, and where that figure is from. */
	readonly footprintBytes: number;
	readonly footprintSource: FootprintSource;
	/** The source rounds (macOS `top`), so the figure is not exact. */
	readonly footprintRounded: boolean;
	/** Bytes the runner has in RAM outside the file cache, or null where its process cannot be seen. */
	readonly heldBytes: number | null;
	/** What the engine itself says. */
	readonly reportedBytes: number;
	/** Share of the model on the GPU by the engine's word, 0 to 1. */
	readonly gpuShare: number;
	/** Tokens of context it was loaded with. */
	readonly contextLength: number;
	/** When the engine will unload it by itself; null when never. */
	readonly expiresAt: number | null;
	readonly loadedAt: number;
	readonly process: RunnerProcess | null;
	readonly oddity: Oddity | null;
	/** Colour slot 1 to 8 on the hull, kept while loaded; null from the ninth on. */
	readonly slot: number | null;
	/** Kept until it is unpinned; never evicted. */
	readonly pinned: boolean;
	/** Loaded through Plimsoll. */
	readonly own: boolean;
}
