import { DEFAULT_SETTINGS, type WatchdogSettings } from "../../../../shared/settings.ts";
import { BYTES_PER_GB } from "../../../../shared/units.ts";
import {
	decide,
	FIRST_WATCHDOG_MEMORY,
	type WatchdogAction,
	type WatchdogMemory,
	type WatchdogTurn,
	type WatchedModel,
	type WatchedSample,
} from "../decide.ts";

/** A loaded model for a decision: idle for ten minutes, not pinned, all of it held. */
export function watched(name: string, gb: number, change: Partial<WatchedModel> = {}): WatchedModel {
	return {
		key: name,
		name,
		state: "idle",
		footprintBytes: gb * BYTES_PER_GB,
		heldBytes: gb * BYTES_PER_GB,
		unusedForMs: 600_000,
		pinned: false,
		answersChat: false,
		answersCarried: false,
		...change,
	};
}

/** A sample at a level that it also calls for, on a machine of 18 GB. */
export function at(level: WatchedSample["level"], change: Partial<WatchedSample> = {}): WatchedSample {
	return {
		level,
		calledFor: level,
		kernelLevel: level === "critical" ? 4 : 1,
		totalBytes: 18 * BYTES_PER_GB,
		...change,
	};
}

/** Takes one turn after the other, a clock beside it. */
export interface Turns {
	/** Takes a sample so many milliseconds after the last one. */
	turn(
		afterMs: number,
		sample: WatchedSample,
		models: readonly WatchedModel[],
		change?: Partial<WatchdogTurn>,
	): readonly WatchdogAction[];
	memory(): WatchdogMemory;
}

/** Begins with nothing remembered. */
export function startTurns(settings: Partial<WatchdogSettings> = {}): Turns {
	let memory = FIRST_WATCHDOG_MEMORY;
	let nowMs = 1_000_000;
	return {
		memory: () => memory,
		turn(afterMs, sample, models, change = {}) {
			nowMs += afterMs;
			const decision = decide(memory, {
				nowMs,
				active: true,
				sample,
				models,
				settings: { ...DEFAULT_SETTINGS.watchdog, ...settings },
				...change,
			});
			memory = decision.memory;
			return decision.actions;
		},
	};
}

/** Keys of everything that is asked or unloaded by these actions, in order. */
export function askedKeys(actions: readonly WatchdogAction[]): readonly string[] {
	return actions.flatMap((action) =>
		action.kind === "ask" ? action.keys : action.kind === "unload" ? [action.key] : [],
	);
}
