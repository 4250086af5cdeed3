import { AppError } from "../../../shared/errors.ts";
import type { CallArgument } from "../../../shared/ipc.ts";
import type { MachineSample } from "../../../shared/machine.ts";
import type { InstalledModel, ModelKey } from "../../../shared/model.ts";
import { isCloudName } from "../../../shared/model-name.ts";
import type { Eviction, LoadResult, Operation } from "../../../shared/operation.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { MachineWatch } from "../memory/machine-view.ts";
import type { Clock, Log } from "../ports.ts";
import { type Admission, type AdmissionTicket, installedModel } from "./admission.ts";
import { createDeferred } from "./deferred.ts";
import { requireEngine, watchEngine } from "./engine-watch.ts";
import type { Fits } from "./fits.ts";
import type { Journal } from "./journal.ts";
import { createLoadWatch } from "./load-watch.ts";
import type { Observer } from "./observer.ts";
import type { BoardEntry, OperationBoard } from "./operation-board.ts";
import type { Pins } from "./pins.ts";
import { DEFAULT_KEEP_ALIVE_MS, isEmbedding, touchModel } from "./touch.ts";
import type { Unloads } from "./unloads.ts";

/** What is asked for. */
export type LoadArgument = Omit<CallArgument<"load">, "force"> & {
	readonly force?: boolean;
	/** Waits for busy models that have to go, where a click would be told at once. */
	readonly waitsForBusy?: boolean;
};

/** What loads need. */
export interface LoadParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly machine: MachineWatch;
	readonly clock: Clock;
	readonly log: Log;
	readonly admission: Admission;
	readonly board: OperationBoard;
	readonly journal: Journal;
	readonly unloads: Unloads;
	readonly pins: Pick<Pins, "isPinned">;
	readonly fits: Pick<Fits, "largestContext">;
}

/** Loads through Plimsoll. */
export interface Loads {
	/** See Residency.load. */
	load(
		argument: LoadArgument,
		requestedBy: Operation["requestedBy"],
		signal?: AbortSignal,
	): Promise<LoadResult>;
	/** Cancels every load that runs or waits for this model; resolves when its runner is gone. */
	cancel(key: ModelKey): Promise<boolean>;
	/** Cancels all of them. */
	cancelAll(): void;
}

/** A load that runs or waits, with those who want it. */
interface Running {
	readonly model: InstalledModel;
	readonly contextLength: number | undefined;
	readonly abort: AbortController;
	readonly result: Promise<LoadResult>;
	callers: number;
}

/** Makes the loads. */
export function createLoads(parts: LoadParts): Loads {
	const { supervision, observer, machine, clock, admission, board, journal, unloads } = parts;
	const running = new Set<Running>();
	const watching = createLoadWatch(parts);

	async function find(name: string): Promise<InstalledModel> {
		requireEngine(supervision);
		let model = installedModel(supervision.installed(), name);
		if (model === null) {
			await supervision.pollInstalled();
			model = installedModel(supervision.installed(), name);
		}
		if (model?.location === "cloud" || (model === null && isCloudName(name)))
			throw AppError.of("model-in-cloud", { model: name });
		if (model === null) throw AppError.of("model-not-found", { model: name });
		return model;
	}

	const sample = (): Promise<MachineSample | null> =>
		machine.sampleNow().then(
			(state) => state.sample,
			() => null,
		);

	/** A place in the queue; the ticket once it is this load's turn. */
	async function admitted(
		argument: LoadArgument,
		model: InstalledModel,
		requestedBy: Operation["requestedBy"],
		signal: AbortSignal,
	): Promise<AdmissionTicket> {
		const answer = await admission.admit({
			model: model.key,
			...(argument.contextLength === undefined ? {} : { contextLength: argument.contextLength }),
			requestedBy,
			force: argument.force ?? false,
			waitsForBusy: argument.waitsForBusy ?? false,
		});
		if (answer.kind === "refusal") throw answer.error;
		if (answer.kind === "ticket") return answer;
		signal.addEventListener("abort", answer.leave, { once: true });
		if (signal.aborted) answer.leave();
		return answer.ready;
	}

	/** The model is loaded as wanted; at most its keep-alive changes, and a drain of it is called off. */
	async function already(argument: LoadArgument, model: InstalledModel): Promise<LoadResult | null> {
		const listed = observer.find(model.key);
		if (listed === null) return null;
		const leaving = unloads.running(listed.key);
		try {
			if (leaving !== null) await unloads.keep(leaving, argument.keepAliveMs);
			else if (argument.keepAliveMs !== undefined || observer.isAsked(listed.key)) {
				await touchModel(parts, listed, argument.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS);
				observer.setAsked(listed.key, null);
			}
		} catch (error) {
			if (AppError.wrap(error).code === "model-not-loaded") return null;
			throw error;
		}
		const now = machine.state()?.sample ?? null;
		return {
			key: listed.key,
			name: listed.name,
			durationMs: 0,
			footprintBytes: listed.footprintBytes,
			contextLength: listed.contextLength,
			already: true,
			evicted: [],
			before: now,
			after: now,
		};
	}

	/** An engine that ran out of memory is answered with the largest smaller context that fits, where there is one. */
	async function withContextThatFits(
		error: unknown,
		argument: LoadArgument,
		model: InstalledModel,
	): Promise<unknown> {
		if (!(error instanceof AppError) || error.code !== "engine-out-of-memory") return error;
		const { wanted, largest } = await parts.fits.largestContext(model, argument.contextLength ?? null);
		parts.log.warn("the engine ran out of memory", {
			model: model.name,
			contextLength: wanted,
			largestContext: largest,
			text: error.params.text,
		});
		return largest === null
			? error
			: AppError.of(
					"load-out-of-memory",
					{ model: model.name, contextLength: wanted, largestContext: largest },
					error,
				);
	}

	async function perform(
		argument: LoadArgument,
		model: InstalledModel,
		row: BoardEntry,
		signal: AbortSignal,
		evicted: readonly Eviction[],
	): Promise<LoadResult> {
		const startedMs = clock.monotonicMs();
		const wasLoaded = observer.find(model.key) !== null;
		const watch = watchEngine(supervision);
		const request = new AbortController();
		const forward = () => request.abort();
		signal.addEventListener("abort", forward, { once: true });
		row.change({ state: "running", startedAt: clock.now() });
		const endLoading = observer.loading(model.key);
		const endArriving = journal.arriving(model.key);
		const before = await sample();
		const endProgress = watching.followProgress(row, model);
		try {
			if (signal.aborted) throw AppError.of("cancelled", {});
			const asked = supervision.engine().load(
				{
					name: model.name,
					runner: model.runner,
					embedding: isEmbedding(model),
					...(argument.contextLength === undefined ? {} : { contextLength: argument.contextLength }),
					...(argument.keepAliveMs === undefined ? {} : { keepAliveMs: argument.keepAliveMs }),
				},
				request.signal,
			);
			await Promise.race([
				asked,
				watch.whenGone.then(() => {
					throw watch.error();
				}),
				new Promise<never>((_, reject) => {
					signal.addEventListener("abort", () => reject(AppError.of("cancelled", {})), { once: true });
				}),
			]);
			endLoading();
			const listed = await watching.confirmed(model, () => watch.gone() || signal.aborted);
			if (watch.gone()) throw watch.error();
			if (signal.aborted) throw AppError.of("cancelled", {});
			if (listed === null) throw AppError.of("load-not-confirmed", { model: model.name });
			const footprintBytes = (await observer.measure(listed.key))?.bytes ?? listed.footprintBytes;
			const durationMs = Math.round(clock.monotonicMs() - startedMs);
			journal.loaded(listed, footprintBytes, durationMs);
			return {
				key: listed.key,
				name: listed.name,
				durationMs,
				footprintBytes,
				contextLength: listed.contextLength,
				already: false,
				evicted,
				before,
				after: await sample(),
			};
		} catch (error) {
			request.abort();
			if (!signal.aborted) throw await withContextThatFits(error, argument, model);
			row.change({ state: "cancelling" });
			endLoading();
			if (!watch.gone()) await watching.awaitGone(model, wasLoaded);
			throw AppError.of("cancelled", {}, error);
		} finally {
			signal.removeEventListener("abort", forward);
			endProgress();
			endLoading();
			endArriving();
			watch.stop();
		}
	}

	async function run(
		argument: LoadArgument,
		model: InstalledModel,
		requestedBy: Operation["requestedBy"],
		abort: AbortController,
	): Promise<LoadResult> {
		const over = createDeferred<void>();
		const row = board.add(
			{ kind: "load", name: argument.model, key: model.key, state: "queued", requestedBy },
			async () => {
				abort.abort();
				row.change({ state: "cancelling" });
				await over.promise;
			},
		);
		let ticket: AdmissionTicket | null = null;
		try {
			for (;;) {
				ticket = await admitted(argument, model, requestedBy, abort.signal);
				if (abort.signal.aborted) throw AppError.of("cancelled", {});
				if (ticket.basis !== "loaded")
					return await perform(argument, model, row, abort.signal, ticket.evicted ?? []);
				const result = await already(argument, model);
				if (result !== null) return result;
				await observer.lookNow();
			}
		} finally {
			ticket?.release();
			row.remove();
			over.resolve();
		}
	}

	return {
		async load(wanted, requestedBy, signal) {
			const model = await find(wanted.model);
			const argument = parts.pins.isPinned(model.name) ? { keepAliveMs: -1, ...wanted } : wanted;
			let entry = [...running].find(
				(candidate) =>
					candidate.model.key === model.key &&
					!candidate.abort.signal.aborted &&
					(argument.contextLength === undefined || argument.contextLength === candidate.contextLength),
			);
			if (entry === undefined) {
				const abort = new AbortController();
				const result = run(argument, model, requestedBy, abort);
				const started: Running = {
					model,
					contextLength: argument.contextLength,
					abort,
					result,
					callers: 0,
				};
				entry = started;
				running.add(started);
				result.catch(() => undefined).finally(() => running.delete(started));
			}
			return join(entry, signal);
		},
		async cancel(key) {
			const meant = [...running].filter((entry) => entry.model.key === key);
			for (const entry of meant) entry.abort.abort();
			await Promise.all(meant.map((entry) => entry.result.catch(() => undefined)));
			return meant.length > 0;
		},
		cancelAll() {
			for (const entry of running) entry.abort.abort();
		},
	};
}

/** Waits for a load as one of those who want it; the last one to leave ends it. */
function join(entry: Running, signal: AbortSignal | undefined): Promise<LoadResult> {
	entry.callers += 1;
	if (signal === undefined) return entry.result;
	return new Promise((resolve, reject) => {
		const leave = () => {
			entry.callers -= 1;
			if (entry.callers === 0) entry.abort.abort();
			reject(AppError.of("cancelled", {}));
		};
		if (signal.aborted) leave();
		else signal.addEventListener("abort", leave, { once: true });
		entry.result.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
	});
}
