import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { modelShape } from "./model-shape.ts";
import { budgetedBytes, predictFootprint } from "./predict.ts";
import {
	defaultRunnerSettings,
	type RunnerProgram,
	runnerSettingsFromCommandLine,
} from "./runner-settings.ts";

/** Loads of real models on real servers: what each runner really held. */
interface Load {
	readonly version: string;
	readonly model: string;
	readonly arch: string;
	readonly series: string;
	readonly env: Readonly<Record<string, string>>;
	readonly contextLength: number;
	readonly argv: readonly string[];
	readonly loaded: number;
	readonly half: number | null;
}

interface Fixture {
	readonly models: Readonly<
		Record<
			string,
			{
				readonly sizeBytes: number;
				readonly capabilities: readonly string[];
				readonly info: Readonly<Record<string, unknown>>;
				readonly tensors: readonly (readonly [string, string, readonly number[]])[];
			}
		>
	>;
	readonly loads: readonly Load[];
}

const fixture = JSON.parse(
	readFileSync(new URL("../../../e2e/fixtures/footprints/footprints.json", import.meta.url), "utf8"),
) as Fixture;

function predicted(load: Load) {
	const model = fixture.models[`${load.version}/${load.model}`];
	if (model === undefined) throw new Error(`no model ${load.model}`);
	const facts = {
		info: model.info,
		capabilities: model.capabilities ?? [],
		tensors: model.tensors.map(([name, type, shape]) => ({ name, type, shape })),
	};
	const shape = modelShape(facts);
	if (shape === null) throw new Error(`no shape for ${load.model}`);
	const kvType = load.env.OLLAMA_KV_CACHE_TYPE;
	const assumed = defaultRunnerSettings(shape, {
		flavour: load.version === "0.24.0" ? "0.24" : "0.30",
		runner: null,
		contextLength: load.contextLength,
		parallel: Number(load.env.OLLAMA_NUM_PARALLEL ?? 1),
		...(kvType === "q8_0" || kvType === "q4_0" ? { kvType } : {}),
		...(load.env.OLLAMA_FLASH_ATTENTION === "0" ? { flashAttention: false } : {}),
	});
	const settings = runnerSettingsFromCommandLine(load.argv.join(" "), assumed);
	const footprint = predictFootprint(facts, model.sizeBytes, settings);
	if (footprint === null) throw new Error(`no prediction for ${load.model}`);
	return { footprint, settings };
}

const errors = fixture.loads.map((load) => {
	const { footprint, settings } = predicted(load);
	return {
		load,
		program: settings.program,
		error: (footprint.loadedBytes - load.loaded) / load.loaded,
		lowBytes: load.loaded - footprint.loadedBytes,
		budgeted: budgetedBytes(footprint),
	};
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

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
