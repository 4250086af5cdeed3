import type { ModelFacts } from "../engine/engine.ts";
import { contextCache } from "./context-cache.ts";
import { type ModelShape, modelShape } from "./model-shape.ts";
import { processOverheadBytes } from "./process-overhead.ts";
import type { RunnerSettings } from "./runner-settings.ts";
import { allTensorBytes, tensorBytes } from "./tensor-bytes.ts";
import { workingMemoryBytes } from "./working-memory.ts";

/** What a load would take, in parts; all bytes. */
export interface PredictedFootprint {
	readonly weightsBytes: number;
	/** Keys, values and recurrent state. */
	readonly contextBytes: number;
	readonly overheadBytes: number;
	/** Held after the load: the three above. */
	readonly loadedBytes: number;
	/** Added by the first full prompt. */
	readonly workingBytes: number;
	/** By how much it may still grow afterwards: remembered prompts. */
	readonly mayGrowBytes: number;
	readonly contextLength: number;
	/** The architecture was measured; else the general formula stands in, and the figure is called an estimate. */
	readonly measuredArchitecture: boolean;
}

/** llama-server remembers prompts up to this many bytes by default. */
const PROMPT_CACHE_LIMIT_BYTES = 8 * 1024 ** 3;

/** Architectures whose loads were measured against the formula. */
const MEASURED = new Set([
	"llama",
	"qwen2",
	"qwen3",
	"gemma3",
	"gpt-oss",
	"gptoss",
	"deepseek2",
	"granite",
	"mamba2",
	"nomic-bert",
]);

/** Margin over the prediction for a model that was never seen to load: 5 % and 0.3 GB. */
const MARGIN_TIMES = 1.05;
const MARGIN_BYTES = 0.3 * 1024 ** 3;

/** What to budget for a load that only a prediction is known of, bytes. */
export function budgetedBytes(footprint: Pick<PredictedFootprint, "loadedBytes" | "workingBytes">): number {
	return (footprint.loadedBytes + footprint.workingBytes) * MARGIN_TIMES + MARGIN_BYTES;
}

function embeddingTableBytes(facts: Pick<ModelFacts, "tensors">): number {
	const table = facts.tensors.find((tensor) => tensor.name === "token_embd.weight");
	return (table === undefined ? null : tensorBytes(table)) ?? 0;
}

function mlxFootprint(
	sizeBytes: number,
	shape: ModelShape | null,
	settings: RunnerSettings,
): PredictedFootprint {
	const cache = shape === null ? null : contextCache(shape, settings);
	const contextBytes = cache === null ? 0 : cache.kvBytes + cache.recurrentBytes;
	const overheadBytes = 350e6;
	return {
		weightsBytes: sizeBytes,
		contextBytes,
		overheadBytes,
		loadedBytes: sizeBytes + contextBytes + overheadBytes,
		workingBytes: shape === null ? 0 : workingMemoryBytes(shape, settings, contextCache(shape, settings)),
		mayGrowBytes: PROMPT_CACHE_LIMIT_BYTES,
		contextLength: settings.contextLength,
		measuredArchitecture: false,
	};
}

/**
 * Predicts what a model takes with these runner settings. `sizeBytes` is the size on disk, used for the weights where
 * the tensors are not listed. Null where the metadata says too little for any formula.
 */
export function predictFootprint(
	facts: Pick<ModelFacts, "info" | "tensors" | "capabilities">,
	sizeBytes: number,
	settings: RunnerSettings,
): PredictedFootprint | null {
	const shape = modelShape(facts);
	if (settings.program === "mlx") return mlxFootprint(sizeBytes, shape, settings);
	if (shape === null) return null;
	const weightsBytes = allTensorBytes(facts.tensors) ?? sizeBytes;
	const cache = contextCache(shape, settings);
	const contextBytes = cache.kvBytes + cache.recurrentBytes;
	const overheadBytes = processOverheadBytes(shape, settings, cache, embeddingTableBytes(facts));
	const remembers = settings.program === "llama-server" && !shape.embedding;
	return {
		weightsBytes,
		contextBytes,
		overheadBytes,
		loadedBytes: weightsBytes + contextBytes + overheadBytes,
		workingBytes: workingMemoryBytes(shape, settings, cache),
		mayGrowBytes: remembers ? PROMPT_CACHE_LIMIT_BYTES : 0,
		contextLength: settings.contextLength,
		measuredArchitecture: MEASURED.has(shape.architecture),
	};
}
