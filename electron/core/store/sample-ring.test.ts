import { expect, it } from "vitest";
import type { HistoryPoint } from "../../../shared/ipc.ts";
import { createSampleRing, thinned } from "./sample-ring.ts";

const point = (at: number): HistoryPoint => ({
	at,
	availableBytes: at,
	totalBytes: 16,
	swapUsedBytes: null,
	loadedBytes: 0,
	level: "normal",
});

it("keeps one point a second and forgets what is older than a quarter of an hour", () => {
	const ring = createSampleRing();
	for (let at = 0; at <= 20 * 60_000; at += 250) ring.add(point(at));
	const kept = ring.since(0);
	expect(kept.at(-1)?.at).toBe(20 * 60_000);
	expect(kept.length).toBeLessThanOrEqual(16 * 60 + 1);
	expect(kept[0]?.at).toBeGreaterThanOrEqual(4 * 60_000 - 1000);
	expect(new Set(kept.map(({ at }) => Math.floor(at / 1000))).size).toBe(kept.length);
});

it("drops points from the future when the clock is set back", () => {
	const ring = createSampleRing();
	ring.add(point(100_000));
	ring.add(point(200_000));
	ring.add(point(150_000));
	expect(ring.since(0).map(({ at }) => at)).toEqual([100_000, 150_000]);
});

it("thins a curve to its first, its last and evenly chosen points between", () => {
	const curve = Array.from({ length: 101 }, (_, index) => point(index));
	expect(thinned(curve, 5).map(({ at }) => at)).toEqual([0, 25, 50, 75, 100]);
	expect(thinned(curve, 500)).toBe(curve);
});
