import type { PressureLevel } from "../../../shared/machine.ts";
import type { LoadRecipe } from "../../../shared/operation.ts";
import type { WatchdogSettings } from "../../../shared/settings.ts";

/** A model that was unloaded for pressure. */
export interface Evicted extends LoadRecipe {
	readonly footprintBytes: number;
	/** Wall clock. */
	readonly evictedAt: number;
}

/** What a model needs and what there is for it. */
export interface Room {
	/** Bytes it will take, with what must stay free besides. */
	readonly neededBytes: number;
	readonly roomBytes: number;
}

/** One turn of the question what may come back. */
export interface BringBackTurn {
	/** Wall clock. */
	readonly now: number;
	/** A clock that never jumps. */
	readonly nowMs: number;
	readonly level: PressureLevel;
	/** Since when pressure is normal, on the clock that never jumps; null while it is not. */
	readonly normalSinceMs: number | null;
	/** When a model was last brought back, on the same clock. */
	readonly lastMs: number | null;
	readonly evicted: readonly Evicted[];
	/** Null where that cannot be told. */
	readonly roomFor: (model: Evicted) => Room | null;
	readonly settings: WatchdogSettings;
}

/** Models that would have left by themselves meanwhile need no return. */
export function stillWanted(evicted: readonly Evicted[], now: number): readonly Evicted[] {
	return evicted.filter(
		({ keepAliveMs, evictedAt }) => keepAliveMs === null || evictedAt + keepAliveMs > now,
	);
}

/** Bytes a model lacks before it fits with room to spare; 0 where it fits, null where that cannot be told. */
export function lacksBytes(room: Room | null, settings: WatchdogSettings): number | null {
	if (room === null) return null;
	return Math.max(0, room.neededBytes * (1 + settings.bringBackSparePercent / 100) - room.roomBytes);
}

/**
 * The model that comes back now, or null. After a while of normal pressure, one at a time and not again for a while;
 * the one unloaded last is the one most likely missed.
 */
export function comesBack(turn: BringBackTurn): Evicted | null {
	const { settings, nowMs, normalSinceMs, lastMs } = turn;
	if (!settings.bringsBack || turn.level !== "normal" || normalSinceMs === null) return null;
	if (nowMs - normalSinceMs < settings.bringBackAfterSeconds * 1000) return null;
	if (lastMs !== null && nowMs - lastMs < settings.bringBackEveryMinutes * 60_000) return null;
	const latestFirst = [...stillWanted(turn.evicted, turn.now)].sort((a, b) => b.evictedAt - a.evictedAt);
	return latestFirst.find((model) => lacksBytes(turn.roomFor(model), settings) === 0) ?? null;
}
