import { expect, it } from "vitest";
import type { MachineSample } from "../../../shared/machine.ts";
import { addSwapPoint, type SwapHistory, swapGrowth } from "./swap-growth.ts";

function sample(at: number, swapUsedBytes: number | null, swapOutBytes: number | null): MachineSample {
	return {
		at,
		totalBytes: 1,
		availableBytes: 1,
		swapUsedBytes,
		swapOutBytes,
		kernelLevel: null,
		psiSomeAvg10: null,
		psiFullAvg10: null,
	};
}

function history(...samples: readonly MachineSample[]): SwapHistory {
	return samples.reduce<SwapHistory>((past, each) => addSwapPoint(past, each, 10_000), []);
}

it("takes the larger of growth in use and of bytes written", () => {
	const past = history(sample(0, 1000, 0), sample(10_000, 500, 40_000));
	expect(swapGrowth(past, 10_000)).toBe(4000);
	expect(swapGrowth(history(sample(0, 0, null), sample(10_000, 7000, null)), 10_000)).toBe(700);
});

it("makes no large rate of two quick samples", () => {
	expect(swapGrowth(history(sample(0, 0, 0), sample(250, 1000, 0)), 10_000)).toBe(1000);
});

it("takes the value at the beginning of the window from the line between two samples", () => {
	// Half of the first step lies in the window.
	const past = history(sample(0, 0, 0), sample(6000, 6000, 0), sample(13_000, 6000, 0));
	expect(swapGrowth(past, 10_000)).toBe(300);
});

it("drops what lies before the window but for one point, and everything when the clock is set back", () => {
	const past = history(...[0, 5000, 10_000, 15_000, 20_000].map((at) => sample(at, at, at)));
	expect(past.map(({ at }) => at)).toEqual([10_000, 15_000, 20_000]);
	expect(addSwapPoint(past, sample(9000, 1, 1), 10_000)).toHaveLength(1);
});

it("knows no rate from one point or from points without figures", () => {
	expect(swapGrowth(history(sample(0, 0, 0)), 10_000)).toBeNull();
	expect(swapGrowth(history(sample(0, null, null), sample(1000, null, null)), 10_000)).toBeNull();
	expect(swapGrowth(history(sample(0, null, null), sample(1000, 5, null)), 10_000)).toBeNull();
});
