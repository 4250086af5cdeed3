import type { AppError } from "../../../../shared/errors.ts";
import type { InstalledModel } from "../../../../shared/model.ts";
import type { Settings } from "../../../../shared/settings.ts";
import type { EngineLoad } from "../../engine/engine.ts";
import type { NewEvent, ProcessInfo } from "../../ports.ts";
import type { HeldClock } from "../../testing/held-clock.ts";
import type { Observer } from "../observer.ts";
import type { Residency } from "../residency.ts";

/** A runner of the scripted engine. */
export interface FakeRunner {
	readonly process: ProcessInfo;
	readonly model: InstalledModel;
	readonly blob: string;
	bytes: number;
	/** Null holds all of it. */
	heldBytes: number | null;
	active: boolean;
	alive: boolean;
	listed: boolean;
	orphan: boolean;
	contextLength: number;
	expiresAt: number | null;
	/** Set while it waits for its answer to end. */
	leaving: boolean;
	/** Keep-alive that the next end of an answer starts; null goes away. */
	keepAliveMs: number;
}

/** How the scripted engine misbehaves. */
export interface Misbehaviour {
	loadMs: number;
	unloadMs: number;
	/** Unload requests are answered and nothing happens. */
	hangOnUnload: boolean;
	/** The row goes, its process does not. */
	processStays: boolean;
	/** Loads succeed but are never listed. */
	neverListed: boolean;
	loadError: AppError | null;
	/** `/api/ps` does not answer. */
	listHangs: boolean;
	seen: boolean;
}

/** A machine with a scripted engine, and residency on top of it. */
export interface FakeWorld {
	readonly clock: HeldClock;
	readonly observer: Observer;
	readonly residency: Residency;
	readonly events: NewEvent[];
	readonly own: Set<string>;
	readonly engineLoads: EngineLoad[];
	readonly touches: { readonly name: string; readonly contextLength: number; readonly keepAliveMs: number }[];
	readonly reasons: Set<string>;
	readonly misbehave: Misbehaviour;
	settings: Settings;
	availableBytes: number;
	pace: "fast" | "slow";
	install(
		name: string,
		gb: number,
		options?: Partial<InstalledModel> & { readonly blob?: string },
	): InstalledModel;
	installed: InstalledModel[];
	/** Another program loads a model at once. */
	appear(
		name: string,
		options?: { readonly keepAliveMs?: number; readonly contextLength?: number },
	): FakeRunner;
	runner(name: string): FakeRunner;
	runners(): readonly FakeRunner[];
	answer(name: string): void;
	answered(name: string): void;
	engineDies(): void;
	engineReturns(): void;
	/** Moves the engine to another address of this machine, before anything is asked of it. */
	listensAt(url: string): void;
	remoteEngine(): void;
	poll(): Promise<void>;
}
