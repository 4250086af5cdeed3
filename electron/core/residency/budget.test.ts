import { describe, expect, it } from "vitest";
import type { BudgetProfile } from "../../../shared/fit.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { type BudgetModel, budget, budgetFactor } from "./budget.ts";

const GB = BYTES_PER_GB;

function model(key: string, footprintGb: number, heldGb: number, grownGb = 0): BudgetModel {
	return { key, footprintBytes: footprintGb * GB, heldBytes: heldGb * GB, grownBytes: grownGb * GB };
}

function budgetGb(question: {
	readonly totalGb: number;
	readonly availableGb: number;
	readonly models?: readonly BudgetModel[];
	readonly evictions?: readonly string[];
	readonly trims?: readonly string[];
	readonly profile?: BudgetProfile;
}): number {
	const terms = budget({
		availableBytes: question.availableGb * GB,
		totalBytes: question.totalGb * GB,
		models: question.models ?? [],
		evictions: new Set(question.evictions ?? []),
		trims: new Set(question.trims ?? []),
		profile: question.profile ?? "balanced",
		overheadBytes: 0.5 * GB,
	});
	return Math.round((terms.budgetBytes / GB) * 100) / 100;
}

describe("what may still be loaded", () => {
	it.each([
		["on an empty machine it is what is available less the overhead", 18, 12, 11.5],
		["at exactly 75 % used nothing is cut", 18, 4.5, 4],
		["above 75 % used 5 % are cut", 18, 4.4, 3.71],
		["above 85 % used 10 % are cut", 18, 2.6, 1.89],
		["above 90 % used 20 % are cut", 18, 1.7, 0.96],
		["below the overhead it is negative and not cut", 18, 0.2, -0.3],
	])("%s", (_, totalGb, availableGb, expected) => {
		expect(budgetGb({ totalGb, availableGb })).toBe(expected);
	});

	it.each([
		["at 60 % used nothing is cut", 18, 7.2, 6.7],
		["above 60 % used 15 % are cut", 18, 6.9, 5.44],
		["above 75 % used 20 % are cut", 18, 4.4, 3.12],
		["above 85 % used 30 % are cut", 18, 2.6, 1.47],
	])("by the original profile %s", (_, totalGb, availableGb, expected) => {
		expect(budgetGb({ totalGb, availableGb, profile: "original" })).toBe(expected);
	});

	it("leaves a share alone that only touches a threshold", () => {
		expect(budgetFactor(0.9, "balanced")).toBe(0.9);
		expect(budgetFactor(0.901, "balanced")).toBe(0.8);
		expect(budgetFactor(0.85, "original")).toBe(0.8);
		expect(budgetFactor(0.851, "original")).toBe(0.7);
	});

	it("counts what an idle mapped model still lacks on a Mac of 18 GB, and what its eviction gives back", () => {
		const idle = [model("a", 9, 1)];
		expect(budgetGb({ totalGb: 18, availableGb: 5, models: idle })).toBe(-3.5);
		expect(budgetGb({ totalGb: 18, availableGb: 5, models: idle, evictions: ["a"] })).toBe(5.5);
	});

	it("counts a busy, an idle mapped and a grown model on a Mac of 64 GB, with a trim or an eviction", () => {
		const at = {
			totalGb: 64,
			availableGb: 12.5,
			models: [model("busy", 20, 20), model("mapped", 8, 1.5), model("grown", 20, 20, 5)],
		};
		expect(budgetGb(at)).toBe(4.4);
		expect(budgetGb({ ...at, trims: ["grown"] })).toBeCloseTo(9.98, 1);
		expect(budgetGb({ ...at, evictions: ["mapped"] })).toBeCloseTo(12.83, 1);
	});

	it("gives nothing back twice for a model that is trimmed and evicted", () => {
		const models = [model("grown", 8, 8, 3)];
		expect(budgetGb({ totalGb: 18, availableGb: 5, models, trims: ["grown"], evictions: ["grown"] })).toBe(
			budgetGb({ totalGb: 18, availableGb: 5, models, evictions: ["grown"] }),
		);
	});
});
