import type { InstalledModel, LoadedModel, ModelKey } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { StrayRunner } from "../../../shared/state.ts";
import type { LoadedRow } from "../engine/engine.ts";
import { DEFAULT_ENGINE_URL } from "../engine/engine-address.ts";
import { readEngineVersion } from "../engine/engine-version.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { MachineWatch, RunnerView, TimedFootprint } from "../memory/machine-view.ts";
import type { Clock, HistoryStore, Log, ProcessInfo, Stop } from "../ports.ts";
import { createColourSlots } from "./colour-slots.ts";
import { type Counts, createCounts } from "./counts.ts";
import { type AppearingRunner, loadedModels, type Remembered, strayRunners } from "./loaded-models.ts";
import { createLookLoop } from "./look-loop.ts";
import { type Activity, activityState } from "./model-activity.ts";
import type { Pace } from "./pace.ts";
import { createRememberedRows, type RememberedRow } from "./remembered-rows.ts";
import type { RunnerReader } from "./runner-reader.ts";
import { createUnlistedRunners } from "./unlisted-runners.ts";
import { createWeightsBlobs, type WeightsBlobs } from "./weights-blobs.ts";

/** Two looks at the process table are at least this far apart, unless one is asked for. */
const LOOK_EVERY_MS = 500;

/** Where an Ollama listens unless told otherwise: any Ollama of this machine is taken for the one there. */
const USUAL_PORT = new URL(DEFAULT_ENGINE_URL).port;

/** A process that holds this share of what its engine says of the model is past loading; the engine counts too high. */
const FILLED_SHARE = 0.9;

/** What the observer needs. */
export interface ObserverParts {
	readonly supervision: EngineSupervision;
	readonly reader: RunnerReader;
	readonly machine: MachineWatch;
	readonly pace: Pace;
	readonly clock: Clock;
	readonly log: Log;
	readonly history: Pick<HistoryStore, "ownLoads">;
}

/** Keeps the loaded models in view: what the engine lists, which process holds it, what it takes, whether it works. */
export interface Observer {
	loaded(): readonly LoadedModel[];
	strays(): readonly StrayRunner[];
	/** Whether the engine's processes can be seen; for its locality. */
	engineSeen(): boolean;
	/** After every change of {@link loaded}, {@link strays} or {@link engineSeen}. */
	onChange(listener: () => void): Stop;
	/** A model is newly listed; not told for those found at the first look at an engine. */
	onCame(listener: (model: LoadedModel) => void): Stop;
	/** A model is no longer listed by an engine that still answers; told with how it was last seen. */
	onWent(listener: (model: LoadedModel) => void): Stop;
	/** When the engine's newest list came, monotonic; null while none is known. */
	listedAtMs(): number | null;
	/** Asks the engine and the process table now; null where the engine did not answer in time. */
	lookNow(): Promise<readonly LoadedModel[] | null>;
	/** Looks at the process table now, with the engine's newest list. */
	lookAtProcesses(): Promise<void>;
	/** The listed model that a name or key stands for, also where another name of the same weights is listed. */
	find(nameOrKey: string): LoadedModel | null;
	/** Learns which weights a name stands for, so that {@link find} knows its other names. */
	learn(models: readonly InstalledModel[]): Promise<void>;
	/** A request of ours for this model begins; the returned function says that it has ended. */
	inFlight(name: string): Stop;
	/** Measures a listed model's runner now; null where its process cannot be seen or has ended. */
	measure(key: ModelKey): Promise<TimedFootprint | null>;
	/** The process that holds a listed model. */
	processOf(key: ModelKey): ProcessInfo | null;
	/** Whether that very process still lives. */
	isAlive(process: ProcessInfo): Promise<boolean>;
	/** Whether a listed model works, apart from what it was asked to do; null where it is not listed. */
	activityOf(key: ModelKey): (Activity & { readonly state: "idle" | "busy" | "unknown" }) | null;
	/** A request of ours for this model is under way. */
	isInFlight(key: ModelKey): boolean;
	/** Notes that a model was asked to leave, or with null that this was called off. */
	setAsked(key: ModelKey, askedAt: number | null): void;
	/** A model was asked to leave, and nobody has called that off. */
	isAsked(key: ModelKey): boolean;
	/** Notes that a model was pinned or unpinned; the engine may show it only after its next answer. */
	setPinned(key: ModelKey, pinned: boolean): void;
	/** A load through Plimsoll runs for this model; the returned function says that it has ended. */
	loading(key: ModelKey): Stop;
	/** A request that was let through loads this model; it counts as loading until it is listed. */
	expecting(key: ModelKey): Stop;
	start(): void;
	stop(): void;
}

/** Makes the observer; it is still until started. */
export function createObserver(parts: ObserverParts): Observer {
	const { supervision, reader, machine, pace, clock, log } = parts;
	const blobs: WeightsBlobs = createWeightsBlobs(supervision);
	const rows = createRememberedRows();
	const slots = createColourSlots();
	const flying = createCounts<string>();
	const ownLoading = createCounts<ModelKey>();
	const expected = createCounts<ModelKey>();
	const unlisted = createUnlistedRunners(reader, blobs, supervision.installed);
	const looks = createLookLoop(clock, LOOK_EVERY_MS, lookOnce);
	const changed = new Set<() => void>();
	const came = new Set<(model: LoadedModel) => void>();
	const went = new Set<(model: LoadedModel) => void>();
	const stops: Stop[] = [];

	let view: RunnerView | null = null;
	let loaded: readonly LoadedModel[] = [];
	let strays: readonly StrayRunner[] = [];
	let published = "";
	let engineId: string | null = null;
	let listedAtMs: number | null = null;
	let letPaceGo: Stop | null = null;
	let saidLoading = false;

	/** Names under which a row can be asked for: its own and those of the same weights. */
	function answersTo(row: Pick<LoadedRow, "name" | "digest">, name: string): boolean {
		if (sameName(row.name, name)) return true;
		const blob = blobs.of(row.name, row.digest);
		if (typeof blob !== "string") return false;
		return supervision
			.installed()
			.some((model) => sameName(model.name, name) && blobs.of(model.name, model.digest) === blob);
	}

	function flies(row: LoadedRow): boolean {
		for (const name of flying.keys()) if (answersTo(row, name)) return true;
		return false;
	}

	function appearingRunners(now: number): readonly AppearingRunner[] {
		const explained = new Set(rows.all().map((entry) => entry.process?.pid));
		return unlisted
			.all()
			.filter(
				({ runner, wasListed }) =>
					runner.kind === "loading" && !wasListed && !explained.has(runner.process.pid),
			)
			.map((entry) => {
				const installed = unlisted.modelOf(entry.runner, (model) => loadsHere(model.key));
				return {
					...entry,
					installed,
					slot: installed === null ? null : slots.assign(installed.key, now),
					own: installed !== null && loadsHere(installed.key),
				};
			});
	}

	const loadsHere = (key: ModelKey) => ownLoading.has(key) || expected.has(key);

	/**
	 * Whether a listed model is not ready yet. Up to 0.24 an engine lists a model of its own kind half-way through its
	 * load, so one that was let through for a request counts as loading until its process holds most of it.
	 */
	function stillLoads({ row, footprint, processEnded }: RememberedRow): boolean {
		if (ownLoading.has(row.key)) return true;
		if (processEnded || !expected.has(row.key)) return false;
		if (readEngineVersion(supervision.state().version ?? "").flavour !== "0.24") return false;
		return (footprint?.bytes ?? 0) < FILLED_SHARE * row.reportedBytes;
	}

	function publish(): void {
		const now = clock.now();
		const own = new Set(parts.history.ownLoads());
		const remembered = new Map<ModelKey, Remembered>();
		const newcomers = appearingRunners(now);
		slots.retain(
			new Set([
				...rows.all().map((entry) => entry.row.key),
				...newcomers.flatMap(({ installed }) => (installed === null ? [] : [installed.key])),
			]),
			now,
		);
		for (const entry of rows.all())
			remembered.set(entry.row.key, {
				...entry,
				inFlight: flies(entry.row),
				loading: stillLoads(entry),
				slot: slots.assign(entry.row.key, now),
				own: own.has(entry.row.key) || loadsHere(entry.row.key),
			});
		loaded = loadedModels({
			now,
			rows: rows.all().map((entry) => entry.row),
			remembered,
			appearing: newcomers,
			installed: supervision.installed(),
			simulated: reader.simulated(),
		});
		strays = strayRunners(
			unlisted.all().map((entry) => ({ ...entry, model: unlisted.nameOf(entry.runner) })),
			now,
		);
		machine.setHeldBytes(loaded.reduce((sum, model) => sum + (model.heldBytes ?? 0), 0));
		followLoads(newcomers.length > 0 || !ownLoading.empty() || !expected.empty());
		const next = JSON.stringify([loaded, strays, view?.engineSeen]);
		if (next === published) return;
		published = next;
		for (const listener of changed) listener();
	}

	/** The machine is sampled quicker and the engine asked every second while anything loads. */
	function followLoads(anything: boolean): void {
		if (anything === saidLoading) return;
		saidLoading = anything;
		machine.setReason("loading", anything);
		letPaceGo?.();
		letPaceGo = anything ? pace.hold() : null;
	}

	function takeRows(list: readonly LoadedRow[]): void {
		const id = supervision.state().id;
		if (id !== engineId) forgetEngine(id);
		const first = listedAtMs === null;
		listedAtMs = clock.monotonicMs();
		const keys = new Set(list.map((row) => row.key));
		const gone = loaded.filter((model) => rows.get(model.key) !== undefined && !keys.has(model.key));
		const fresh = rows.take(list, clock.now());
		for (const entry of fresh) adoptAppearing(entry);
		publish();
		for (const model of gone) for (const listener of went) listener(model);
		if (!first)
			for (const { row } of fresh) {
				const model = loaded.find((candidate) => candidate.key === row.key);
				if (model !== undefined) for (const listener of came) listener(model);
			}
		void learnOf(list);
		if (fresh.length === 0) {
			looks.soon();
			return;
		}
		void looks.now();
		// What is on disk is asked for seldom; a model that came may have been deleted or given another meaning since.
		if (!first) void supervision.pollInstalled();
	}

	/** A runner that was seen loading is that of the row which now lists its model. */
	function adoptAppearing(entry: RememberedRow): void {
		const model = loaded.find(({ key, state }) => key === entry.row.key && state === "loading");
		const seen = unlisted
			.all()
			.find(({ runner }) => runner.kind === "loading" && runner.process.pid === model?.process?.pid);
		if (seen === undefined) return;
		entry.process = seen.runner.process;
		entry.firstSeenAt = seen.firstSeenAt;
		entry.footprint = seen.footprint;
	}

	function forgetEngine(id: string | null): void {
		engineId = id;
		listedAtMs = null;
		rows.forget();
		unlisted.forget();
		view = null;
	}

	async function lookOnce(): Promise<void> {
		const id = engineId;
		const list = rows.all().map((entry) => entry.row);
		try {
			const weightsBlobs = new Map(
				list.map((row) => [row.key, blobs.of(row.name, row.digest) ?? null] as const),
			);
			const next = await reader.look({ rows: list, weightsBlobs, engineUrl: supervision.state().url });
			if (id !== engineId) return;
			view = next;
			await rows.look(next, {
				now: clock.now(),
				certain: reader.simulated() || new URL(supervision.state().url).port === USUAL_PORT,
				matchable: (row) => row.runner !== null || typeof weightsBlobs.get(row.key) === "string",
				inFlight: flies,
				isAlive: (process) => reader.isAlive(process),
				measure: (process, fresh) => reader.footprint(process, fresh ? "loaded" : "turn").catch(() => null),
			});
			await unlisted.look(next);
			if (next.unmatched.some((runner) => unidentified(runner.weightsBlob)))
				void learnOf(supervision.installed());
		} catch (error) {
			log.warn("the process table could not be read", { problem: String(error) });
		}
		publish();
	}

	const unidentified = (blob: string | null) => blob !== null && blobs.installedWith(blob) === null;

	/** Learns weights in the background; what is learned may explain a runner or a request under way. */
	async function learnOf(
		models: readonly { readonly name: string; readonly digest: string }[],
	): Promise<void> {
		if (await blobs.learn(models)) await looks.now();
	}

	return {
		loaded: () => loaded,
		strays: () => strays,
		engineSeen: () => view?.engineSeen ?? false,
		onChange: (listener) => listen(changed, listener),
		onCame: (listener) => listen(came, listener),
		onWent: (listener) => listen(went, listener),
		listedAtMs: () => listedAtMs,
		async lookNow() {
			if ((await supervision.pollRows()) === null) return null;
			await looks.now();
			return loaded;
		},
		lookAtProcesses: looks.now,
		find(nameOrKey) {
			const listed = loaded.filter((model) => rows.get(model.key) !== undefined);
			const exact = listed.find((model) => model.key === nameOrKey);
			if (exact !== undefined) return exact;
			const meant = supervision.installed().find((model) => model.key === nameOrKey);
			const blob = meant === undefined ? null : blobs.of(meant.name, meant.digest);
			return (
				listed.find((model) =>
					meant === undefined
						? sameName(model.name, nameOrKey)
						: typeof blob === "string" && blobs.of(model.name, model.digest) === blob,
				) ??
				listed.find((model) => meant === undefined && answersTo(model, nameOrKey)) ??
				null
			);
		},
		async learn(models) {
			await blobs.learn([...models, ...rows.all().map((entry) => entry.row)]);
		},
		inFlight(name) {
			// One more of several changes nothing that is shown, and many clients at once are not to pay for telling it.
			const already = flying.has(name);
			const end = flying.hold(name);
			noteWork();
			if (!already) {
				const installed = supervision.installed().filter((model) => sameName(model.name, name));
				if (!rows.all().some((entry) => sameName(entry.row.name, name))) void learnOf(installed);
				publish();
			}
			return () => {
				noteWork();
				if (end() && !flying.has(name)) publish();
			};
		},
		async measure(key) {
			const entry = rows.get(key);
			if (entry === undefined || entry.process === null || entry.processEnded) return null;
			const footprint = await reader.footprint(entry.process, "releasing");
			if (footprint === null) return null;
			entry.footprint = footprint;
			publish();
			return footprint;
		},
		processOf: (key) => rows.get(key)?.process ?? null,
		isAlive: (process) => reader.isAlive(process),
		activityOf(key) {
			const entry = rows.get(key);
			if (entry === undefined) return null;
			const state = flies(entry.row) ? "busy" : activityState(entry.activity, clock.now());
			return { ...entry.activity, state };
		},
		isInFlight(key) {
			const entry = rows.get(key);
			return entry !== undefined && flies(entry.row);
		},
		setAsked(key, askedAt) {
			const entry = rows.get(key);
			if (entry === undefined) return;
			entry.askedAt = askedAt;
			entry.askedExpiresAt = null;
			publish();
		},
		isAsked: (key) => (rows.get(key)?.askedAt ?? null) !== null,
		setPinned(key, pinned) {
			const entry = rows.get(key);
			if (entry === undefined) return;
			entry.pinned = pinned;
			publish();
		},
		loading: (key) => held(ownLoading, key),
		expecting: (key) => held(expected, key),
		start() {
			looks.start();
			stops.push(
				supervision.onRows(takeRows),
				supervision.onInstalled(publish),
				supervision.onState((state) => {
					const away = state.connection.state !== "connected" && state.connection.state !== "connecting";
					if (state.id === engineId && !(away && listedAtMs !== null)) {
						// No list comes that would cause a look, and what a killed engine leaves behind shows only by and by.
						if (away) looks.soon();
						return;
					}
					forgetEngine(state.id);
					publish();
					void looks.now();
				}),
			);
			engineId = supervision.state().id;
			const list = supervision.rows();
			if (list !== null) takeRows(list);
			else void looks.now();
		},
		stop() {
			looks.stop();
			for (const stop of stops.splice(0)) stop();
			followLoads(false);
		},
	};

	function held(counts: Counts<ModelKey>, key: ModelKey): Stop {
		const end = counts.hold(key);
		publish();
		return () => {
			if (end()) publish();
		};
	}

	/** Marks every model with a request under way as working now. */
	function noteWork(): void {
		const now = clock.now();
		for (const entry of rows.all())
			if (flies(entry.row)) entry.activity = { lastBusyAt: now, quietSinceAt: null };
	}
}

function sameName(a: string, b: string): boolean {
	return normalizeModelName(a) === normalizeModelName(b);
}

function listen<Listener>(set: Set<Listener>, listener: Listener): Stop {
	set.add(listener);
	return () => {
		set.delete(listener);
	};
}
