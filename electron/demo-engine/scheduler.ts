import type { DemoEngineOptions } from "./command.ts";
import { EngineError, requestCanceled } from "./engine-error.ts";
import { refusalText, schedulerPrediction } from "./fit-check.ts";
import { LoadedModel } from "./loaded-model.ts";
import type { Machine } from "./machine.ts";
import type { Misbehaviours } from "./misbehaviour.ts";
import type { ModelDescription } from "./model-description.ts";
import { fillRunner, LOAD_POLL_MS, planLoad, runnerStart } from "./model-load.ts";
import type { NominalFootprint } from "./nominal-footprint.ts";
import type { RunnerHandle, RunnerHost } from "./runner-handle.ts";

/** The server's own choice of how many models it keeps. */
const AUTOMATIC_MAX_LOADED = 3;

/** How many models are kept at most. */
export function mostModels({ maxLoadedModels }: Pick<DemoEngineOptions, "maxLoadedModels">): number {
	return maxLoadedModels === 0 ? AUTOMATIC_MAX_LOADED : maxLoadedModels;
}
/** Longest delay a Node timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** How long 0.24 lists a runner that is gone, and how long an unload holds `/api/ps` up since 0.30. */
const UNLOAD_SETTLES_MS = 50;
/** How often a hanging unload is tried again. */
const STILL_HANGS_MS = 500;

/** What a request wants of the scheduler. */
export interface RunRequest {
	readonly description: ModelDescription;
	/** Context the request asks for; null takes what the server would choose. */
	readonly contextLength: number | null;
	/** `keep_alive` of the request in milliseconds; null when it says nothing. */
	readonly keepAliveMs: number | null;
	readonly signal: AbortSignal;
}

interface Pending {
	readonly request: RunRequest;
	readonly resolve: (model: LoadedModel) => void;
	readonly reject: (error: Error) => void;
}

/** What the scheduler tells the rest of the server about, once a load is done. */
export type AfterLoad = (model: LoadedModel) => void;

/**
 * Decides what is loaded, as Ollama's scheduler does: one load at a time in the order of arrival, a request for
 * a loaded model goes straight to its runner, an unload waits for answers, and what does not fit makes room by
 * the rules of the flavour.
 */
export class Scheduler {
	readonly #options: DemoEngineOptions;
	readonly #host: RunnerHost;
	readonly #machine: Machine;
	readonly #misbehaviours: Misbehaviours;
	readonly #defaultKeepAliveMs: number;
	readonly #afterLoad: AfterLoad;
	readonly #loaded = new Map<string, LoadedModel>();
	readonly #leftBehind: { readonly model: string; readonly runner: RunnerHandle }[] = [];
	readonly #pending: Pending[] = [];
	#working = false;
	#starting: Promise<RunnerHandle> | null = null;
	#closed = false;
	#nextPort = 41_000;

	constructor(parts: {
		readonly options: DemoEngineOptions;
		readonly host: RunnerHost;
		readonly machine: Machine;
		readonly misbehaviours: Misbehaviours;
		readonly defaultKeepAliveMs: number;
		readonly afterLoad: AfterLoad;
	}) {
		this.#options = parts.options;
		this.#host = parts.host;
		this.#machine = parts.machine;
		this.#misbehaviours = parts.misbehaviours;
		this.#defaultKeepAliveMs = parts.defaultKeepAliveMs;
		this.#afterLoad = parts.afterLoad;
	}

	/**
	 * Gives the loaded model, loading it first if need be; `release` must follow. Throws `EngineError`: 503 when
	 * the queue is full, 499 when the client left, 500 when the model cannot be loaded.
	 */
	acquire(request: RunRequest): Promise<LoadedModel> {
		const ready = this.#usable(request);
		if (ready !== null) return Promise.resolve(this.#use(ready, request));
		if (this.#pending.length >= this.#options.maxQueue)
			return Promise.reject(
				new EngineError(503, "server busy, please try again.  maximum pending requests exceeded"),
			);
		return new Promise((resolve, reject) => {
			this.#pending.push({ request, resolve, reject });
			void this.#work();
		});
	}

	/** A request is done with the model; the last one starts the clock. */
	release(model: LoadedModel): void {
		model.users -= 1;
		if (model.users > 0 || model.phase !== "ready") return;
		this.#settle(model);
	}

	/** `keep_alive: 0` without a prompt: an idle model goes, a busy one once its answers end, a loading one stays. */
	expire(description: ModelDescription): void {
		const model = this.#loaded.get(keyOf(description));
		if (model === undefined || model.phase !== "ready") return;
		model.expiresAtMs = Date.now();
		model.sessionMs = 0;
		if (model.timer !== null) clearTimeout(model.timer);
		if (model.users <= 0) void this.#close(model);
	}

	/** Rows of `/api/ps`; waits as the real one does while a runner is being ended. */
	async listed(): Promise<readonly LoadedModel[]> {
		if (this.#options.flavour !== "0.24") {
			const mlxLoading = [...this.#loaded.values()].filter(({ phase }) => phase === "closing");
			await Promise.all(mlxLoading.map(({ closed }) => closed));
		}
		return [...this.#loaded.values()]
			.filter((model) => model.phase !== "loading" || model.listedEarly)
			.sort((left, right) => this.expiryOf(right) - this.expiryOf(left));
	}

	/** When a model goes by itself, wall clock; the first request still running counts from now. */
	expiryOf(model: LoadedModel): number {
		return model.expiresAtMs ?? Date.now() + model.sessionMs;
	}

	/** Every runner of this server that is alive, whether listed or not. */
	runners(): readonly { readonly model: string; readonly runner: RunnerHandle }[] {
		const listed = [...this.#loaded.values()].map(({ description, runner }) => ({
			model: description.name,
			runner,
		}));
		return [...listed, ...this.#leftBehind].filter(({ runner }) => !runner.hasExited);
	}

	/** Finds a loaded model by its name, for the control endpoint. */
	byName(name: string): LoadedModel | null {
		const wanted = name.toLowerCase();
		for (const model of this.#loaded.values())
			if (model.description.name.toLowerCase() === wanted) return model;
		return null;
	}

	/** Starts a runner with a model's size that belongs to no server. */
	async startOrphan(description: ModelDescription): Promise<void> {
		const { contextLength, footprint } = planLoad(this.#options, description, null);
		await this.#host.startOrphan(
			runnerStart(this.#options, { description, contextLength, footprint, port: this.#nextPort++ }),
			footprint.loadedBytes,
		);
	}

	/** Ends what unloads have left behind. */
	async endLeftBehind(): Promise<void> {
		await Promise.all(this.#leftBehind.splice(0).map(({ runner }) => runner.kill()));
	}

	/** Ends every runner, as a server does that is stopped politely. */
	async close(): Promise<void> {
		this.#closed = true;
		for (const { reject } of this.#pending.splice(0)) reject(requestCanceled());
		for (const { timer } of this.#loaded.values()) if (timer !== null) clearTimeout(timer);
		const starting = await this.#starting?.catch(() => null);
		await Promise.all([starting?.kill(), ...this.runners().map(({ runner }) => runner.kill())]);
	}

	#usable(request: RunRequest): LoadedModel | null {
		const model = this.#loaded.get(keyOf(request.description));
		if (model === undefined || model.phase !== "ready" || model.runner.hasExited) return null;
		return this.#needsReload(model, request) ? null : model;
	}

	#needsReload(model: LoadedModel, request: RunRequest): boolean {
		return (
			planLoad(this.#options, request.description, request.contextLength).contextLength !==
			model.contextLength
		);
	}

	#use(model: LoadedModel, request: RunRequest): LoadedModel {
		model.users += 1;
		if (model.timer !== null) clearTimeout(model.timer);
		model.timer = null;
		if (request.keepAliveMs !== null) model.sessionMs = request.keepAliveMs;
		return model;
	}

	#settle(model: LoadedModel): void {
		if (model.sessionMs <= 0) {
			model.expiresAtMs = Date.now();
			void this.#close(model);
			return;
		}
		model.expiresAtMs = Date.now() + model.sessionMs;
		if (model.timer !== null) clearTimeout(model.timer);
		if (model.sessionMs > MAX_TIMER_MS) return;
		model.timer = setTimeout(() => void this.#close(model), model.sessionMs);
	}

	#close(model: LoadedModel): Promise<void> {
		if (model.closed !== null) return model.closed;
		const { name } = model.description;
		if (this.#misbehaviours.of(name, "hang-unload") !== null) {
			if (model.timer !== null) clearTimeout(model.timer);
			// Once it behaves again it does what it was asked to do, unless somebody uses it by then.
			model.timer = setTimeout(() => void this.#close(model), STILL_HANGS_MS);
			return Promise.resolve();
		}
		model.phase = "closing";
		if (model.timer !== null) clearTimeout(model.timer);
		model.closed = (async () => {
			const settles = delay(UNLOAD_SETTLES_MS);
			if (this.#misbehaviours.of(name, "keep-memory") === null) await model.runner.kill();
			else this.#leftBehind.push({ model: name, runner: model.runner });
			await settles;
			this.#loaded.delete(keyOf(model.description));
		})();
		return model.closed;
	}

	async #work(): Promise<void> {
		if (this.#working) return;
		this.#working = true;
		for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
			try {
				next.resolve(await this.#serve(next.request));
			} catch (error) {
				next.reject(error instanceof Error ? error : new Error(String(error)));
			}
		}
		this.#working = false;
	}

	/** One request that needs scheduling; until it is served no other is looked at. */
	async #serve(request: RunRequest): Promise<LoadedModel> {
		for (;;) {
			if (this.#closed || request.signal.aborted) throw requestCanceled();
			const same = this.#loaded.get(keyOf(request.description));
			if (same !== undefined) {
				const ready = this.#usable(request);
				if (ready !== null) return this.#use(ready, request);
				await this.#leave(same, request.signal);
				continue;
			}
			const { contextLength, footprint } = planLoad(
				this.#options,
				request.description,
				request.contextLength,
			);
			const victim = this.#victimFor(request.description, contextLength, footprint);
			if (victim !== null) {
				await this.#leave(victim, request.signal);
				continue;
			}
			return await this.#load(request, contextLength, footprint);
		}
	}

	/** Asks a model to go and waits until it has: a busy one first ends its answers. */
	async #leave(model: LoadedModel, signal: AbortSignal): Promise<void> {
		model.sessionMs = 0;
		if (model.timer !== null) clearTimeout(model.timer);
		while (model.users > 0 && !model.runner.hasExited) {
			if (signal.aborted || this.#closed) throw requestCanceled();
			await delay(10);
		}
		await this.#close(model);
		if (model.closed === null) await delay(100);
	}

	/** The model that has to make room, or null when there is room or nobody left to make it. */
	#victimFor(
		description: ModelDescription,
		contextLength: number,
		footprint: NominalFootprint,
	): LoadedModel | null {
		const candidates = [...this.#loaded.values()].filter(({ phase }) => phase !== "loading");
		if (candidates.length === 0) return null;
		const max = mostModels(this.#options);
		const available = this.#machine.read().availableBytes;
		const tooMany = this.#loaded.size >= max;
		const tooBig =
			this.#options.flavour === "0.24"
				? footprint.reportedBytes > available
				: this.#options.gpu &&
					schedulerPrediction(description, contextLength * this.#options.numParallel) > 0.8 * available;
		if (!tooMany && !tooBig) return null;
		return (
			candidates.sort(
				(left, right) => busyRank(left) - busyRank(right) || left.sessionMs - right.sessionMs,
			)[0] ?? null
		);
	}

	async #load(request: RunRequest, contextLength: number, footprint: NominalFootprint): Promise<LoadedModel> {
		const { description } = request;
		const { flavour } = this.#options;
		const reading = this.#machine.read();
		const told = this.#misbehaviours.of(description.name, "refusal") !== null;
		// 0.24 compares its own estimate with what is free; later versions start the runner and see it fail.
		const refused =
			told ||
			(flavour === "0.24"
				? footprint.reportedBytes > reading.availableBytes
				: footprint.workingBytes > reading.totalBytes);
		if (refused && flavour === "0.24")
			throw new EngineError(500, refusalText(flavour, footprint, reading.availableBytes));
		this.#starting = this.#host.start(
			runnerStart(this.#options, { description, contextLength, footprint, port: this.#nextPort++ }),
		);
		const runner = await this.#starting.finally(() => {
			this.#starting = null;
		});
		if (this.#closed) throw requestCanceled();
		const model = new LoadedModel({
			description,
			contextLength,
			footprint,
			runner,
			sessionMs: request.keepAliveMs ?? this.#defaultKeepAliveMs,
		});
		if (refused) {
			await delay(LOAD_POLL_MS);
			await runner.kill();
			throw new EngineError(500, refusalText(flavour, footprint, reading.availableBytes));
		}
		this.#loaded.set(keyOf(description), model);
		try {
			await fillRunner(model, this.#options, this.#misbehaviours, request.signal);
		} catch (error) {
			await runner.kill();
			this.#loaded.delete(keyOf(description));
			if (request.signal.aborted || this.#closed) throw requestCanceled();
			if (error instanceof EngineError) throw error;
			const program = flavour === "0.24" ? "llama runner" : "llama-server";
			throw new EngineError(500, `${program} process has terminated: signal: killed`);
		}
		model.phase = "ready";
		model.users = 1;
		this.#afterLoad(model);
		return model;
	}
}

/** Runners are kept by weights: two tags on one blob share one. */
function keyOf(description: ModelDescription): string {
	return `${description.runner === "mlx" ? "mlx" : "gguf"}:${description.weightsDigest}`;
}

/** Idle models before busy ones. */
function busyRank(model: LoadedModel): number {
	return model.users > 0 ? 1 : 0;
}

function delay(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
