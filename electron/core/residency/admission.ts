import { AppError } from "../../../shared/errors.ts";
import type { InstalledModel, ModelKey } from "../../../shared/model.ts";
import { isCloudName, normalizeModelName } from "../../../shared/model-name.ts";
import type { Operation } from "../../../shared/operation.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { MachineWatch } from "../memory/machine-view.ts";
import type { Log, Stop } from "../ports.ts";
import { createDeferred, type Deferred, nothing } from "./deferred.ts";
import { fitVerdict } from "./fit.ts";
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
	/** Closes the request that loads, so that a person can cancel it. */
	readonly cancel?: () => void;
}

/** Leave to use a model now. */
export interface AdmissionTicket {
	readonly kind: "ticket";
	/** `loaded`: nothing has to load. `load`: it loads now, by this ticket. `joined`: it loads by somebody else's. `free`: no local memory is at stake. */
	readonly basis: "loaded" | "load" | "joined" | "free";
	/** The load is confirmed, has failed, or its request is closed; calling it again does nothing. */
	release(): void;
}

/** Another load runs first. */
export interface AdmissionWait {
	readonly kind: "wait";
	/** Loads before this one, at least 1. */
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
	readonly cancel?: () => void;
}

/** What admission needs. */
export interface AdmissionParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly machine: MachineWatch;
	readonly settings: () => Settings;
	readonly log: Log;
}

interface Holder extends AdmittedLoad {
	/** Tickets given for this load that are not given back; a load ends with its last one. */
	tickets: number;
}

interface Waiting {
	readonly request: AdmissionRequest;
	readonly model: InstalledModel;
	readonly turn: Deferred<AdmissionTicket>;
}

const FREE: AdmissionTicket = { kind: "ticket", basis: "free", release: nothing };
const LOADED: AdmissionTicket = { kind: "ticket", basis: "loaded", release: nothing };

/** Makes the gate: one load at a time, the others in order. */
export function createAdmission(parts: AdmissionParts): Admission {
	const { supervision, observer, log } = parts;
	const waiting: Waiting[] = [];
	const listeners = new Set<(load: AdmittedLoad, running: boolean) => void>();
	let holder: Holder | null = null;
	/** A load is being judged; others wait as if it ran. */
	let judging = false;

	function tell(load: AdmittedLoad, running: boolean): void {
		for (const listener of listeners) listener(load, running);
	}

	function ticketOf(load: Holder, basis: "load" | "joined"): AdmissionTicket {
		load.tickets += 1;
		let given = true;
		return {
			kind: "ticket",
			basis,
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
		tell(load, false);
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

	/** Judges one load against the machine as it is now; a refusal where it does not fit and is not forced. */
	async function judge(
		request: AdmissionRequest,
		model: InstalledModel,
	): Promise<"fits" | "unjudged" | AppError> {
		if (supervision.state().locality !== "local") return "unjudged";
		let available: number;
		try {
			available = (await parts.machine.sampleNow()).sample.availableBytes;
		} catch (error) {
			log.warn("a load could not be judged: the machine was not read", { problem: String(error) });
			return "unjudged";
		}
		const { fits, neededBytes, availableBytes } = fitVerdict({
			model,
			availableBytes: available,
			keepFreeGb: parts.settings().residency.keepFreeGb,
			loaded: observer.loaded(),
			installed: supervision.installed(),
		});
		log.info("load judged", { model: model.name, fits, force: request.force, neededBytes, availableBytes });
		if (fits) return "fits";
		if (request.force) return "unjudged";
		return AppError.of("memory-too-low", { model: model.name, neededBytes, availableBytes });
	}

	/** Gives the turn to a load, or says why not. Callers have made sure that no other load holds it. */
	async function take(request: AdmissionRequest, model: InstalledModel): Promise<AdmissionTicket | AppError> {
		judging = true;
		try {
			const verdict = await judge(request, model);
			if (verdict instanceof AppError) return verdict;
			const load: Holder = {
				key: model.key,
				model,
				contextLength: request.contextLength ?? null,
				requestedBy: request.requestedBy,
				fits: verdict === "fits",
				...(request.cancel === undefined ? {} : { cancel: request.cancel }),
				tickets: 0,
			};
			holder = load;
			const ticket = ticketOf(load, "load");
			tell(load, true);
			return ticket;
		} finally {
			judging = false;
		}
	}

	async function next(): Promise<void> {
		while (holder === null && !judging) {
			const first = waiting.shift();
			if (first === undefined) return;
			if (isLoadedAs(first.request)) {
				first.turn.resolve(LOADED);
				continue;
			}
			const outcome = await take(first.request, first.model);
			if (outcome instanceof AppError) first.turn.reject(outcome);
			else first.turn.resolve(outcome);
			letJoin();
		}
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

	function queue(request: AdmissionRequest, model: InstalledModel): AdmissionWait {
		const entry: Waiting = { request, model, turn: createDeferred() };
		waiting.push(entry);
		return {
			kind: "wait",
			position: waiting.length,
			ready: entry.turn.promise,
			leave() {
				const place = waiting.indexOf(entry);
				if (place === -1) return;
				waiting.splice(place, 1);
				entry.turn.reject(AppError.of("cancelled", {}));
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
			if (holder !== null || judging || waiting.length > 0) return queue(request, model);
			const outcome = await take(request, model);
			letJoin();
			if (!(outcome instanceof AppError)) return outcome;
			void next();
			return { kind: "refusal", error: outcome };
		},
		sendAway(error) {
			for (const entry of waiting.splice(0)) entry.turn.reject(error);
			if (holder !== null) finish(holder);
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

/** The installed model a name stands for; where a name has several rows the first one is the server's choice. */
export function installedModel(installed: readonly InstalledModel[], name: string): InstalledModel | null {
	const normalized = normalizeModelName(name);
	return (
		installed.find((model) => model.key === name) ??
		installed.find((model) => normalizeModelName(model.name) === normalized) ??
		null
	);
}
