import type {
	EngineConnection,
	EngineLocality,
	EngineProblem,
	EngineState,
} from "../../../shared/engine-state.ts";
import { AppError } from "../../../shared/errors.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import { sleep } from "../clock.ts";
import type { Clock, EngineLauncher, Log, Stop } from "../ports.ts";
import { createEngine as createRealEngine, type EngineOptions } from "./create-engine.ts";
import type { Engine, EngineIdentity, LoadedRow } from "./engine.ts";
import { DEFAULT_ENGINE_URL, type EngineAddress, isLoopbackUrl } from "./engine-address.ts";
import { type ContactListener, createEngineContact, type EngineContact } from "./engine-contact.ts";
import {
	codeOf,
	DEFAULT_ENGINE_TIMING,
	type EngineTiming,
	engineIdOf,
	problemOf,
	retryDelayMs,
	stateBeforeAsking,
} from "./engine-presence.ts";
import { readEngineVersion } from "./engine-version.ts";
import { createFactsCache } from "./facts-cache.ts";
import type { EngineSupervision } from "./supervision.ts";

/** What a supervisor needs. */
export interface SupervisorOptions {
	/** Addresses in the order they count, asked at the start and by `relocate`; at least one. */
	addresses(): Promise<readonly EngineAddress[]>;
	readonly clock: Clock;
	readonly log: Log;
	readonly launcher: EngineLauncher;
	/**
	 * Address of a demo engine run by this process, or null. Asked where no engine has answered since the start; the
	 * demo is left as soon as one does.
	 */
	readonly demoFallback?: () => Promise<string | null>;
	/** This process's own instance name, as its gateway sends it. */
	readonly ownInstance: string;
	/** An address turned out to be Plimsoll itself; the next source is used. */
	readonly onRefused?: (address: EngineAddress) => void;
	readonly createEngine?: (options: EngineOptions) => Engine;
	readonly timing?: Partial<EngineTiming>;
}

/** A supervision whose locality is found out elsewhere. */
export interface EngineSupervisor extends EngineSupervision {
	/** Puts into the state how far Plimsoll can see; forgotten when another address comes into force. */
	setLocality(locality: EngineLocality): void;
}

/**
 * Supervises one engine: `/api/version` says whether it is there, `/api/ps` beside it what it holds. An engine that
 * answers the first and not the second is busy, not away. A single missed version is asked again at once, since a
 * machine that swaps may take longer than a second; a refused connection counts at once.
 */
export function createEngineSupervisor(options: SupervisorOptions): EngineSupervisor {
	const { clock, launcher } = options;
	const log = options.log.child("engine");
	const timing = { ...DEFAULT_ENGINE_TIMING, ...options.timing };
	const makeEngine = options.createEngine ?? createRealEngine;
	const facts = createFactsCache(log);
	const stateListeners = new Set<(state: EngineState) => void>();
	const rowsListeners = new Set<(rows: readonly LoadedRow[]) => void>();
	const installedListeners = new Set<(models: readonly InstalledModel[]) => void>();

	let candidates: readonly EngineAddress[] = [];
	const refused = new Set<string>();
	const told = new Set<string>();
	let rows: readonly LoadedRow[] | null = null;
	let installed: readonly InstalledModel[] = [];
	let pace: "fast" | "slow" = "slow";
	let misses = 0;
	let everAnswered = false;
	let demoAsked = false;
	let stopped = true;
	let stopTimer: Stop = nothing;
	let nextTurnAtMs = 0;
	let turnBeganAtMs = 0;
	let turn: Promise<void> | null = null;
	const heard: ContactListener = {
		inForce: (of) => of === contact && !stopped,
		rows(answer) {
			rows = answer;
			setBusy(false);
			for (const tell of rowsListeners) tell(answer);
		},
		rowsHang: () => setBusy(true),
		installed: (models) => setInstalled(models),
	};
	let contact = contactAt({ url: DEFAULT_ENGINE_URL, source: "default" });
	let state = stateBeforeAsking(contact.address);
	/** The engine that is looked for while the demo engine stands in. */
	let awaited: Engine | null = null;

	function engineAt(address: EngineAddress): Engine {
		const { ownInstance } = options;
		return makeEngine({ url: address.url, engineId: engineIdOf(address.url, null), clock, log, ownInstance });
	}

	function contactAt(address: EngineAddress): EngineContact {
		return createEngineContact(address, engineAt(address), heard, clock, log);
	}

	function setState(change: Partial<EngineState>): void {
		const next = { ...state, ...change };
		if (JSON.stringify(next) === JSON.stringify(state)) return;
		const before = state.connection.state;
		state = next;
		if (before !== next.connection.state)
			log.info("engine", { url: next.url, connection: next.connection.state, version: next.version });
		for (const listener of stateListeners) listener(state);
	}

	function setInstalled(models: readonly InstalledModel[]): void {
		if (JSON.stringify(models) === JSON.stringify(installed)) return;
		installed = models;
		for (const listener of installedListeners) listener(models);
	}

	/** Whatever was known of an engine that is not there any more, or not the same any more. */
	function forget(): void {
		rows = null;
		facts.clear();
		setInstalled([]);
	}

	function setBusy(busy: boolean): void {
		const { connection } = state;
		if (connection.state === "connected") setState({ connection: { ...connection, busy } });
	}

	async function comeIntoForce(address: EngineAddress): Promise<void> {
		const left = contact;
		contact = contactAt(address);
		misses = 0;
		forget();
		setState({ ...stateBeforeAsking(address), launcher: state.launcher });
		await left.engine.close();
	}

	async function identify(of: EngineContact): Promise<EngineIdentity> {
		try {
			return await of.engine.identify();
		} catch (error) {
			const hesitated = codeOf(error) === "engine-timeout" && state.connection.state === "connected";
			if (!hesitated || stopped) throw error;
			return of.engine.identify();
		}
	}

	/** One look at the engine in force. */
	async function look(): Promise<void> {
		const of = contact;
		const answeredBefore = rows;
		if (state.connection.state === "connected") void of.rows.join();
		try {
			const identity = await identify(of);
			if (of !== contact || stopped) return;
			if (identity.plimsollInstance === null) return found(of, identity);
			await refuse(of.address);
		} catch (error) {
			if (of !== contact || stopped) return;
			if (codeOf(error) === "engine-is-plimsoll") return refuse(of.address);
			const listedMeanwhile = rows !== null && rows !== answeredBefore;
			if (codeOf(error) === "engine-timeout" && listedMeanwhile) return;
			await missed(of, problemOf(error));
		}
	}

	function found(of: EngineContact, identity: EngineIdentity): void {
		misses = 0;
		if (of.address.source !== "demo") everAnswered = true;
		const known = of.identity;
		const replaced = known !== null && (known.version !== identity.version || known.kind !== identity.kind);
		if (replaced) forget();
		of.identity = identity;
		const appeared = state.connection.state !== "connected" || replaced;
		const asked = of.rows.askedAtMs();
		const waits = asked !== null && clock.monotonicMs() - asked > timing.busyAfterMs;
		setState({
			id: engineIdOf(of.address.url, identity),
			kind: identity.kind,
			version: identity.version,
			newerThanKnown: readEngineVersion(identity.version).newerThanKnown,
			connection:
				state.connection.state === "connected" && !replaced
					? { ...state.connection, busy: state.connection.busy || waits }
					: { state: "connected", sinceAt: clock.now(), busy: false },
		});
		const listEveryMs = pace === "fast" ? timing.installedFastMs : timing.installedSlowMs;
		const listedAtMs = of.installedAskedAtMs;
		if (appeared) {
			void of.rows.fresh();
			void of.installed.fresh();
		} else if (listedAtMs === null || clock.monotonicMs() - listedAtMs >= listEveryMs)
			void of.installed.join();
	}

	async function refuse(address: EngineAddress): Promise<void> {
		tellRefused(address);
		const next = wanted();
		if (next === null) {
			refused.clear();
			const first = candidates[0];
			if (first !== undefined && first.url !== contact.address.url) await comeIntoForce(first);
			await missed(contact, "is-plimsoll");
			return;
		}
		await comeIntoForce(next);
		await look();
	}

	/** Says it once an address, however often it is met. */
	function tellRefused(address: EngineAddress): void {
		refused.add(address.url);
		if (told.has(address.url)) return;
		told.add(address.url);
		log.warn("an engine address is Plimsoll itself", { url: address.url, source: address.source });
		options.onRefused?.(address);
	}

	/** The first address that has not turned out to be Plimsoll. */
	function wanted(): EngineAddress | null {
		return candidates.find((address) => !refused.has(address.url)) ?? null;
	}

	async function missed(of: EngineContact, because: EngineProblem): Promise<void> {
		if (because === "refused") forget();
		misses += 1;
		const installation = await launcher.find().catch(() => null);
		if (of !== contact || stopped) return;
		setState({ launcher: installation });
		const now = clock.now();
		const { connection } = state;
		if (connection.state === "starting" && now - connection.sinceAt < timing.startingForMs) return;
		if (await standIn()) return;
		const nextTryAt = now + restMs(retryMs());
		const sinceAt =
			connection.state === "unreachable" || connection.state === "not-installed" ? connection.sinceAt : now;
		const absent =
			!everAnswered && installation === null && because === "refused" && isLoopbackUrl(of.address.url);
		const away: EngineConnection = absent
			? { state: "not-installed", sinceAt, nextTryAt }
			: { state: "unreachable", sinceAt, nextTryAt, because };
		setState({ connection: away });
	}

	/** Lets the demo engine stand in where nothing has ever answered; true where it does. */
	async function standIn(): Promise<boolean> {
		if (options.demoFallback === undefined || everAnswered || demoAsked) return false;
		demoAsked = true;
		const url = await options.demoFallback().catch((error: unknown) => {
			log.warn("the demo engine did not start", { problem: String(error) });
			return null;
		});
		if (url === null || stopped) return false;
		await comeIntoForce({ url, source: "demo" });
		await look();
		return true;
	}

	/** While the demo engine stands in: is the engine there by now? */
	async function lookForTheReal(): Promise<void> {
		const address = wanted();
		if (address === null) return;
		awaited ??= engineAt(address);
		try {
			const identity = await awaited.identify();
			if (stopped) return;
			if (identity.plimsollInstance !== null) throw AppError.of("engine-is-plimsoll", { url: address.url });
			await leaveAwaited();
			await comeIntoForce(address);
			await look();
		} catch (error) {
			if (codeOf(error) !== "engine-is-plimsoll") return;
			tellRefused(address);
			await leaveAwaited();
		}
	}

	async function leaveAwaited(): Promise<void> {
		const left = awaited;
		awaited = null;
		await left?.close();
	}

	function retryMs(): number {
		return retryDelayMs(misses, pace, timing);
	}

	/** What is left until the next turn begins; turns are counted from start to start. */
	function restMs(everyMs: number): number {
		return Math.max(everyMs - (clock.monotonicMs() - turnBeganAtMs), Math.min(250, everyMs));
	}

	/** From the start of one turn to the start of the next. */
	function turnEveryMs(): number {
		if (state.connection.state === "starting") return timing.firstRetryMs;
		if (state.connection.state !== "connected") return retryMs();
		return pace === "fast" ? timing.fastMs : timing.slowMs;
	}

	function schedule(delayMs: number): void {
		stopTimer();
		if (stopped) return;
		nextTurnAtMs = clock.monotonicMs() + delayMs;
		stopTimer = clock.after(delayMs, () => void takeTurn());
	}

	/** One look, and the next one planned; joins the turn that is being taken. */
	function takeTurn(): Promise<void> {
		stopTimer();
		turn ??= (async () => {
			turnBeganAtMs = clock.monotonicMs();
			try {
				if (state.source === "demo") await lookForTheReal();
				await look();
			} catch (error) {
				log.error("looking at the engine failed", { problem: String(error) });
			} finally {
				turn = null;
				schedule(restMs(turnEveryMs()));
			}
		})();
		return turn;
	}

	/** So that whoever starts an engine's supervision has its lists at once, unless the engine takes its time. */
	async function firstLists(of: EngineContact): Promise<void> {
		const out = [of.rows, of.installed].filter((poll) => poll.askedAtMs() !== null);
		const lists = Promise.all(out.map((poll): Promise<unknown> => poll.join()));
		await Promise.race([lists, sleep(clock, timing.firstListsMs)]);
	}

	async function locate(anew: boolean): Promise<void> {
		candidates = await options.addresses();
		refused.clear();
		told.clear();
		demoAsked = false;
		everAnswered = false;
		await leaveAwaited();
		const first = candidates[0];
		if (first === undefined) return;
		const { url, source } = contact.address;
		if (!anew && first.url === url && first.source === source) return;
		await comeIntoForce(first);
	}

	return {
		engine: () => contact.engine,
		state: () => state,
		rows: () => rows,
		installed: () => installed,
		onState: (listener) => listen(stateListeners, listener),
		onRows: (listener) => listen(rowsListeners, listener),
		onInstalled: (listener) => listen(installedListeners, listener),
		facts: (name, digest) => facts.get(contact.engine, installed, name, digest),
		pollRows: () => contact.rows.fresh(),
		async pollInstalled() {
			await contact.installed.fresh();
		},
		setPace(next) {
			pace = next;
			if (stopped || turn !== null) return;
			if (nextTurnAtMs - clock.monotonicMs() > turnEveryMs()) schedule(0);
		},
		async retry() {
			if (stopped) return;
			misses = 0;
			await takeTurn();
		},
		async startEngine() {
			if (state.source !== "demo" && state.connection.state === "connected") return;
			if ((await launcher.find()) === null) {
				setState({ launcher: null });
				throw AppError.of("engine-not-installed", {});
			}
			const before = state.connection;
			if (state.source !== "demo") setState({ connection: { state: "starting", sinceAt: clock.now() } });
			try {
				await launcher.start();
			} catch (error) {
				if (state.connection.state === "starting") setState({ connection: before });
				throw error;
			}
			if (turn === null) schedule(timing.firstRetryMs);
		},
		async relocate() {
			if (stopped) return;
			await turn;
			await locate(false);
			await takeTurn();
		},
		setLocality: (locality) => setState({ locality }),
		async start() {
			if (!stopped) return;
			stopped = false;
			await locate(true);
			await takeTurn();
			await firstLists(contact);
		},
		async stop() {
			stopped = true;
			stopTimer();
			await leaveAwaited();
			await contact.engine.close();
			await turn;
		},
	};
}

function listen<Listener>(listeners: Set<Listener>, listener: Listener): Stop {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

function nothing(): void {}
