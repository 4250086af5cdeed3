import type { EngineKind } from "../../../shared/engine-state.ts";
import type { InstalledModel, ModelDetails, ModelKey } from "../../../shared/model.ts";

/** One row of `/api/ps`, checked and brought into Plimsoll's words. */
export interface LoadedRow {
	readonly key: ModelKey;
	readonly name: string;
	readonly digest: string;
	readonly runner: string | null;
	readonly details: ModelDetails;
	/** What the engine says it takes, and how much of that is on the GPU. */
	readonly reportedBytes: number;
	readonly reportedGpuBytes: number;
	/** Tokens, after clamping to the trained context; 0 where an old server does not say. */
	readonly contextLength: number;
	/** Milliseconds since 1970; in the past while it drains or answers longer than its keep-alive; null for never. */
	readonly expiresAt: number | null;
}

/** Who answers at an address. */
export interface EngineIdentity {
	readonly kind: EngineKind;
	readonly version: string;
	/** The answer carries Plimsoll's own instance header: talking to it would be a loop. */
	readonly plimsollInstance: string | null;
}

/** What `/api/show` says of one model. */
export interface ModelFacts {
	readonly name: string;
	readonly capabilities: readonly string[];
	readonly details: ModelDetails;
	/** GGUF keys as the server gives them; arrays are null unless asked verbosely. */
	readonly info: Readonly<Record<string, unknown>>;
	/** `num_ctx` of its Modelfile, or null. */
	readonly modelfileContextLength: number | null;
	/** Digest of the weights blob (64 hex digits), or null where the server names none (MLX). */
	readonly weightsBlob: string | null;
	/** Sizes of all tensors as listed, for the predictor. */
	readonly tensors: readonly {
		readonly name: string;
		readonly type: string;
		readonly shape: readonly number[];
	}[];
	readonly manifests: readonly {
		readonly digest: string;
		readonly runner: string;
		readonly selected: boolean;
	}[];
}

/** What a load is asked for. */
export interface EngineLoad {
	readonly name: string;
	readonly runner: string | null;
	/** Embedding models load through `/api/embed`. */
	readonly embedding: boolean;
	/** Sent as `num_ctx` only where someone set it. */
	readonly contextLength?: number;
	/** Milliseconds; -1 for ever; absent leaves it to the engine. */
	readonly keepAliveMs?: number;
}

/** A turn of a conversation as the engine takes it. */
export interface ChatTurn {
	readonly role: "system" | "user" | "assistant" | "tool";
	readonly content: string;
	/** Base64 pictures. */
	readonly images?: readonly string[];
}

/** A piece of a streamed answer. */
export type ChatChunk =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "thinking"; readonly text: string }
	| {
			readonly kind: "done";
			readonly reason: string;
			readonly promptTokens: number | null;
			readonly answerTokens: number | null;
			readonly loadMs: number | null;
			readonly promptMs: number | null;
			readonly answerMs: number | null;
	  };

/** A step of a pull. */
export interface PullProgress {
	/** The server's own word for what it does. */
	readonly status: string;
	readonly digest: string | null;
	readonly totalBytes: number | null;
	readonly doneBytes: number | null;
}

/**
 * One engine at one address. Every call rejects with an AppError: `engine-unreachable`, `engine-timeout`,
 * `engine-bad-answer`, `engine-error`, `engine-out-of-memory`, `engine-queue-full`, `model-not-found`, `cancelled`.
 */
export interface Engine {
	/** Base URL without a trailing slash. */
	readonly url: string;
	/** `GET /api/version`; time-out 1 s. */
	identify(): Promise<EngineIdentity>;
	/** `GET /api/ps`; time-out 4 s, which means busy loading or unloading, not away. */
	loadedRows(): Promise<readonly LoadedRow[]>;
	/** `GET /api/tags`, rollback rows hidden. */
	installed(): Promise<readonly InstalledModel[]>;
	/** `POST /api/show`. `verbose` also fills arrays of `info` (megabytes). */
	show(
		name: string,
		options?: { readonly verbose?: boolean; readonly runner?: string | null },
	): Promise<ModelFacts>;
	/** Resolves when the runner is ready, however long that takes; aborting closes the request, which ends the load. */
	load(load: EngineLoad, signal: AbortSignal): Promise<void>;
	/** Asks to unload; answers at once and proves nothing. */
	unload(model: { readonly name: string; readonly runner: string | null }): Promise<void>;
	/** Prolongs a loaded model, or calls its drain off; sends the context it is loaded with, so that nothing reloads. */
	touch(model: {
		readonly name: string;
		readonly runner: string | null;
		readonly embedding: boolean;
		readonly contextLength: number;
		readonly keepAliveMs: number;
	}): Promise<void>;
	/** Streams an answer; a stream that breaks or ends without an end rejects with `stream-broken` after what came. */
	chat(
		request: {
			readonly model: string;
			readonly turns: readonly ChatTurn[];
			readonly contextLength?: number;
			readonly keepAliveMs?: number;
			readonly temperature?: number;
		},
		signal: AbortSignal,
	): AsyncIterable<ChatChunk>;
	/** Installs a model; an error inside the stream rejects. */
	pull(name: string, signal: AbortSignal): AsyncIterable<PullProgress>;
	/** Deletes a model from disk; it does not unload it. */
	remove(name: string): Promise<void>;
	/** Ends idle connections. */
	close(): Promise<void>;
}
