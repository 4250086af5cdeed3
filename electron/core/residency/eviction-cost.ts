/** What is remembered of how a model was used; times in milliseconds of any one clock. */
export interface UseHistory {
	readonly uses: number;
	/** When it began to work last. */
	readonly lastAt: number;
	/** Time from one use to the next, the newer ones counting more; null before the second use. */
	readonly intervalMs: number | null;
	/** How far the intervals were from that, on average. */
	readonly deviationMs: number;
}

/** Weight of the newest interval against those before it. */
const NEWEST_WEIGHT = 0.3;

/** So many usual intervals are a break: what was worked with before it is worked with as often after it. */
const BREAK_TIMES = 3;

/** Takes a use into account. */
export function usedAgain(history: UseHistory | null, now: number): UseHistory {
	if (history === null) return { uses: 1, lastAt: now, intervalMs: null, deviationMs: 0 };
	const newestMs = Math.max(0, now - history.lastAt);
	if (history.intervalMs === null)
		return { uses: history.uses + 1, lastAt: now, intervalMs: newestMs, deviationMs: newestMs / 2 };
	if (newestMs > BREAK_TIMES * history.intervalMs) return { ...history, uses: history.uses + 1, lastAt: now };
	const offMs = Math.abs(newestMs - history.intervalMs);
	return {
		uses: history.uses + 1,
		lastAt: now,
		intervalMs: history.intervalMs + NEWEST_WEIGHT * (newestMs - history.intervalMs),
		deviationMs: history.deviationMs + NEWEST_WEIGHT * (offMs - history.deviationMs),
	};
}

/** Intervals that differ by this share of themselves tell nothing of when the next use comes. */
const IRREGULAR_SHARE = 0.5;

/** How much of an irregular wait is told by how long it has been quiet already, the rest by how often it was used. */
const QUIET_SHARE = 0.7;

/** No wait is expected to be shorter. */
const SHORTEST_WAIT_MS = 5_000;

/**
 * How long until a model is expected to be used again. One that is used at regular intervals is due when the interval is
 * over; one that is used now and then is as likely at any time; one that is overdue, or was used only once, is expected
 * to stay away for as long as it has stayed away already. So where nothing else is known, and where the work has just
 * changed, the least recently used goes first.
 */
export function expectedWaitMs(history: UseHistory, now: number): number {
	const quietMs = Math.max(0, now - history.lastAt);
	const { intervalMs, deviationMs } = history;
	if (intervalMs === null || quietMs > intervalMs + deviationMs) return Math.max(SHORTEST_WAIT_MS, quietMs);
	const regularity = Math.max(0, 1 - deviationMs / (IRREGULAR_SHARE * Math.max(1, intervalMs)));
	const regularMs = Math.max(0, intervalMs - quietMs);
	const irregularMs = QUIET_SHARE * quietMs + (1 - QUIET_SHARE) * intervalMs;
	return Math.max(SHORTEST_WAIT_MS, regularity * regularMs + (1 - regularity) * irregularMs);
}

/** Bytes a second at which weights are read where no load of the model was timed. */
const ASSUMED_BYTES_PER_SECOND = 1.5e9;

/** What starting a runner takes besides reading the weights, seconds. */
const START_SECONDS = 1;

/** How long a load is expected to take, seconds: as the last one, else by its size. */
export function expectedLoadSeconds(loadMs: number | null, bytes: number): number {
	return loadMs === null ? START_SECONDS + bytes / ASSUMED_BYTES_PER_SECOND : Math.max(0.1, loadMs / 1000);
}

/**
 * What unloading a model is expected to cost: the seconds of loading it again for every hour until then. Always above
 * zero. Source of the rule: what is furthest from being used again, and cheapest to bring back, goes first; tried against
 * other rules in e2e/bench/residency.
 */
export function evictionCost(reloadSeconds: number, waitMs: number): number {
	return Math.max(1e-6, (reloadSeconds * 3_600_000) / Math.max(SHORTEST_WAIT_MS, waitMs));
}
