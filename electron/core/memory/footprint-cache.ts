import type { Clock, ProcessInfo, ProcessProbe } from "../ports.ts";
import type { TimedFootprint } from "./machine-view.ts";

/** How old a footprint may be, by what it costs to take one and whether anyone looks. */
interface Ages {
	readonly watchedMs: number;
	readonly unwatchedMs: number;
}

/** On a Mac measuring starts a process that looks at every region of a model's memory. */
const COSTLY: Ages = { watchedMs: 30_000, unwatchedMs: 300_000 };
/** On Linux and the demo machine it is one small read. */
const CHEAP: Ages = { watchedMs: 1000, unwatchedMs: 5000 };

/** Keeps the footprints of runners and decides when to measure anew. */
export interface FootprintCache {
	/**
	 * What a process takes; measured now where `fresh` demands it (after a load, before an unload) or where the kept
	 * figure is too old. Null once the process has ended.
	 */
	footprint(process: ProcessInfo, want: { readonly fresh: boolean }): Promise<TimedFootprint | null>;
	/** Drops the figures of all processes but these. */
	keepOnly(processes: readonly ProcessInfo[]): void;
}

/** What the cache needs. */
export interface FootprintCacheParts {
	readonly processes: () => ProcessProbe;
	/** Measuring costs: a Mac. */
	readonly costly: () => boolean;
	readonly popoverOpen: () => boolean;
	readonly clock: Clock;
}

/** Makes an empty cache. */
export function createFootprintCache(parts: FootprintCacheParts): FootprintCache {
	const kept = new Map<string, { readonly footprint: TimedFootprint; readonly takenMs: number }>();
	const running = new Map<string, Promise<TimedFootprint | null>>();

	const measure = async (process: ProcessInfo, key: string): Promise<TimedFootprint | null> => {
		const found = await parts.processes().footprint(process.pid);
		if (found === null) {
			kept.delete(key);
			return null;
		}
		const footprint = { ...found, at: parts.clock.now() };
		kept.set(key, { footprint, takenMs: parts.clock.monotonicMs() });
		return footprint;
	};

	return {
		async footprint(process, { fresh }) {
			const key = keyOf(process);
			const known = kept.get(key);
			const ages = parts.costly() ? COSTLY : CHEAP;
			const maxAgeMs = parts.popoverOpen() ? ages.watchedMs : ages.unwatchedMs;
			if (!fresh && known !== undefined && parts.clock.monotonicMs() - known.takenMs < maxAgeMs)
				return known.footprint;
			const joined = running.get(key) ?? measure(process, key).finally(() => running.delete(key));
			running.set(key, joined);
			return joined;
		},
		keepOnly(processes) {
			const wanted = new Set(processes.map(keyOf));
			for (const key of kept.keys()) if (!wanted.has(key)) kept.delete(key);
		},
	};
}

/** A pid comes back; together with its start time it does not. */
function keyOf({ pid, startedAt }: ProcessInfo): string {
	return `${pid}@${startedAt ?? ""}`;
}
