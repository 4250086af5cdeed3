import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RunnerProgram } from "./runner-settings.ts";
import { type AccuracyRow, renderFootprintDoc } from "./testing/footprint-doc.ts";
import { predictionErrors, type RecordedLoads } from "./testing/recorded-loads.ts";

const recorded = new URL("../../../e2e/fixtures/footprints/footprints.json", import.meta.url);
const errors = predictionErrors(JSON.parse(readFileSync(recorded, "utf8")) as RecordedLoads);

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

it("docs/footprint.md tells how well the formula holds, by architecture", async () => {
	const groups = new Map<string, AccuracyRow>();
	for (const { load, program, error, measured } of errors) {
		const key = `${program} ${load.arch}`;
		const known = groups.get(key);
		groups.set(key, {
			program,
			architecture: load.arch,
			loads: (known?.loads ?? 0) + 1,
			errors: [...(known?.errors ?? []), error],
			measured: (known?.measured ?? true) && measured,
		});
	}
	const rows = [...groups.values()].toSorted(
		(a, b) => a.program.localeCompare(b.program) || a.architecture.localeCompare(b.architecture),
	);
	expect(rows.length).toBeGreaterThan(15);
	await expect(renderFootprintDoc(rows)).toMatchFileSnapshot("../../../docs/footprint.md");
});

describe("predicting what a load takes, against what real runners held", () => {
	const limits: readonly (readonly [RunnerProgram, number, number])[] = [
		["llama-server", 0.01, 0.05],
		["llamarunner", 0.01, 0.05],
		["ollama-engine", 0.02, 0.1],
	];
	it.each(limits)("%s: mean error at most %d, worst at most %d", (program, meanLimit, worstLimit) => {
		const rows = errors.filter((row) => row.program === program);
		expect(rows.length).toBeGreaterThan(20);
		const absolute = rows.map((row) => Math.abs(row.error));
		expect(mean(absolute)).toBeLessThanOrEqual(meanLimit);
		expect(Math.max(...absolute)).toBeLessThanOrEqual(worstLimit);
	});

	it("is never low by more than 3 % or 30 MB, whichever is larger", () => {
		const low = errors
			.filter((row) => row.lowBytes > Math.max(0.03 * row.load.loaded, 30e6))
			.map(
				(row) =>
					`${row.load.version} ${row.load.model} ${row.load.contextLength} ${(row.lowBytes / 1e6).toFixed(1)} MB`,
			);
		expect(low).toEqual([]);
	});

	it("budgets at least what was held after half of the context", () => {
		const short = errors
			.filter((row) => row.load.half !== null && row.budgeted < row.load.half)
			.map((row) => `${row.load.version} ${row.load.model} ${row.load.contextLength}`);
		expect(short).toEqual([]);
	});
});
