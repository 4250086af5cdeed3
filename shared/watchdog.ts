import type { PressureLevel } from "./machine.ts";
import type { Message } from "./messages/message.ts";
import type { ModelKey } from "./model.ts";
import type { ReleaseGrade } from "./operation.ts";

/** The steps of an emergency, in their order: idle models and loads, own answers, answers carried for others. */
export type EmergencyStep = 1 | 2 | 3;

/** What became of one model that an emergency asked to leave. */
export interface EmergencyModel {
	readonly key: ModelKey;
	readonly name: string;
	/** Null while its release is still watched. */
	readonly grade: ReleaseGrade | null;
	readonly releasedBytes: number;
	/** Another program's answer runs on it, which is asked and never cut. */
	readonly answersElsewhere: boolean;
}

/** An emergency, running or over. */
export interface Emergency {
	readonly id: string;
	/** Wall clock. */
	readonly startedAt: number;
	readonly endedAt: number | null;
	/** Step it has come to. */
	readonly step: EmergencyStep;
	/** Memory available in the sample that started it. */
	readonly availableBytes: number;
	/** Models that were asked to leave, in the order they were asked. */
	readonly models: readonly EmergencyModel[];
	/** Loads that were ended, by model name. */
	readonly loadsEnded: readonly string[];
	/** Answers of Plimsoll's own chat that were ended; what came is kept. */
	readonly ownAnswersEnded: number;
	/** Answers of other programs that Plimsoll carried and ended. */
	readonly carriedAnswersEnded: number;
	/** What bypassed Plimsoll and could not be stopped: loads of other programs, by model name. */
	readonly notStopped: readonly string[];
	/** Bytes that came back so far. */
	readonly releasedBytes: number;
	/** When a request that was turned away may be sent again, wall clock. */
	readonly retryAt: number;
}

/** A model that was unloaded for pressure and comes back by itself. */
export interface BringBackRow {
	readonly key: ModelKey;
	readonly name: string;
	readonly footprintBytes: number;
	readonly evictedAt: number;
	/** Bytes still lacking before it fits with room to spare; 0 where only time is lacking; null where not known. */
	readonly lacksBytes: number | null;
}

/** Memory that something else takes while models hold next to nothing. */
export interface OthersPressure {
	readonly sinceAt: number;
	/** Bytes that models hold. */
	readonly modelsBytes: number;
	/** Largest programs first; empty where they cannot be seen. */
	readonly largest: readonly { readonly name: string; readonly bytes: number }[];
}

/** What the watchdog is doing, as shown. */
export interface WatchdogState {
	readonly mode: "watching" | "paused" | "off";
	/** End of the pause, wall clock; null unless paused. */
	readonly pausedUntilAt: number | null;
	/** No model is loaded ahead of a question, and smaller members are preferred. */
	readonly preferSmall: boolean;
	/** The running emergency, or null. */
	readonly emergency: Emergency | null;
	/** The last one that is over, or null. */
	readonly lastEmergency: Emergency | null;
	readonly othersPressure: OthersPressure | null;
	readonly bringsBack: readonly BringBackRow[];
	/** The last thing it did by itself. */
	readonly lastAction: { readonly at: number; readonly message: Message } | null;
}

/** A watchdog that has just begun. */
export const FIRST_WATCHDOG_STATE: WatchdogState = {
	mode: "watching",
	pausedUntilAt: null,
	preferSmall: false,
	emergency: null,
	lastEmergency: null,
	othersPressure: null,
	bringsBack: [],
	lastAction: null,
};

/** Whether a level asks for small models and no loading ahead. */
export function asksForSmall(level: PressureLevel): boolean {
	return level === "high" || level === "critical";
}
