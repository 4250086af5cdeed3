import { describe, expect, it } from "vitest";
import type { BudgetState, FitVerdict } from "../../../shared/fit.ts";
import type { LoadedModel } from "../../../shared/model.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { ghostOf, type HullState, hullStretches, loadLine, pastLineBytes } from "./hull-geometry.ts";
import { leavingKeys } from "./preview.ts";

const GB = BYTES_PER_GB;

function model(key: string, gb: number, heldGb = gb): LoadedModel {
	return {
		key,
		name: key,
		digest: "",
		runner: null,
		details: { format: "", family: "", parameterSize: "", quantization: "", contextLength: null },
		state: "idle",
		idleSinceAt: 0,
		footprintBytes: gb * GB,
		footprintSource: "measured",
		footprintRounded: false,
		heldBytes: heldGb * GB,
		reportedBytes: gb * GB,
		gpuShare: 1,
		contextLength: 4096,
		expiresAt: null,
		loadedAt: 0,
		process: null,
		oddity: null,
		slot: 1,
		pinned: false,
		own: true,
	};
}

/** A machine of 20 GB with 6 GB of other apps; the budget is what is left less 1 GB in all. */
function hull(models: readonly LoadedModel[], grownGb: Readonly<Record<string, number>> = {}): HullState {
	const takenBytes = models.reduce((sum, { footprintBytes }) => sum + footprintBytes, 0);
	const spareBytes = 13 * GB - takenBytes;
	return {
		machine: {
			source: "macos",
			sample: {
				at: 0,
				totalBytes: 20 * GB,
				availableBytes: 0,
				swapUsedBytes: null,
				swapOutBytes: null,
				kernelLevel: null,
				psiSomeAvg10: null,
				psiFullAvg10: null,
			},
			swapGrowthBytesPerSecond: null,
			level: "normal",
			levelSinceAt: 0,
			otherAppsBytes: 6 * GB,
		},
		loaded: models,
		operations: [],
		engine: { locality: "local" } as HullState["engine"],
		budget: {
			loadLineBytes: 6 * GB + takenBytes + spareBytes,
			spareBytes,
			safetyBytes: 0.5 * GB,
			mode: "many",
			gpu: null,
			models: models.map(({ key, footprintBytes }) => ({
				key,
				footprintBytes,
				grownBytes: (grownGb[key] ?? 0) * GB,
				mayGrowBytes: 0,
			})),
			fits: [],
			accuracy: null,
		} as unknown as BudgetState,
	};
}

function verdict(gb: number, change: Partial<FitVerdict> = {}): FitVerdict {
	return {
		key: "w",
		name: "w",
		outcome: "fits",
		because: null,
		steps: [],
		waitFor: [],
		footprint: { totalBytes: gb * GB },
		...change,
	} as unknown as FitVerdict;
}

describe("the load line", () => {
	it("stands where the gauge would stand if the budget were used up; free water ends at it", () => {
		const state = hull([model("a", 4)]);
		expect(loadLine(state)).toEqual({ at: 0.95, bytes: 19 * GB });
		const free = hullStretches(state).at(-1);
		expect(free).toMatchObject({ kind: "free", from: 0.5, bytes: 9 * GB });
		expect(free?.share).toBeCloseTo(0.45);
	});

	it("is not there without a budget, and water goes to the end then", () => {
		const state = { ...hull([model("a", 4)]), budget: null };
		expect(loadLine(state)).toBeNull();
		expect(hullStretches(state).at(-1)).toMatchObject({ kind: "free", bytes: 10 * GB });
	});

	it("is passed by as much as the last model stands over it", () => {
		const state = hull([model("a", 6), model("b", 8, 1)]);
		expect(pastLineBytes(state, "a")).toBe(0);
		expect(pastLineBytes(state, "b") / GB).toBeCloseTo(1);
		expect(hullStretches(state).at(-1)).toMatchObject({ kind: "free", bytes: 0 });
	});

	it("shows the share of a model that it has grown by", () => {
		expect(hullStretches(hull([model("a", 8)], { a: 2 }))[1]).toMatchObject({ grownShare: 0.25 });
	});
});

describe("the ghost of a load", () => {
	it("lies behind what is loaded and does not cross the line where it fits", () => {
		const state = hull([model("a", 4)]);
		expect(ghostOf(state, verdict(5), new Set())).toMatchObject({
			from: 0.5,
			share: 0.25,
			pastShare: 0,
			over: false,
			beyond: false,
		});
	});

	it("lies over what would go, which moves to the water's edge", () => {
		const state = hull([model("a", 4), model("b", 2)]);
		const goes = verdict(8, { outcome: "fits-after", steps: [{ kind: "evict", key: "a" }] as never });
		const leaving = leavingKeys(goes, state.loaded);
		expect(hullStretches(state, leaving).map(({ id, state: how }) => [id, how])).toEqual([
			["other", "still"],
			["b", "still"],
			["a", "leaving"],
			["free", "still"],
		]);
		expect(ghostOf(state, goes, leaving)).toMatchObject({ from: 0.4, share: 0.4 });
	});

	it("crosses the line by as much as it is over, and has no end where it is longer than the hull", () => {
		const state = hull([model("a", 4)]);
		const over = verdict(9.5, { outcome: "over", because: "memory" });
		expect(ghostOf(state, over, new Set())?.pastShare).toBeCloseTo(0.5 / 9.5);
		expect(ghostOf(state, { ...over, footprint: verdict(12).footprint }, new Set())).toMatchObject({
			beyond: true,
			share: 0.5,
		});
	});
});
