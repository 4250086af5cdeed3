import type { HistoryPoint } from "../../../shared/ipc.ts";

/** How far back every second is remembered. */
const RING_MS = 15 * 60_000;

/** The memory curve of the last 15 minutes, a point a second at most; older points are in the database, one a minute. */
export interface SampleRing {
	add(point: HistoryPoint): void;
	/** Points from this time on, oldest first. */
	since(at: number): readonly HistoryPoint[];
}

/** Makes an empty ring. */
export function createSampleRing(): SampleRing {
	let points: HistoryPoint[] = [];
	return {
		add(point) {
			const last = points.at(-1);
			// A clock that was set back would leave points from the future in front.
			if (last !== undefined && point.at < last.at) points = points.filter((each) => each.at < point.at);
			if (last !== undefined && Math.floor(last.at / 1000) === Math.floor(point.at / 1000)) points.pop();
			points.push(point);
			const oldest = point.at - RING_MS;
			if ((points[0]?.at ?? oldest) < oldest - 60_000) points = points.filter((each) => each.at >= oldest);
		},
		since: (at) => points.filter((point) => point.at >= at),
	};
}

/** At most `count` of the given points, evenly chosen, the first and the last among them. */
export function thinned(points: readonly HistoryPoint[], count: number): readonly HistoryPoint[] {
	if (points.length <= count) return points;
	const step = (points.length - 1) / (count - 1);
	return Array.from({ length: count }, (_, index) => points[Math.round(index * step)]).filter(
		(point): point is HistoryPoint => point !== undefined,
	);
}
