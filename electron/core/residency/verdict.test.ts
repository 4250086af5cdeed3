import { describe, expect, it } from "vitest";
import type { FitFootprint } from "../../../shared/fit.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import type { Resident } from "./planner.ts";
import { edgeAllows, type FitQuestion, judgeFit } from "./verdict.ts";

const GB = BYTES_PER_GB;
const gb = (bytes: number) => Math.round((bytes / GB) * 10) / 10;

function footprint(totalBytes: number): FitFootprint {
	return {
		weightsBytes: totalBytes,
		contextBytes: 0,
		overheadBytes: 0,
		loadedBytes: totalBytes,
		workingBytes: 0,
		totalBytes,
		mayGrowBytes: 0,
		source: "predicted",
	};
}

function resident(name: string, footprintGb: number, change: Partial<Resident> = {}): Resident {
	return {
		key: name,
		name,
		footprintBytes: footprintGb * GB,
		heldBytes: footprintGb * GB,
		grownBytes: 0,
		busy: false,
		pinned: false,
		embedding: false,
		gpuBytes: footprintGb * GB,
		evictionCost: footprintGb,
		...change,
	};
}

function ask(needGb: number, change: Partial<FitQuestion> = {}) {
	return judgeFit({
		wanted: { key: "w", name: "w", needBytes: needGb * GB, engineNeedBytes: null, embedding: false },
		contextLength: 4096,
		contextSource: "tier",
		footprint: footprint(needGb * GB),
		gpu: null,
		smaller: [],
		residents: [],
		availableBytes: 10 * GB,
		totalBytes: 18 * GB,
		profile: "balanced",
		overheadBytes: 0.5 * GB,
		safetyBytes: 0.5 * GB,
		mode: "many",
		engine: { maxModels: 3, watchedGpuBytes: null },
		...change,
	});
}

describe("a verdict", () => {
	it.each([
		["deepcoder:latest", 9],
		["qwen2.5:14b", 9],
		["deepseek-coder-v2:16b", 8.9],
		["granite3.3:8b", 4.9],
		["granite3.2-vision:2b", 2.4],
		["mistral:latest", 4.4],
		["gemma3:4b", 3.3],
		["gemma3:1b", 0.8],
	])("lets %s of the original team load on an 18 GB Mac with 10 GB available", (_, needGb) => {
		expect(ask(needGb)).toMatchObject({ outcome: "fits", gpuPercent: 100, steps: [] });
	});

	it("fits at exactly the footprint and the safety, and is over by what it lacks beyond", () => {
		expect(ask(9)).toMatchObject({ outcome: "fits", marginBytes: 0 });
		const over = ask(9.25);
		expect(over).toMatchObject({ outcome: "over", because: "memory", marginBytes: -0.25 * GB });
		expect(over.help).toEqual([{ kind: "free", bytes: 0.25 * GB }]);
	});

	it("on an 18 GB Mac with an idle mapped model the load fits once that is gone", () => {
		const residents = [resident("a", 9, { heldBytes: GB })];
		const verdict = ask(5, { availableBytes: 5 * GB, residents });
		expect(verdict).toMatchObject({ outcome: "fits-after", steps: [{ kind: "evict", name: "a" }] });
		expect(gb(verdict.budget.budgetBytes)).toBe(5.5);
		expect(verdict.marginBytes).toBe(0);
		expect(
			ask(1, { availableBytes: 5 * GB, residents: [{ ...residents[0], busy: true } as Resident] }),
		).toMatchObject({
			outcome: "over",
			marginBytes: -5 * GB,
			help: [{ kind: "wait", names: ["a"] }, { kind: "flush" }, { kind: "free", bytes: 5 * GB }],
		});
	});

	it("on a 64 GB Mac it asks for nothing, then a trim, then an eviction, as the need grows", () => {
		const at = {
			availableBytes: 12.5 * GB,
			totalBytes: 64 * GB,
			engine: { maxModels: 9, watchedGpuBytes: null },
			residents: [
				resident("A", 20, { busy: true }),
				resident("B", 8, { heldBytes: 1.5 * GB }),
				resident("C", 20, { grownBytes: 5 * GB, evictionCost: 100 }),
			],
		};
		expect(ask(3.9, at)).toMatchObject({ outcome: "fits", steps: [] });
		const trims = ask(9.4, { ...at, residents: at.residents });
		expect(trims).toMatchObject({ outcome: "fits-after", steps: [{ kind: "trim", name: "C" }] });
		expect(gb(trims.budget.budgetBytes)).toBe(10);
		const noGrowth = at.residents.map((each) => ({ ...each, grownBytes: 0 }));
		const evicts = ask(12, { ...at, residents: noGrowth });
		expect(evicts).toMatchObject({ outcome: "fits-after", steps: [{ kind: "evict", name: "B" }] });
		expect(gb(evicts.budget.budgetBytes)).toBe(12.8);
	});

	it("says how much of a load the GPU takes where its ceiling splits what the memory would hold", () => {
		// Two thirds of 18 GB are the GPU's; a pinned model has 3 GB of it.
		const gpu = { bytes: 12 * GB, source: "estimate" as const };
		const residents = [resident("pinned", 3, { pinned: true })];
		expect(ask(12, { availableBytes: 14 * GB, gpu, residents })).toMatchObject({
			outcome: "split",
			gpuPercent: 75,
		});
		expect(ask(9, { availableBytes: 14 * GB, gpu, residents })).toMatchObject({
			outcome: "fits",
			gpuPercent: 100,
		});
	});

	it("refuses what would make the engine unload a pinned model, and says what helps", () => {
		const residents = [resident("a", 1, { pinned: true }), resident("b", 1, { pinned: true })];
		expect(ask(1, { residents, engine: { maxModels: 2, watchedGpuBytes: null } })).toMatchObject({
			outcome: "over",
			because: "engine-models",
			help: [{ kind: "unpin", names: ["a", "b"] }, { kind: "flush" }],
		});
	});

	it("names the largest context that fits", () => {
		const smaller = [
			{ contextLength: 32_768, needBytes: 9.5 * GB },
			{ contextLength: 16_384, needBytes: 8.5 * GB },
			{ contextLength: 8192, needBytes: 8 * GB },
		];
		expect(ask(12, { smaller }).help).toContainEqual({ kind: "context", contextLength: 16_384 });
	});

	it("counts a loaded model that loads again as gone before", () => {
		const verdict = ask(9, { availableBytes: 5 * GB, residents: [resident("w", 6)] });
		expect(verdict).toMatchObject({ outcome: "fits", steps: [] });
	});
});

describe("going over the edge, for the router", () => {
	const edge = (needGb: number, change: Partial<FitQuestion> = {}) =>
		ask(needGb, { availableBytes: 8 * GB, ...change });

	it("takes a small deficit while swap is still and memory is left", () => {
		expect(edgeAllows(edge(10), false)).toBe(true);
	});

	it("does not go further than 4 GB, nor than a quarter of the memory", () => {
		expect(edgeAllows(edge(11.1), false)).toBe(false);
		expect(edgeAllows(edge(9.1, { totalBytes: 8 * GB }), false)).toBe(false);
	});

	it("does not go over while swap grows, or where less than 15 % would be left before the load", () => {
		expect(edgeAllows(edge(10), true)).toBe(false);
		expect(edgeAllows(edge(5, { availableBytes: 2.6 * GB }), false)).toBe(false);
	});

	it("never goes over a ceiling of the engine", () => {
		const residents = [resident("a", 1, { pinned: true })];
		expect(edgeAllows(edge(1, { residents, engine: { maxModels: 1, watchedGpuBytes: null } }), false)).toBe(
			false,
		);
	});
});
