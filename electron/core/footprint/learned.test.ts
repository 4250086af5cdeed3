import { describe, expect, it } from "vitest";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import type { LoadIdentity } from "../ports.ts";
import { freshGrowth, grownBy, learnedFrom, nextGrowth } from "./learned.ts";

const GB = BYTES_PER_GB;

describe("whether a runner has grown", () => {
	it.each([
		[5, 6.01, true],
		[5, 6, false],
		[20, 21.01, true],
		[20, 20.9, false],
		[1, 1.31, true],
		[1.4, 1.69, false],
		[4, 4.7, false],
	])("with %d GB at work and %d GB now: %s", (workingGb, nowGb, grown) => {
		expect(grownBy(nowGb * GB, workingGb * GB) > 0).toBe(grown);
	});

	it("is by all that stands above", () => {
		expect(grownBy(8 * GB, 5 * GB)).toBe(3 * GB);
	});
});

describe("what a runner is seen to take", () => {
	const seen = { hasWorked: true, expectedWorkingBytes: GB };

	it("is the load until it has worked, then the first full prompt, then growth", () => {
		let growth = freshGrowth(4 * GB);
		growth = nextGrowth(growth, 4.1 * GB, { ...seen, hasWorked: false });
		expect(growth).toEqual({ loadedBytes: 4.1 * GB, workingBytes: null, grownBytes: null });
		growth = nextGrowth(growth, 4.2 * GB, seen);
		expect(growth.workingBytes).toBeNull();
		growth = nextGrowth(growth, 5 * GB, seen);
		expect(growth).toMatchObject({ workingBytes: 5 * GB, grownBytes: null });
		growth = nextGrowth(growth, 7 * GB, seen);
		growth = nextGrowth(growth, 6 * GB, seen);
		expect(growth).toMatchObject({ workingBytes: 5 * GB, grownBytes: 7 * GB });
	});

	it("does not take many prompts for the first one", () => {
		expect(nextGrowth(freshGrowth(4 * GB), 9 * GB, seen)).toEqual({
			loadedBytes: 4 * GB,
			workingBytes: 6 * GB,
			grownBytes: 9 * GB,
		});
	});
});

describe("what is kept of a load", () => {
	const identity: LoadIdentity = {
		key: "a",
		contextLength: 4096,
		parallel: 1,
		kvType: "f16",
		engine: "ollama 0.33.0",
	};
	const growth = { loadedBytes: 4 * GB, workingBytes: null, grownBytes: null };

	it("is the newest load, and the largest of what came after any of them", () => {
		const first = learnedFrom(identity, { ...growth, workingBytes: 5 * GB, grownBytes: 8 * GB }, null, {
			at: 1,
			loadMs: 900,
			predictedBytes: 3.9 * GB,
			first: true,
		});
		const second = learnedFrom(identity, { ...growth, loadedBytes: 3 * GB }, first, {
			at: 2,
			loadMs: null,
			predictedBytes: null,
			first: true,
		});
		expect(second).toEqual({
			...identity,
			loadedBytes: 3 * GB,
			workingBytes: 5 * GB,
			grownBytes: 8 * GB,
			loads: 2,
			loadMs: 900,
			predictedBytes: 3.9 * GB,
			at: 2,
		});
	});
});
