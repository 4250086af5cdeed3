import type { ModelDescription } from "./model-description.ts";
import type { NominalFootprint } from "./nominal-footprint.ts";
import type { RunnerHandle } from "./runner-handle.ts";

/** Cap of llama-server's prompt cache and of MLX's prefix cache. */
const PROMPT_CACHE_BYTES = 8 * 1024 ** 3;

/** One loaded model: its runner, who uses it, and when it goes. */
export class LoadedModel {
	/** The description at the time of the load; a tag may change under it. */
	readonly description: ModelDescription;
	readonly contextLength: number;
	readonly footprint: NominalFootprint;
	readonly runner: RunnerHandle;
	/** `loading` until the runner is ready; `closing` once it is being ended. */
	phase: "loading" | "ready" | "closing" = "loading";
	/** Shown by ps though it is still loading. */
	listedEarly = false;
	/** Requests that use it now. */
	users = 0;
	/** How long it stays after its last request, milliseconds; 0 once it was asked to go. */
	sessionMs: number;
	/** Wall clock; null while its first request runs. */
	expiresAtMs: number | null = null;
	timer: NodeJS.Timeout | null = null;
	closed: Promise<void> | null = null;
	/** What prompts left behind in caches, and what a misbehaviour added. */
	grownBytes = 0;
	#working = false;
	#lastPrompt: { readonly text: string; readonly tokens: number } | null = null;
	#answering = 0;
	readonly #waiting: (() => void)[] = [];

	constructor(start: {
		readonly description: ModelDescription;
		readonly contextLength: number;
		readonly footprint: NominalFootprint;
		readonly runner: RunnerHandle;
		readonly sessionMs: number;
	}) {
		this.description = start.description;
		this.contextLength = start.contextLength;
		this.footprint = start.footprint;
		this.runner = start.runner;
		this.sessionMs = start.sessionMs;
	}

	/** What ps says: MLX reports what it holds, the others never change it. */
	get reportedBytes(): number {
		return this.footprint.reportedBytes + (this.description.runner === "mlx" ? this.grownBytes : 0);
	}

	/**
	 * Waits for a free slot of the runner, and returns what gives it back. A runner answers as many requests
	 * at once as it has slots; the others queue without limit.
	 */
	async slot(slots: number): Promise<() => void> {
		if (this.#answering < slots) this.#answering += 1;
		else await new Promise<void>((resolve) => this.#waiting.push(resolve));
		return () => {
			const next = this.#waiting.shift();
			if (next === undefined) this.#answering -= 1;
			else next();
		};
	}

	/**
	 * Grows as a prompt makes a runner grow: work buffers at the first one, and with each different prompt the
	 * state of the one before is kept (llama-server since 0.30, and MLX).
	 */
	async takePrompt(
		text: string,
		tokens: number,
		options: { keepsPrompts: boolean; extraBytes: number },
	): Promise<void> {
		let bytes = options.extraBytes;
		if (!this.#working) bytes += this.footprint.workingBytes - this.footprint.loadedBytes;
		this.#working = true;
		const last = this.#lastPrompt;
		let cached = options.extraBytes;
		if (options.keepsPrompts && last !== null && last.text !== text)
			cached += Math.min(last.tokens * this.footprint.kvBytesPerToken, PROMPT_CACHE_BYTES - this.grownBytes);
		bytes += cached - options.extraBytes;
		this.#lastPrompt = { text, tokens };
		this.grownBytes += cached;
		if (bytes > 0) await this.runner.grow(bytes);
	}
}
