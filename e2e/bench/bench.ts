/** One figure of a benchmark. */
export interface BenchRow {
	/** What was measured. */
	readonly what: string;
	readonly value: number;
	readonly unit: string;
	/** The number to hold, in words, and whether it was held; null where there is none. */
	readonly target: string | null;
	readonly held: boolean | null;
}

/** A benchmark: a name to ask for it by, and what it measures. */
export interface Bench {
	readonly name: string;
	/** Why it cannot run here, or null. */
	readonly obstacle: () => string | null;
	readonly run: () => Promise<readonly BenchRow[]>;
}

/** The middle of some values; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
	return percentile(values, 50);
}

/** The value that `share` percent of the values do not exceed, interpolated. Throws for an empty list. */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	const at = ((sorted.length - 1) * share) / 100;
	const low = sorted[Math.floor(at)];
	const high = sorted[Math.ceil(at)];
	if (low === undefined || high === undefined) throw new RangeError("there are no values");
	return low + (high - low) * (at - Math.floor(at));
}

/** A figure with a number to hold. */
export function row(what: string, value: number, unit: string, target: string, held: boolean): BenchRow {
	return { what, value, unit, target, held };
}

/** A figure without one. */
export function figure(what: string, value: number, unit: string): BenchRow {
	return { what, value, unit, target: null, held: null };
}
