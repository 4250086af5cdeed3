import { describe, expect, it } from "vitest";
import {
	evictionCost,
	expectedLoadSeconds,
	expectedWaitMs,
	type UseHistory,
	usedAgain,
} from "./eviction-cost.ts";

const MINUTE = 60_000;

function usedAt(first: number, ...minutes: readonly number[]): UseHistory {
	return minutes.reduce(
		(history, minute) => usedAgain(history, minute * MINUTE),
		usedAgain(null, first * MINUTE),
	);
}

describe("when a model is expected to be used again", () => {
	it("is sooner the longer it is since, where it is used at regular intervals", () => {
		const regular = usedAt(0, 10, 20, 30, 40, 50, 60);
		const soon = expectedWaitMs(regular, 69 * MINUTE);
		expect(soon).toBeLessThan(expectedWaitMs(regular, 61 * MINUTE));
		expect(soon).toBeLessThan(3 * MINUTE);
	});

	it("is later the longer it is since, where it is used now and then", () => {
		const irregular = usedAt(0, 1, 20, 22, 50, 51, 80);
		expect(expectedWaitMs(irregular, 90 * MINUTE)).toBeGreaterThan(expectedWaitMs(irregular, 81 * MINUTE));
	});

	it("is as far away as it has been quiet, once it is overdue", () => {
		expect(expectedWaitMs(usedAt(0, 10, 20, 30), 90 * MINUTE)).toBe(60 * MINUTE);
	});

	it("is as far away as it has been quiet, where it was used only once", () => {
		expect(expectedWaitMs(usedAt(0), 90 * MINUTE)).toBe(90 * MINUTE);
	});

	it("is sooner for what has just come than for regulars of work that has ended", () => {
		const regular = usedAt(0, 1, 3, 4, 6, 7, 9);
		expect(expectedWaitMs(usedAt(12), 13 * MINUTE)).toBeLessThan(expectedWaitMs(regular, 13 * MINUTE));
	});

	it("is as before after a break, not as rarely as the break was long", () => {
		const before = usedAt(0, 10, 20, 30, 40);
		const after = usedAgain(before, 400 * MINUTE);
		expect(after.intervalMs).toBe(before.intervalMs);
		expect(after.lastAt).toBe(400 * MINUTE);
	});
});

describe("what unloading costs", () => {
	it("is more for what loads slowly and is wanted soon, and never nothing", () => {
		expect(evictionCost(10, MINUTE)).toBeGreaterThan(evictionCost(2, MINUTE));
		expect(evictionCost(10, MINUTE)).toBeGreaterThan(evictionCost(10, 60 * MINUTE));
		expect(evictionCost(0, 1e12)).toBeGreaterThan(0);
	});

	it("takes the time of the last load, else the size", () => {
		expect(expectedLoadSeconds(4_200, 9e9)).toBe(4.2);
		expect(expectedLoadSeconds(null, 9e9)).toBe(7);
	});
});
