import { BYTES_PER_GB } from "../../../shared/units.ts";
import type { LearnedFootprint, LoadIdentity } from "../ports.ts";

/** One text for an identity. */
export function identityText({ key, contextLength, parallel, kvType, engine }: LoadIdentity): string {
	return `${engine}|${key}|${String(contextLength)}|${String(parallel)}|${kvType}`;
}

/** A runner has grown when it stands this far above what its first large prompt made of it. */
const GROWN_ABOVE_BYTES = BYTES_PER_GB;
const GROWN_SHARE = 0.2;
const GROWN_SHARE_ABOVE_BYTES = 0.3 * BYTES_PER_GB;

/** By how much a runner has grown, or 0 where that is nothing to speak of. */
export function grownBy(measuredBytes: number, workingBytes: number): number {
	const grownBytes = measuredBytes - workingBytes;
	const much =
		grownBytes > GROWN_ABOVE_BYTES ||
		(grownBytes > GROWN_SHARE * workingBytes && grownBytes > GROWN_SHARE_ABOVE_BYTES);
	return much ? grownBytes : 0;
}

/** Share of the expected working memory that has to be seen before a prompt counts as one of a full batch. */
const FULL_BATCH_SHARE = 0.6;

/** What one runner was seen to take so far. */
export interface RunnerGrowth {
	readonly loadedBytes: number;
	readonly workingBytes: number | null;
	readonly grownBytes: number | null;
}

/** A fresh runner, measured after its load. */
export function freshGrowth(loadedBytes: number): RunnerGrowth {
	return { loadedBytes, workingBytes: null, grownBytes: null };
}

/**
 * Takes a measurement of a runner into account. The first that shows most of the expected working memory, after it has
 * worked, is what a prompt of a full batch made of it; whatever is above that later is growth.
 */
export function nextGrowth(
	growth: RunnerGrowth,
	measuredBytes: number,
	seen: { readonly hasWorked: boolean; readonly expectedWorkingBytes: number },
): RunnerGrowth {
	if (!seen.hasWorked)
		return measuredBytes > growth.loadedBytes ? { ...growth, loadedBytes: measuredBytes } : growth;
	if (growth.workingBytes === null) {
		const full = measuredBytes >= growth.loadedBytes + FULL_BATCH_SHARE * seen.expectedWorkingBytes;
		// One look can come after several prompts: no more than was expected counts as the first one's.
		const mostBytes = Math.max(growth.loadedBytes + 2 * seen.expectedWorkingBytes, growth.loadedBytes);
		if (!full) return growth;
		const workingBytes = Math.min(measuredBytes, mostBytes);
		return { ...growth, workingBytes, grownBytes: measuredBytes > workingBytes ? measuredBytes : null };
	}
	return measuredBytes > (growth.grownBytes ?? growth.workingBytes)
		? { ...growth, grownBytes: measuredBytes }
		: growth;
}

/** What a load and its growth add to what was known of its identity. A smaller `loaded` replaces a larger one: the last load counts. */
export function learnedFrom(
	identity: LoadIdentity,
	growth: RunnerGrowth,
	known: LearnedFootprint | null,
	load: {
		readonly at: number;
		readonly loadMs: number | null;
		readonly predictedBytes: number | null;
		/** The first time that this runner is written down. */
		readonly first: boolean;
	},
): LearnedFootprint {
	const most = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));
	return {
		...identity,
		loadedBytes: Math.round(growth.loadedBytes),
		workingBytes: most(known?.workingBytes ?? null, growth.workingBytes),
		grownBytes: most(known?.grownBytes ?? null, growth.grownBytes),
		loads: (known?.loads ?? 0) + (load.first ? 1 : 0),
		loadMs: load.loadMs ?? known?.loadMs ?? null,
		predictedBytes: load.predictedBytes ?? known?.predictedBytes ?? null,
		at: load.at,
	};
}
