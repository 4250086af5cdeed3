import { AppError } from "../../../shared/errors.ts";
import type { BudgetState, FitVerdict, GpuCeiling } from "../../../shared/fit.ts";
import type { InstalledModel, LoadedModel } from "../../../shared/model.ts";
import type {
	FlushResult,
	LoadResult,
	Operation,
	ReleaseResult,
	TrimResult,
} from "../../../shared/operation.ts";
import type { ReloadLoop } from "../../../shared/reload-loop.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { EngineLogReader } from "../engine/engine-log.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import { createFootprints } from "../footprint/footprints.ts";
import type { MachineWatch } from "../memory/machine-view.ts";
import type { Clock, HistoryStore, Log, NewEvent, Stop } from "../ports.ts";
import { type Admission, createAdmission, installedModel } from "./admission.ts";
import { followAdmitted } from "./admitted-loads.ts";
import { requireEngine } from "./engine-watch.ts";
import { createFits, type FitAsker, type FitParts, type Fits } from "./fits.ts";
import { createFlushes } from "./flushes.ts";
import { createJournal } from "./journal.ts";
import { followLearning } from "./learning.ts";
import { createLoads, type LoadArgument } from "./loads.ts";
import { createLoopWatch } from "./loop-watch.ts";
import { makeRoom } from "./make-room.ts";
import type { Observer } from "./observer.ts";
import { createOperationBoard } from "./operation-board.ts";
import type { Pace } from "./pace.ts";
import { createPins } from "./pins.ts";
import { DEFAULT_KEEP_ALIVE_MS, touchModel } from "./touch.ts";
import { createTrims, type Trims } from "./trims.ts";
import { createUnloads, releaseResult, type Unloads } from "./unloads.ts";

/** What residency needs. */
export interface ResidencyParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly machine: MachineWatch;
	readonly pace: Pace;
	readonly clock: Clock;
	readonly log: Log;
	readonly settings: () => Settings;
	readonly history: Pick<HistoryStore, "ownLoads" | "setOwnLoad" | "learned" | "learn">;
	/** Reads what the engine's log tells; absent where there is none to read. */
	readonly engineLog?: EngineLogReader;
	/**
	 * What the GPU may hold on a machine of this size by what its engine logged (bytes, or null), or null where memory has
	 * no such limit; absent where there is no such machine.
	 */
	readonly gpu?: (totalBytes: number, logBytes: number | null) => GpuCeiling | null;
	/** Limits that the engine tells of itself; absent where none does. */
	readonly engineLimits?: FitParts["engineLimits"];
	readonly record: (event: NewEvent) => void;
}

/** Who asks. */
export type RequestedBy = Operation["requestedBy"];

/** How long a call waits for a model that still answers. */
export interface UnloadOptions {
	readonly requestedBy: RequestedBy;
	/** Milliseconds after which a draining model's call resolves with `because: "draining"`; absent waits on. */
	readonly untilDrainingMs?: number;
}

/** Changes what is loaded, and proves it. */
export interface Residency {
	/** The gate for every load, also those of chat and gateway. */
	readonly admission: Admission;
	/** Loads a model; a second caller joins the load of the first. `signal` leaves it; the last to leave ends it. */
	load(argument: LoadArgument, requestedBy: RequestedBy, signal?: AbortSignal): Promise<LoadResult>;
	/** Unloads a model by name or key; one that loads has its load taken back. Rejects with `model-not-loaded`, `model-not-found`, `engine-unreachable`, or `cancelled` when it was kept. */
	unload(name: string, options: UnloadOptions): Promise<ReleaseResult>;
	/** Judges a load without loading. Rejects with `model-not-found`; null where nothing can be judged. */
	fit(name: string, contextLength: number | null, asker: FitAsker): Promise<FitVerdict | null>;
	/** Judges several loads by one look at the machine, each by itself; null where nothing can be judged. */
	fitEach(...wanted: Parameters<Fits["judgeEach"]>): ReturnType<Fits["judgeEach"]>;
	/** Tokens a model would get where nobody asks for a context. */
	usualContext(model: InstalledModel): Promise<number>;
	/** Unloads an idle model and loads it again as it was. Rejects like {@link unload}, and with `model-busy`. */
	trim(name: string, requestedBy: RequestedBy): Promise<TrimResult>;
	/** The budget now, with verdicts over these; null where there is none. */
	budgetState(judged: readonly InstalledModel[]): BudgetState | null;
	/** The engine has told more of what budget and verdicts are made from. */
	onBudget(listener: () => void): Stop;
	/** Calls off the unloading of a model; it keeps the keep-alive it had left. */
	keep(name: string): Promise<void>;
	/** Keeps a loaded model for ever, or no longer. */
	pin(name: string, pinned: boolean): Promise<void>;
	/** Unloads every local model within 30 s; a second call while it runs gets the same result. */
	flush(requestedBy: RequestedBy): Promise<FlushResult>;
	/** Loads again what the last flush unloaded. */
	putBack(requestedBy: RequestedBy): Promise<readonly LoadResult[]>;
	/** Cancels a load, or calls off an unload or flush that waits for a reply. */
	cancel(operationId: string): Promise<void>;
	/** Rows for the state, oldest first. */
	operations(): readonly Operation[];
	lastFlush(): FlushResult | null;
	/** Models that are loaded over and over by requests in turn. */
	reloadLoops(): readonly ReloadLoop[];
	/** After every change of {@link operations}, {@link lastFlush} or {@link reloadLoops}. */
	onChange(listener: () => void): Stop;
	/** Ends what runs and waits; models stay as they are. */
	stop(): void;
}

/** Makes residency; it follows the observer from now on. */
export function createResidency(parts: ResidencyParts): Residency {
	const { supervision, observer, clock, pace, machine } = parts;
	const board = createOperationBoard(clock);
	const footprints = createFootprints({
		supervision,
		history: parts.history,
		engineLog: parts.engineLog ?? { facts: async () => null },
		gpuBytes: () => gpu(machine.state()?.sample.totalBytes ?? 0)?.bytes ?? null,
		commandLines: () => observer.loaded().flatMap(({ key }) => observer.processOf(key)?.commandLine ?? []),
	});
	const gpu = (totalBytes: number) =>
		totalBytes > 0 ? (parts.gpu?.(totalBytes, footprints.engineLog()?.gpuBytes ?? null) ?? null) : null;
	const fits = createFits({ ...parts, footprints, gpu });
	const room = {
		observer,
		clock,
		log: parts.log,
		unloads: (): Unloads => unloads,
		trims: (): Trims => trims,
	};
	const admission = createAdmission({
		...parts,
		fits,
		makeRoom: (verdict, signal) => makeRoom(room, verdict, signal),
	});
	const loops = createLoopWatch({ ...parts, admission });
	const journal = createJournal({ ...parts, admission, loops });
	const unloads = createUnloads(parts, board, journal);
	const pins = createPins(parts);
	const trims = createTrims({ ...parts, board, journal, unloads });
	const loads = createLoads({ ...parts, admission, board, journal, unloads, pins, fits });
	const flushes = createFlushes({ ...parts, board, journal, unloads, loads });
	const stops: Stop[] = [
		followAdmitted(admission, observer, board),
		followEngine(),
		followLearning({ observer, footprints, clock, loadMs: journal.loadMs }),
	];
	let letPaceGo: Stop | null = null;
	let releasing = false;

	/** The engine is looked at every second while anything loads or leaves, the machine while anything leaves. */
	function hurry(): void {
		const rows = board.list();
		if (rows.length > 0) letPaceGo ??= pace.hold();
		else {
			letPaceGo?.();
			letPaceGo = null;
		}
		const leaves = rows.some((row) => row.kind !== "load");
		if (leaves === releasing) return;
		releasing = leaves;
		machine.setReason("releasing", leaves);
	}
	stops.push(
		board.onChange(hurry),
		admission.onLoad((load, running) => machine.setReason("admitted-load", running && load.fits)),
	);

	/** Those who wait for a load must not wait for an engine that is gone. */
	function followEngine(): Stop {
		let known = supervision.state().id;
		return supervision.onState(({ id, url, connection }) => {
			const away = connection.state === "unreachable" || connection.state === "not-installed";
			if (id === known && !away) return;
			known = id;
			admission.sendAway(AppError.of("engine-unreachable", { url }));
		});
	}

	/** The listed model a name means, with the engine asked first where it is not known. */
	async function listed(name: string): Promise<LoadedModel> {
		requireEngine(supervision);
		const installed = installedModel(supervision.installed(), name);
		if (observer.find(name) === null) {
			await observer.lookNow();
			if (observer.find(name) === null && installed !== null) await observer.learn([installed]);
		}
		const model = observer.find(name);
		if (model !== null) return model;
		throw AppError.of(installed === null ? "model-not-found" : "model-not-loaded", { model: name });
	}

	return {
		admission,
		load: loads.load,
		async unload(name, { requestedBy, untilDrainingMs }) {
			const installed = installedModel(supervision.installed(), name);
			const known = observer.find(name);
			// An engine does not heed an unload while it loads, also where it lists the model already.
			const mayLoad = known === null || known.state === "loading";
			const startedMs = clock.monotonicMs();
			if (installed !== null && mayLoad && (await loads.cancel(installed.key))) {
				await observer.lookNow();
				if (observer.find(installed.key) === null)
					return {
						key: installed.key,
						name: installed.name,
						grade: "engine-says-so",
						releasedBytes: 0,
						durationMs: Math.round(clock.monotonicMs() - startedMs),
						because: "load-cancelled",
					};
			}
			const release = unloads.begin(await listed(name), requestedBy);
			return releaseResult(release, clock, untilDrainingMs);
		},
		async fit(name, contextLength, asker) {
			requireEngine(supervision);
			const model = installedModel(supervision.installed(), name);
			if (model === null) throw AppError.of("model-not-found", { model: name });
			if (model.location === "cloud") throw AppError.of("model-in-cloud", { model: name });
			return fits.judge(model, contextLength, asker);
		},
		fitEach: fits.judgeEach,
		async trim(name, requestedBy) {
			const model = await listed(name);
			return admission.holding(async () => (await trims.trimNow(model, requestedBy)).result);
		},
		usualContext: async (model) => (await footprints.ofLoad(model, null)).contextLength,
		budgetState: fits.budgetState,
		onBudget: footprints.onKnown,
		async keep(name) {
			const model = await listed(name);
			const release = unloads.running(model.key);
			if (release !== null) await unloads.keep(release);
			else {
				const leftMs = model.expiresAt === null ? -1 : model.expiresAt - clock.now();
				await touchModel(parts, model, leftMs === -1 || leftMs > 0 ? leftMs : DEFAULT_KEEP_ALIVE_MS);
				observer.setAsked(model.key, null);
			}
		},
		async pin(name, pinned) {
			const model = await listed(name);
			const keepAliveMs = pinned ? -1 : DEFAULT_KEEP_ALIVE_MS;
			if (!pinned) pins.note(model.name, false);
			const release = unloads.running(model.key);
			if (release !== null) await unloads.keep(release, keepAliveMs);
			else await touchModel(parts, model, keepAliveMs);
			await supervision.pollRows();
			pins.note(model.name, pinned);
			observer.setPinned(model.key, pinned);
		},
		flush: flushes.flush,
		putBack: flushes.putBack,
		cancel: board.cancel,
		operations: board.list,
		lastFlush: flushes.last,
		reloadLoops: loops.loops,
		onChange(listener) {
			const stopBoard = board.onChange(listener);
			const stopFlushes = flushes.onChange(listener);
			const stopLoops = loops.onChange(listener);
			return () => {
				stopBoard();
				stopFlushes();
				stopLoops();
			};
		},
		stop() {
			loads.cancelAll();
			unloads.stop();
			admission.sendAway(AppError.of("cancelled", {}));
			admission.stop();
			journal.stop();
			loops.stop();
			fits.stop();
			footprints.stop();
			pins.stop();
			for (const stop of stops) stop();
			letPaceGo?.();
		},
	};
}
