import type { EngineProblem, EngineState } from "../../../shared/engine-state.ts";
import { AppError } from "../../../shared/errors.ts";
import type { EngineIdentity } from "./engine.ts";
import { type EngineAddress, isLoopbackUrl } from "./engine-address.ts";
import { transportCode } from "./engine-errors.ts";

/** How often an engine is looked at, milliseconds. */
export interface EngineTiming {
	readonly fastMs: number;
	readonly slowMs: number;
	readonly installedFastMs: number;
	readonly installedSlowMs: number;
	/** First and longest wait between two tries while nothing answers. */
	readonly firstRetryMs: number;
	readonly longestRetryMs: number;
	/** A list of loaded models that takes longer than this means that the engine loads or unloads. */
	readonly busyAfterMs: number;
	/** An engine that was started has this long to answer. */
	readonly startingForMs: number;
	/** A start waits at most this long for the first lists. */
	readonly firstListsMs: number;
}

/** The timing in force unless a test sets another. */
export const DEFAULT_ENGINE_TIMING: EngineTiming = {
	fastMs: 1000,
	slowMs: 4000,
	installedFastMs: 5000,
	installedSlowMs: 30_000,
	firstRetryMs: 500,
	longestRetryMs: 4000,
	busyAfterMs: 1500,
	startingForMs: 60_000,
	firstListsMs: 4000,
};

/** Wait before the next try after that many misses in a row; it doubles, and never passes the pace. */
export function retryDelayMs(misses: number, pace: "fast" | "slow", timing: EngineTiming): number {
	const grown = timing.firstRetryMs * 2 ** Math.min(10, Math.max(0, misses - 1));
	return Math.min(grown, timing.longestRetryMs, pace === "fast" ? timing.fastMs : timing.longestRetryMs);
}

/** The state of an engine that has not been asked yet. */
export function stateBeforeAsking(address: EngineAddress): EngineState {
	return {
		id: engineIdOf(address.url, null),
		url: address.url,
		source: address.source,
		connection: { state: "connecting" },
		kind: address.source === "demo" ? "demo" : "ollama",
		locality: isLoopbackUrl(address.url) ? "local" : "remote",
		version: null,
		newerThanKnown: false,
		launcher: null,
	};
}

/** Names an engine: another version or kind at the same address is another engine. */
export function engineIdOf(url: string, identity: EngineIdentity | null): string {
	const { host, port, protocol } = new URL(url);
	const place = port === "" ? `${host}:${protocol === "https:" ? 443 : 80}` : host;
	return identity === null ? place : `${identity.kind}-${identity.version}@${place}`;
}

/** Code of a failure, or null where it is not an AppError. */
export function codeOf(error: unknown): AppError["code"] | null {
	return error instanceof AppError ? error.code : null;
}

/** Why an engine that was asked who it is did not say so. */
export function problemOf(error: unknown): EngineProblem {
	if (!(error instanceof AppError)) return "network";
	if (error.code === "engine-timeout") return "timeout";
	if (error.code !== "engine-unreachable") return "not-an-engine";
	return transportCode(error.cause) === "ECONNREFUSED" ? "refused" : "network";
}
