import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MachineSample, PRESSURE_LEVELS } from "../../../shared/machine.ts";
import { DEFAULT_SETTINGS } from "../../../shared/settings.ts";
import { BYTES_PER_GB, BYTES_PER_MB } from "../../../shared/units.ts";
import { afterGap, nextPressure, type PressureState } from "./pressure.ts";
import { levelChanges, playEpisode, type Stretch } from "./testing/episode.ts";

const settings = DEFAULT_SETTINGS.pressure;

function rank(level: string): number {
	return PRESSURE_LEVELS.findIndex((each) => each === level);
}

interface Episode {
	readonly what: string;
	readonly stretches: readonly Stretch[];
	/** Sample number and level. */
	readonly changes: readonly string[];
}

const calm: Stretch = { seconds: 20 };

describe("on a Mac", () => {
	const episodes: readonly Episode[] = [
		{ what: "a calm machine", stretches: [calm], changes: ["1 normal"] },
		{
			what: "exactly 15 % available",
			stretches: [{ seconds: 5, availablePercent: 15 }],
			changes: ["1 normal"],
		},
		{
			what: "less than 15 % available",
			stretches: [{ seconds: 5, availablePercent: 14.9 }],
			changes: ["1 elevated"],
		},
		{
			what: "hours at kernel level 2 with swap still",
			stretches: [{ seconds: 7200, everyMs: 5000, kernelLevel: 2, availablePercent: 22 }],
			changes: ["1 elevated"],
		},
		{
			what: "little available for long with swap still",
			stretches: [{ seconds: 600, everyMs: 5000, availablePercent: 3 }],
			changes: ["1 elevated"],
		},
		{
			what: "a warning with growing swap, from the third sample on",
			stretches: [calm, { seconds: 20, kernelLevel: 2, swapMbPerSecond: 30 }],
			// Over the last 10 s the rate passes 10 MB/s with the fourth sample, and two more count it out.
			changes: ["1 normal", "21 elevated", "26 high"],
		},
		{
			what: "under 5 % with growing swap while the kernel says normal",
			stretches: [{ seconds: 20, availablePercent: 4, outMbPerSecond: 30 }],
			changes: ["1 elevated", "4 high"],
		},
		{
			what: "growing swap with plenty available and no warning",
			stretches: [{ seconds: 30, swapMbPerSecond: 200 }],
			changes: ["1 normal"],
		},
		{
			what: "kernel level 4 in a single sample",
			stretches: [calm, { seconds: 1, kernelLevel: 4 }, calm],
			changes: ["1 normal", "21 elevated", "32 normal"],
		},
		{
			what: "kernel level 4 in two samples, then relief",
			stretches: [calm, { seconds: 2, kernelLevel: 4 }, calm],
			changes: ["1 normal", "21 elevated", "22 critical", "33 normal"],
		},
		{
			what: "kernel level 4 while growth is ignored",
			stretches: [{ seconds: 3, kernelLevel: 4, growthIgnored: true }],
			changes: ["1 elevated", "2 critical"],
		},
		{
			what: "under 1.5 % with fast growing swap",
			stretches: [{ seconds: 10, availablePercent: 1.2, swapMbPerSecond: 120 }],
			changes: ["1 elevated", "3 critical"],
		},
		{
			what: "under 1.5 % with slowly growing swap",
			stretches: [{ seconds: 10, availablePercent: 1.2, swapMbPerSecond: 40 }],
			changes: ["1 elevated", "4 high"],
		},
		{
			what: "under 1 % with swap still",
			stretches: [{ seconds: 4, availablePercent: 0.9 }],
			changes: ["1 elevated", "2 critical"],
		},
		{
			what: "under 1 % while growth is ignored",
			stretches: [{ seconds: 4, availablePercent: 0.9, growthIgnored: true }],
			changes: ["1 elevated", "2 critical"],
		},
		{
			what: "the swapping of an admitted load",
			stretches: [
				{ seconds: 30, everyMs: 250, availablePercent: 4, swapMbPerSecond: 300, growthIgnored: true },
			],
			changes: ["1 elevated"],
		},
		{
			what: "gigabytes leaving swap at once",
			stretches: [calm, { seconds: 1, swapMbPerSecond: -3500, kernelLevel: 2 }, calm],
			changes: ["1 normal", "21 elevated", "32 normal"],
		},
		{
			what: "a rate that stays above half of what raised the level",
			stretches: [
				{ seconds: 15, kernelLevel: 2, swapMbPerSecond: 30 },
				{ seconds: 60, kernelLevel: 2, swapMbPerSecond: 6 },
			],
			changes: ["1 elevated", "4 high"],
		},
		{
			what: "a warning that stays when swap has long been quiet",
			stretches: [
				{ seconds: 15, kernelLevel: 2, swapMbPerSecond: 30 },
				{ seconds: 60, kernelLevel: 2 },
			],
			// Under half after 9 quiet samples, then 10 s.
			changes: ["1 elevated", "4 high", "34 elevated"],
		},
		{
			what: "available between the threshold and two points above it",
			stretches: [
				{ seconds: 3, availablePercent: 14 },
				{ seconds: 60, availablePercent: 16.9 },
				{ seconds: 20, availablePercent: 17 },
			],
			changes: ["1 elevated", "74 normal"],
		},
		{
			what: "a relapse in the tenth second",
			stretches: [
				{ seconds: 3, availablePercent: 14 },
				{ seconds: 10, availablePercent: 30 },
				{ seconds: 1, availablePercent: 16 },
				{ seconds: 11, availablePercent: 30 },
			],
			changes: ["1 elevated", "25 normal"],
		},
	];
	it.each(episodes)("$what", ({ stretches, changes }) => {
		expect(levelChanges(playEpisode("macos", stretches))).toEqual(changes);
	});
});

describe("on Linux", () => {
	const episodes: readonly Episode[] = [
		{
			what: "85 % and just above",
			stretches: [
				{ seconds: 3, availablePercent: 15 },
				{ seconds: 3, availablePercent: 14.9 },
			],
			changes: ["1 normal", "4 elevated"],
		},
		{
			what: "over 95 % from the third sample on",
			stretches: [{ seconds: 5, availablePercent: 4 }],
			changes: ["1 elevated", "3 high"],
		},
		{
			what: "stalls with much available",
			stretches: [calm, { seconds: 1, psiSome: 21 }, { seconds: 30, psiSome: 11 }, calm],
			changes: ["1 normal", "21 high", "62 normal"],
		},
		{
			what: "over 99 % from the second sample on",
			stretches: [{ seconds: 5, availablePercent: 0.5 }],
			changes: ["1 elevated", "2 critical"],
		},
		{
			what: "everything stalls with less than 10 % available",
			stretches: [{ seconds: 2, availablePercent: 9, psiFull: 16, psiSome: 16 }],
			changes: ["1 critical"],
		},
		{
			what: "everything stalls with 10 % available",
			stretches: [{ seconds: 2, availablePercent: 10, psiFull: 16, psiSome: 16 }],
			changes: ["1 elevated"],
		},
		{
			what: "swap growing fast with enough available",
			stretches: [{ seconds: 30, swapMbPerSecond: 500 }],
			changes: ["1 normal"],
		},
		{
			what: "relief step by step",
			stretches: [
				{ seconds: 3, availablePercent: 0.5 },
				{ seconds: 20, availablePercent: 4 },
				{ seconds: 20, availablePercent: 8 },
				{ seconds: 20, availablePercent: 40 },
			],
			changes: ["1 elevated", "2 critical", "14 high", "34 elevated", "54 normal"],
		},
	];
	it.each(episodes)("$what", ({ stretches, changes }) => {
		expect(levelChanges(playEpisode("linux", stretches))).toEqual(changes);
	});
});

describe("what else it tells", () => {
	it("has no growth after one sample, and afterwards the rate of the last ten seconds", () => {
		const states = playEpisode("macos", [
			{ seconds: 30, swapMbPerSecond: 20 },
			{ seconds: 5, swapMbPerSecond: 0 },
		]);
		expect(states[0]?.growthBytesPerSecond).toBeNull();
		expect((states[29]?.growthBytesPerSecond ?? 0) / BYTES_PER_MB).toBeCloseTo(20, 5);
		expect((states[34]?.growthBytesPerSecond ?? 0) / BYTES_PER_MB).toBeCloseTo(10, 5);
	});

	it("measures the same growth at every pace of sampling", () => {
		for (const everyMs of [250, 1000, 5000]) {
			const states = playEpisode("macos", [{ seconds: 60, everyMs, swapMbPerSecond: 20 }]);
			expect((states.at(-1)?.growthBytesPerSecond ?? 0) / BYTES_PER_MB).toBeCloseTo(20, 5);
		}
	});

	it("still tells the rate while growth is ignored", () => {
		const states = playEpisode("macos", [{ seconds: 20, swapMbPerSecond: 20, growthIgnored: true }]);
		expect(states.at(-1)?.growthBytesPerSecond).toBeGreaterThan(0);
	});

	it("says that it is counting until a condition is counted out", () => {
		const states = playEpisode("macos", [{ seconds: 3, kernelLevel: 4 }, { seconds: 1 }]);
		expect(states.map(({ counting }) => counting)).toEqual([true, false, false, false]);
	});

	it("says what is called for now beside the level that hysteresis holds", () => {
		const states = playEpisode("macos", [{ seconds: 3, kernelLevel: 4 }, { seconds: 1 }]);
		expect(states.at(-1)).toMatchObject({ level: "critical", calledFor: "normal" });
		expect(states.at(-2)).toMatchObject({ level: "critical", calledFor: "critical" });
	});

	it("carries neither growth nor counts nor clear time over a gap, but the level", () => {
		const before = playEpisode("macos", [
			{ seconds: 15, kernelLevel: 2, swapMbPerSecond: 30 },
			{ seconds: 14, kernelLevel: 1 },
		]).at(-1);
		expect(before?.levels.high.clearSinceAt).not.toBeNull();
		const after = afterGap(before as PressureState);
		expect(after).toMatchObject({ level: "high", growthBytesPerSecond: null, counts: {}, swap: [] });
		expect(after.levels.high).toEqual({ held: true, clearSinceAt: null });
	});
});

describe("whatever the samples", () => {
	const bytes = fc.oneof(
		fc.constant(null),
		fc.integer({ min: 0, max: 64 }).map((gb) => gb * BYTES_PER_GB),
	);
	const percent = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 100, noNaN: true }));
	const anySample = fc.record({
		stepMs: fc.integer({ min: -3000, max: 20_000 }),
		totalBytes: fc.constantFrom(0, 8 * BYTES_PER_GB, 64 * BYTES_PER_GB),
		availableBytes: fc.integer({ min: 0, max: 8192 }).map((mb) => mb * BYTES_PER_MB),
		swapUsedBytes: bytes,
		swapOutBytes: bytes,
		kernelLevel: fc.constantFrom(1 as const, 2 as const, 4 as const, null),
		psiSomeAvg10: percent,
		psiFullAvg10: percent,
		growthIgnored: fc.boolean(),
	});
	const episode = fc.record({
		table: fc.constantFrom("macos" as const, "linux" as const),
		steps: fc.array(anySample, { maxLength: 60 }),
	});
	type AnyEpisode = typeof episode extends fc.Arbitrary<infer Value> ? Value : never;

	function play({ table, steps }: AnyEpisode): readonly { sample: MachineSample; state: PressureState }[] {
		const seen: { sample: MachineSample; state: PressureState }[] = [];
		let at = 1_700_000_000_000;
		for (const { stepMs, growthIgnored, ...rest } of steps) {
			at += stepMs;
			const sample = { at, ...rest };
			const state = nextPressure(seen.at(-1)?.state ?? null, sample, settings, { table, growthIgnored });
			seen.push({ sample, state });
		}
		return seen;
	}

	it("gives the same states for the same samples, and never a rate below zero", () => {
		fc.assert(
			fc.property(episode, (any) => {
				const seen = play(any);
				expect(play(any)).toEqual(seen);
				for (const { state } of seen) {
					expect(PRESSURE_LEVELS).toContain(state.level);
					expect(state.growthBytesPerSecond ?? 0).toBeGreaterThanOrEqual(0);
					expect(Number.isFinite(state.growthBytesPerSecond ?? 0)).toBe(true);
				}
			}),
		);
	});

	it("is critical after kernel level 4 twice, whatever else is so", () => {
		fc.assert(
			fc.property(fc.array(anySample, { maxLength: 20 }), fc.tuple(anySample, anySample), (before, last) => {
				const steps = [...before, ...last.map((step) => ({ ...step, kernelLevel: 4 as const }))];
				expect(play({ table: "macos", steps }).at(-1)?.state.level).toBe("critical");
			}),
		);
	});

	it("leaves a level only when the samples of ten seconds called for nothing of it", () => {
		const forward = episode.map(({ table, steps }) => ({
			table,
			steps: steps.map((step) => ({ ...step, stepMs: Math.abs(step.stepMs) + 1 })),
		}));
		fc.assert(
			fc.property(forward, (any) => {
				const seen = play(any);
				for (const [index, { sample, state }] of seen.entries()) {
					const before = seen[index - 1]?.state;
					if (before === undefined || rank(state.level) >= rank(before.level)) continue;
					for (const { sample: past, state: then } of seen.slice(0, index + 1))
						if (past.at > sample.at - 10_000) expect(rank(then.calledFor)).toBeLessThan(rank(before.level));
				}
			}),
			{ numRuns: 300 },
		);
	});
});
