import type { ContextSource, FitFootprint } from "../../../shared/fit.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import type { ModelFacts } from "../engine/engine.ts";
import type { EngineLogFacts } from "../engine/engine-log.ts";
import type { EngineFlavour } from "../engine/engine-version.ts";
import type { LearnedFootprint, LoadIdentity } from "../ports.ts";
import { engineExpectsBytes } from "./engine-expects.ts";
import { type ModelShape, modelShape } from "./model-shape.ts";
import { budgetedBytes, type PredictedFootprint, predictFootprint } from "./predict.ts";
import {
	defaultRunnerSettings,
	type RunnerSettings,
	runnerSettingsFromCommandLine,
} from "./runner-settings.ts";

/** What is known of the engine that loads. */
export interface EngineKnowledge {
	/** Kind and version, such as `ollama 0.33.0`. */
	readonly engine: string;
	readonly flavour: EngineFlavour;
	readonly log: EngineLogFacts | null;
	/** Its GPU's memory where no log tells, to work out its default context; null where it has none. */
	readonly gpuBytes: number | null;
	/** Slots of another runner that is seen to run now, else null. */
	readonly parallel: number | null;
}

/** What a load would take, with what decided it. */
export interface LoadFootprint {
	readonly identity: LoadIdentity;
	readonly footprint: FitFootprint;
	readonly contextLength: number;
	readonly contextSource: ContextSource;
	/** What the engine itself expects it to take; null where its metadata says too little. */
	readonly engineNeedBytes: number | null;
	/** Held after the load by the formula alone; null where there is none for it. */
	readonly formulaBytes: number | null;
	/** Added by the first large prompt, by the formula. */
	readonly formulaWorkingBytes: number;
}

/** Default contexts by the GPU's memory: the largest row that is reached. */
const TIERS: readonly (readonly [gib: number, contextLength: number])[] = [
	[47, 262_144],
	[23, 32_768],
	[0, 4096],
];

/** What a load gets where nobody asks for a context. */
export function usualContext(
	facts: Pick<ModelFacts, "modelfileContextLength"> | null,
	engine: EngineKnowledge,
): { readonly contextLength: number; readonly contextSource: ContextSource } {
	const { log } = engine;
	if (facts?.modelfileContextLength != null)
		return { contextLength: facts.modelfileContextLength, contextSource: "modelfile" };
	if (log?.contextLength != null) return { contextLength: log.contextLength, contextSource: "server" };
	if (log?.defaultContextLength != null)
		return { contextLength: log.defaultContextLength, contextSource: "tier" };
	const gpuGib = (log?.gpuBytes ?? engine.gpuBytes ?? 0) / 1024 ** 3;
	const tier = TIERS.find(([gib]) => gpuGib >= gib)?.[1] ?? 4096;
	return {
		contextLength: tier,
		contextSource: engine.flavour === "0.24" && log === null ? "default" : "tier",
	};
}

function settingsFor(
	shape: ModelShape,
	model: Pick<InstalledModel, "runner">,
	engine: EngineKnowledge,
	contextLength: number,
): RunnerSettings {
	const { log } = engine;
	const parallel = engine.parallel ?? log?.parallel ?? null;
	return defaultRunnerSettings(shape, {
		flavour: engine.flavour,
		runner: model.runner,
		contextLength,
		...(parallel === null ? {} : { parallel }),
		...(log?.kvType == null ? {} : { kvType: log.kvType }),
		...(log?.flashAttention == null ? {} : { flashAttention: log.flashAttention }),
	});
}

/**
 * What a load would take: what was learned of the same load, else the formula, else the size on disk with a margin.
 * `commandLine` is that of the runner where it runs already.
 */
export function loadFootprint(question: {
	readonly model: Pick<InstalledModel, "key" | "sizeBytes" | "runner">;
	readonly facts: ModelFacts | null;
	readonly engine: EngineKnowledge;
	/** Tokens asked for, or null. */
	readonly contextLength: number | null;
	readonly commandLine: string | null;
	readonly learned: (identity: LoadIdentity) => LearnedFootprint | null;
}): LoadFootprint {
	const { model, facts, engine } = question;
	const usual = usualContext(facts, engine);
	const asked = question.contextLength ?? usual.contextLength;
	const contextSource = question.contextLength === null ? usual.contextSource : "request";
	const shape = facts === null ? null : modelShape(facts);
	const assumed = shape === null ? null : settingsFor(shape, model, engine, asked);
	const settings =
		assumed === null || question.commandLine === null
			? assumed
			: runnerSettingsFromCommandLine(question.commandLine, assumed);
	const identity: LoadIdentity = {
		key: model.key,
		contextLength: settings?.contextLength ?? asked,
		parallel: settings?.parallel ?? 1,
		kvType: settings?.kvType ?? "f16",
		engine: engine.engine,
	};
	const predicted =
		facts === null || settings === null ? null : predictFootprint(facts, model.sizeBytes, settings);
	const learned = question.learned(identity);
	return {
		identity,
		footprint: partsOf(model.sizeBytes, predicted, learned),
		contextLength: identity.contextLength,
		contextSource,
		engineNeedBytes:
			shape === null || settings === null || settings.program === "mlx"
				? null
				: engineExpectsBytes({
						sizeBytes: model.sizeBytes,
						layers: shape.layers,
						kvHeads: Math.min(...shape.kvHeads, shape.heads),
						heads: shape.heads,
						embeddingLength: shape.embeddingLength,
						cells: settings.contextLength * settings.parallel,
						batch: settings.batch,
					}),
		formulaBytes: predicted?.loadedBytes ?? null,
		formulaWorkingBytes: predicted?.workingBytes ?? 0,
	};
}

function partsOf(
	sizeBytes: number,
	predicted: PredictedFootprint | null,
	learned: LearnedFootprint | null,
): FitFootprint {
	const weightsBytes = predicted?.weightsBytes ?? sizeBytes;
	const contextBytes = predicted?.contextBytes ?? 0;
	const formulaBytes = predicted?.loadedBytes ?? sizeBytes;
	const formulaWorkingBytes = predicted?.workingBytes ?? 0;
	const loadedBytes = learned?.loadedBytes ?? formulaBytes;
	const mayGrowBytes = Math.max(
		predicted?.mayGrowBytes ?? 0,
		learned?.grownBytes == null ? 0 : learned.grownBytes - (learned.workingBytes ?? learned.loadedBytes),
	);
	const totalBytes =
		learned?.workingBytes ?? budgetedBytes({ loadedBytes, workingBytes: formulaWorkingBytes });
	return {
		weightsBytes: Math.round(weightsBytes),
		contextBytes: Math.round(contextBytes),
		overheadBytes: Math.round(Math.max(0, loadedBytes - weightsBytes - contextBytes)),
		loadedBytes: Math.round(loadedBytes),
		workingBytes: Math.round(
			learned?.workingBytes == null
				? formulaWorkingBytes
				: Math.max(0, learned.workingBytes - learned.loadedBytes),
		),
		totalBytes: Math.round(Math.max(totalBytes, loadedBytes)),
		mayGrowBytes: Math.round(mayGrowBytes),
		source:
			learned !== null ? "learned" : predicted?.measuredArchitecture === true ? "predicted" : "estimate",
	};
}
