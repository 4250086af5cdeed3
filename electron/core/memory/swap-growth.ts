import type { MachineSample } from "../../../shared/machine.ts";

/** What of a sample growth is worked out from. */
export interface SwapPoint {
	readonly at: number;
	readonly usedBytes: number | null;
	readonly outBytes: number | null;
}

/** The points of the window, oldest first; the first may lie before it, to know the value at its beginning. */
export type SwapHistory = readonly SwapPoint[];

/**
 * Adds a sample and drops what the window no longer needs. A sample that is not later than the last one means that
 * the clock was set: nothing before it counts.
 */
export function addSwapPoint(history: SwapHistory, sample: MachineSample, windowMs: number): SwapHistory {
	const point = { at: sample.at, usedBytes: sample.swapUsedBytes, outBytes: sample.swapOutBytes };
	const last = history.at(-1);
	if (last !== undefined && sample.at <= last.at) return [point];
	const start = sample.at - windowMs;
	const firstInside = history.findIndex(({ at }) => at > start);
	const kept = firstInside === -1 ? history.slice(-1) : history.slice(Math.max(0, firstInside - 1));
	return [...kept, point];
}

/**
 * Growth of swap over the window in bytes a second: the larger of growth in use and of bytes written out, never
 * below zero, since swap in use falls by itself. While the history is shorter than the window, its own length is
 * taken, but at least a second, so that two quick samples make no rate of their own. Null until two points tell.
 */
export function swapGrowth(history: SwapHistory, windowMs: number): number | null {
	const rates = [
		growthOf(history, windowMs, ({ usedBytes }) => usedBytes),
		growthOf(history, windowMs, ({ outBytes }) => outBytes),
	].filter((rate) => rate !== null);
	return rates.length === 0 ? null : Math.max(0, ...rates);
}

function growthOf(
	history: SwapHistory,
	windowMs: number,
	value: (point: SwapPoint) => number | null,
): number | null {
	const points = history.flatMap((point) => {
		const bytes = value(point);
		return bytes === null ? [] : [{ at: point.at, bytes }];
	});
	const first = points[0];
	const last = points.at(-1);
	if (first === undefined || last === undefined || first.at === last.at) return null;
	const start = Math.max(first.at, last.at - windowMs);
	const startBytes = valueAt(points, start);
	return ((last.bytes - startBytes) * 1000) / Math.max(1000, last.at - start);
}

/** The value at a moment between two points, on the straight line between them. */
function valueAt(points: readonly { readonly at: number; readonly bytes: number }[], at: number): number {
	const nextIndex = points.findIndex((point) => point.at >= at);
	const next = points[nextIndex];
	const before = points[nextIndex - 1];
	if (next === undefined) return points.at(-1)?.bytes ?? 0;
	if (before === undefined || next.at === at) return next.bytes;
	return before.bytes + ((next.bytes - before.bytes) * (at - before.at)) / (next.at - before.at);
}
