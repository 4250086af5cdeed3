import { AppError } from "../../../shared/errors.ts";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { InstalledModel, ModelKey } from "../../../shared/model.ts";
import { isCloudName, normalizeModelName } from "../../../shared/model-name.ts";
import type { Eviction, Operation } from "../../../shared/operation.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { Log, Stop } from "../ports.ts";
import { createDeferred, type Deferred, nothing } from "./deferred.ts";
import { fitFigures, refusalOf } from "./fit-words.ts";
import type { Fits } from "./fits.ts";
import type { Observer } from "./observer.ts";

/** What somebody wants to use. */
export interface AdmissionRequest {
	/** Name as the client wrote it. */
	readonly model: string;
	/** Tokens; absent takes whatever the model is or would be loaded with. */
	readonly contextLength?: number;
	readonly requestedBy: Operation["requestedBy"];
	/** Load although it is over. */
	readonly force: boolean;
	/** Wait for busy models that have to go, as programs do, where a click would be told at once. */
	readonly waitsForBusy?: boolean;
	/** Closes the request that loads, so that a person can cancel it. */
	readonly cancel?: () => void;
}

/** Leave to use a model now. */
export interface AdmissionTicket {
	readonly kind: "ticket";
	/** `loaded`: nothing has to load. `load`: it loads now, by this ticket. `joined`: it loads by somebody else's. `free`: no local memory is at stake. */
	readonly basis: "loaded" | "load" | "joined" | "free";
	/** What was unloaded or trimmed to make room for it; absent where nothing was. */
	readonly evicted?: readonly Eviction[];
	/** The load is confirmed, has failed, or its request is closed; calling it again does nothing. */
	release(): void;
}

/** Another load runs first, or room is made. */
export interface AdmissionWait {
	readonly kind: "wait";
	/** Loads before this one and its own making of room, at least 1. */
	readonly position: number;
	/** Resolves when it is its turn; rejects with `memory-too-low` or, after {@link leave}, with `cancelled`. */
	readonly ready: Promise<AdmissionTicket>;
	/** Gives the place up. */
	leave(): void;
}

/** No. */
export interface AdmissionRefusal {
	readonly kind: "refusal";
	readonly error: AppError;
}

/** What the gate says. */
export type AdmissionAnswer = AdmissionTicket | AdmissionWait | AdmissionRefusal;

/** The one gate through which every load goes, whoever wants it. */
export interface Admission {
	/** Answers at once for a model that is loaded as wanted; else looks at the machine first. Never rejects. */
	admit(request: AdmissionRequest): Promise<AdmissionAnswer>;
	/** The engine is gone or another one: everybody who waits is sent away with this error. */
	sendAway(error: AppError): void;
	/** Does work during which no load may begin, once it is its turn. */
	holding<Result>(work: () => Promise<Result>): Promise<Result>;
	/** Keys whose load a ticket was given for and is not confirmed yet. */
	loadingKeys(): ReadonlySet<ModelKey>;
	/** A ticket for a load was given, or given back; with the model it is for. */
	onLoad(listener: (load: AdmittedLoad, running: boolean) => void): Stop;
	stop(): void;
}

/** A load that has passed the gate. */
export interface AdmittedLoad {
	readonly key: ModelKey;
	readonly model: InstalledModel;
	readonly contextLength: number | null;
	readonly requestedBy: Operation["requestedBy"];
	/** It was judged and fits; false where it was forced or could not be judged. */
	readonly fits: boolean;
	/** What it was judged with; null where it could not be judged. */
	readonly verdict: FitVerdict | null;
	readonly cancel?: () => void;
}

/** What admission needs. */
export interface AdmissionParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly fits: Pick<Fits, "judge" | "reserve">;
	/**
	 * Does what a verdict's steps say, each confirmed, after waiting for busy models where it says so. Resolves with what
	 * came of it, also where only a part could be done; rejects with `cancelled` where `signal` is aborted.
	 */
	readonly makeRoom: (verdict: FitVerdict, signal: AbortSignal) => Promise<readonly Eviction[]>;
	readonly log: Log;
}

interface Holder extends AdmittedLoad {
	readonly evicted: readonly Eviction[];
	readonly unreserve: Stop;
	/** Tickets given for this load that are not given back; a load ends with its last one. */
	tickets: number;
}

interface Waiting {
	readonly request: AdmissionRequest;
	readonly model: InstalledModel;
	readonly turn: Deferred<AdmissionTicket>;
	/** It gave its place up while room was made for it. */
	readonly left: AbortController;
}

/** What judging a load led to: its ticket may be given, room has to be made first, or it is refused. */
type Judged =
	| { readonly kind: "go"; readonly verdict: FitVerdict | null; readonly fits: boolean }
	| { readonly kind: "room"; readonly verdict: FitVerdict }
	| { readonly kind: "no"; readonly error: AppError };

/** Room is made at most this often for one load: others load meanwhile, and may do so without end. */
const MAKE_ROOM_TIMES = 4;

const FREE: AdmissionTicket = { kind: "ticket", basis: "free", release: nothing };
const LOADED: AdmissionTicket = { kind: "ticket", basis: "loaded", release: nothing };

/** Makes the gate: one load at a time, the others in order. */
export function createAdmission(parts: AdmissionParts): Admission {
	const { supervision, observer, fits, log } = parts;
	const waiting: Waiting[] = [];
	const turns = new Set<() => void>();
	let preparing: Waiting | null = null;
	const listeners = new Set<(load: AdmittedLoad, running: boolean) => void>();
	let holder: Holder | null = null;
	/** A load is being judged; others wait as if it ran. */
	let judging = false;

	const isFree = () => holder === null && !judging;

	/** Resolves when a load or the making of room for one has ended. */
	function turnOver(): Promise<void> {
		return new Promise((resolve) => turns.add(resolve));
	}

	function endTurn(): void {
		for (const resolve of turns) resolve();
		turns.clear();
	}

	function tell(load: AdmittedLoad, running: boolean): void {
		for (const listener of listeners) listener(load, running);
	}

	function ticketOf(load: Holder, basis: "load" | "joined"): AdmissionTicket {
		load.tickets += 1;
		let given = true;
		return {
			kind: "ticket",
			basis,
			...(basis === "load" && load.evicted.length > 0 ? { evicted: load.evicted } : {}),
			release() {
				if (!given) return;
				given = false;
				load.tickets -= 1;
				if (load.tickets === 0) finish(load);
			},
		};
	}

	function finish(load: Holder): void {
		if (holder !== load) return;
		holder = null;
		load.unreserve();
		tell(load, false);
		endTurn();
		void next();
	}

	/** A load is over as soon as its model is listed and ready, though its request may go on for minutes. */
	function confirm(): void {
		if (holder === null) return;
		const { key, contextLength } = holder;
		const model = observer.find(key);
		const ready =
			model !== null &&
			model.state !== "loading" &&
			model.oddity === null &&
			(contextLength ?? model.contextLength) === model.contextLength;
		if (ready) finish(holder);
	}

	function isLoadedAs(request: AdmissionRequest): boolean {
		const model = observer.find(request.model);
		if (model === null || model.state === "loading" || model.oddity?.kind === "dead-runner") return false;
		if (model.oddity?.kind === "ghost") return false;
		return (
			request.contextLength === undefined ||
			model.contextLength === 0 ||
			request.contextLength === model.contextLength
		);
	}

	function joins(load: Holder, model: InstalledModel, request: AdmissionRequest): boolean {
		return (
			load.key === model.key &&
			(request.contextLength === undefined || request.contextLength === load.contextLength)
		);
	}

	/** Judges one load against the machine as it is now. */
	async function judge(request: AdmissionRequest, model: InstalledModel): Promise<Judged> {
		const { requestedBy } = request;
		const asker = requestedBy === "api" || requestedBy === "gateway" ? "program" : "click";
		let verdict: FitVerdict | null = null;
		try {
			verdict = await fits.judge(model, request.contextLength ?? null, asker);
		} catch (error) {
			log.warn("a load could not be judged", { model: model.name, problem: String(error) });
		}
		if (verdict === null) return { kind: "go", verdict, fits: false };
		log.info("load judged", { ...fitFigures(verdict), force: request.force });
		const over = verdict.outcome === "over";
		if (over && !request.force) {
			const waits = asker === "program" || request.waitsForBusy === true;
			const names = waits ? namesToWaitFor(verdict) : [];
			if (names.length === 0) return { kind: "no", error: refusalOf(verdict) };
			return { kind: "room", verdict: { ...verdict, waitFor: names } };
		}
		if (verdict.steps.length > 0 || verdict.waitFor.length > 0) return { kind: "room", verdict };
		return { kind: "go", verdict, fits: !over };
	}

	/** Gives the turn to a load. Callers have made sure that no other load holds it. */
	function grant(
		request: AdmissionRequest,
		model: InstalledModel,
		judged: Extract<Judged, { readonly kind: "go" }>,
		evicted: readonly Eviction[],
	): AdmissionTicket {
		const { verdict } = judged;
		const load: Holder = {
			key: model.key,
			model,
			contextLength: request.contextLength ?? null,
			requestedBy: request.requestedBy,
			fits: judged.fits,
			verdict,
			...(request.cancel === undefined ? {} : { cancel: request.cancel }),
			evicted,
			unreserve:
				verdict === null ? nothing : fits.reserve(model.key, model.name, verdict.footprint.totalBytes),
			tickets: 0,
		};
		holder = load;
		const ticket = ticketOf(load, "load");
		tell(load, true);
		return ticket;
	}

	/** Makes room until the load may go; others may have loaded or unloaded meanwhile, so it is judged anew each time. */
	async function prepare(entry: Waiting, first: FitVerdict): Promise<AdmissionTicket> {
		const { request, model, left } = entry;
		const evicted: Eviction[] = [];
		let verdict = first;
		for (let times = 1; ; times += 1) {
			evicted.push(...(await parts.makeRoom(verdict, left.signal)));
			if (left.signal.aborted) throw reasonOf(left.signal);
			if (isLoadedAs(request)) return LOADED;
			const judged = await judge(request, model);
			if (left.signal.aborted) throw reasonOf(left.signal);
			if (judged.kind === "no") throw judged.error;
			if (judged.kind === "go") return grant(request, model, judged, evicted);
			verdict = judged.verdict;
			if (times < MAKE_ROOM_TIMES) continue;
			if (!request.force) throw refusalOf(verdict);
			return grant(request, model, { kind: "go", verdict, fits: false }, evicted);
		}
	}

	/** Judges a load and, where that needs room first, makes it; the others wait meanwhile. */
	async function take(entry: Waiting, judged: Judged): Promise<void> {
		try {
			if (judged.kind === "no") throw judged.error;
			const ticket =
				judged.kind === "go"
					? grant(entry.request, entry.model, judged, [])
					: await prepare(entry, judged.verdict);
			entry.turn.resolve(ticket);
		} catch (thrown) {
			entry.turn.reject(AppError.wrap(thrown));
		}
	}

	async function next(): Promise<void> {
		while (isFree()) {
			const first = waiting.shift();
			if (first === undefined) return;
			if (isLoadedAs(first.request)) {
				first.turn.resolve(LOADED);
				continue;
			}
			await serve(first, null);
		}
	}

	/** One load's turn, from its judging to its ticket or its refusal. */
	async function serve(entry: Waiting, known: Judged | null): Promise<void> {
		judging = true;
		preparing = entry;
		try {
			await take(entry, known ?? (await judge(entry.request, entry.model)));
		} finally {
			judging = false;
			preparing = null;
			endTurn();
		}
		letJoin();
	}

	async function goOnAfter(served: Promise<void>): Promise<void> {
		await served;
		await next();
	}

	/** Those who wait for the very load that runs now need not wait. */
	function letJoin(): void {
		const load = holder;
		if (load === null) return;
		const joining = waiting.filter((entry) => joins(load, entry.model, entry.request));
		for (const entry of joining) {
			waiting.splice(waiting.indexOf(entry), 1);
			entry.turn.resolve(ticketOf(load, "joined"));
		}
	}

	function entryFor(request: AdmissionRequest, model: InstalledModel): Waiting {
		const entry: Waiting = { request, model, turn: createDeferred(), left: new AbortController() };
		entry.turn.promise.catch(nothing);
		return entry;
	}

	function placeOf(entry: Waiting, position: number): AdmissionWait {
		return {
			kind: "wait",
			position,
			ready: entry.turn.promise,
			leave() {
				const cancelled = AppError.of("cancelled", {});
				entry.left.abort(cancelled);
				const place = waiting.indexOf(entry);
				if (place === -1) return;
				waiting.splice(place, 1);
				entry.turn.reject(cancelled);
			},
		};
	}

	const stopWatching = observer.onChange(confirm);

	return {
		async admit(request) {
			if (isCloudName(request.model)) return FREE;
			if (isLoadedAs(request)) return LOADED;
			const model = installedModel(supervision.installed(), request.model);
			if (model === null || model.location === "cloud") return FREE;
			await observer.learn([model]);
			if (isLoadedAs(request)) return LOADED;
			if (holder !== null && joins(holder, model, request)) return ticketOf(holder, "joined");
			const entry = entryFor(request, model);
			if (holder !== null || judging || waiting.length > 0) {
				waiting.push(entry);
				return placeOf(entry, waiting.length + (preparing === null ? 0 : 1));
			}
			judging = true;
			const judged = await judge(request, model);
			const served = serve(entry, judged);
			if (judged.kind === "room") {
				void goOnAfter(served);
				return placeOf(entry, 1);
			}
			await served;
			if (judged.kind === "go") return entry.turn.promise;
			void next();
			return { kind: "refusal", error: judged.error };
		},
		sendAway(error) {
			for (const entry of waiting.splice(0)) entry.turn.reject(error);
			if (preparing !== null) {
				preparing.left.abort(error);
				preparing.turn.reject(error);
			}
			if (holder !== null) finish(holder);
		},
		async holding(work) {
			while (!isFree()) await turnOver();
			judging = true;
			try {
				return await work();
			} finally {
				judging = false;
				endTurn();
				void next();
			}
		},
		loadingKeys: () => new Set(holder === null ? [] : [holder.key]),
		onLoad(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		stop() {
			stopWatching();
		},
	};
}

/** Busy models whose leaving would be enough; a program's or the chat's question waits for them as it would at the engine. */
function namesToWaitFor(verdict: FitVerdict): readonly string[] {
	return verdict.help.flatMap((help) => (help.kind === "wait" ? help.names : []));
}

function reasonOf(signal: AbortSignal): AppError {
	return AppError.wrap(signal.reason);
}

/** The installed model a name stands for; where a name has several rows the first one is the server's choice. */
export function installedModel(installed: readonly InstalledModel[], name: string): InstalledModel | null {
	const normalized = normalizeModelName(name);
	return (
		installed.find((model) => model.key === name) ??
		installed.find((model) => normalizeModelName(model.name) === normalized) ??
		null
	);
}
