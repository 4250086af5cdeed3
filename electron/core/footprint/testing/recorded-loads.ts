import { modelShape } from "../model-shape.ts";
import { budgetedBytes, predictFootprint } from "../predict.ts";
import {
	defaultRunnerSettings,
	type RunnerProgram,
	runnerSettingsFromCommandLine,
} from "../runner-settings.ts";

/** Loads of real models on real servers: what each runner really held. */
export interface RecordedLoad {
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

/** The contents of `e2e/fixtures/footprints/footprints.json`. */
export interface RecordedLoads {
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
	readonly loads: readonly RecordedLoad[];
}

function predicted(fixture: RecordedLoads, load: RecordedLoad) {
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

/** One recorded load, and how far its prediction is off. */
export interface PredictionError {
	readonly load: RecordedLoad;
	readonly program: RunnerProgram;
	/** Share of what was held; below zero where the prediction is low. */
	readonly error: number;
	readonly lowBytes: number;
	/** What the load would be budgeted with. */
	readonly budgeted: number;
	/** The formula was measured for its architecture. */
	readonly measured: boolean;
}

/** How far the prediction of every recorded load is off. */
export function predictionErrors(fixture: RecordedLoads): readonly PredictionError[] {
	return fixture.loads.map((load) => {
		const { footprint, settings } = predicted(fixture, load);
		return {
			load,
			program: settings.program,
			error: (footprint.loadedBytes - load.loaded) / load.loaded,
			lowBytes: load.loaded - footprint.loadedBytes,
			budgeted: budgetedBytes(footprint),
			measured: footprint.measuredArchitecture,
		};
	});
}
