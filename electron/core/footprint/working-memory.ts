import type { ContextCache } from "./context-cache.ts";
import type { ModelShape } from "./model-shape.ts";
import type { RunnerSettings } from "./runner-settings.ts";

/** Buffers of embedding models were seen to be held twice. */
const EMBEDDING_TIMES = 2;

/**
 * Share by which measured buffers were larger than the formula, by architecture (footprint recordings); 1 where the
 * formula was exact or high. Unknown architectures take the largest that was seen.
 */
const COMPUTE_TIMES: Readonly<Record<string, number>> = {
	llama: 1.06,
	qwen2: 1,
	qwen3: 1.05,
	phi3: 1,
	mistral: 1,
	granite: 1.12,
	granitemoe: 1.12,
	gemma2: 1.32,
	gemma3: 1.32,
	qwen3moe: 1.27,
	granitehybrid: 1.43,
	"gpt-oss": 1.72,
	gptoss: 1.72,
	deepseek2: 1.9,
	mamba2: 1,
};

const UNKNOWN_TIMES = 1.9;

/** A prompt's first full batch also leaves this many checkpoints behind in models with sliding or recurrent layers. */
const CHECKPOINTS_OF_ONE_PROMPT = 4;

/** The compute buffer as the engine reserves it, bytes. Held only from the first large prompt on. */
export function computeBufferBytes(shape: ModelShape, settings: RunnerSettings): number {
	const { batch: b, contextLength: context } = settings;
	const d = shape.embeddingLength;
	const ff = shape.feedForwardLength;
	// Purely recurrent models have no term that grows with the context.
	const attends = shape.kvHeads.some((heads) => heads > 0) || shape.latent !== null || shape.embedding;
	const seen = attends ? context : 0;
	const times = COMPUTE_TIMES[shape.architecture] ?? UNKNOWN_TIMES;
	const kv = Math.max(0, ...shape.kvHeads) * shape.keyLength;
	const state =
		shape.stateSpace === null ? 0 : 4 * b * (6 * shape.stateSpace.innerSize + 2 * shape.stateSpace.stateSize);
	if (settings.program === "llamarunner") {
		return (
			Math.max(4 * b * (shape.vocabulary + 2 * d), 6 * b * seen + 16 * b * d) * Math.min(times, 1.22) + state
		);
	}
	if (!settings.flashAttention) {
		return (
			(4 * b * (seen * (shape.heads + 1) + 7 * d + 2 * kv) + state) *
			(settings.program === "ollama-engine" ? 1.34 : 1.02)
		);
	}
	return (2 * b * seen + 4 * b * (7 * d + 2 * ff)) * times + state;
}

/**
 * What one prompt of a full batch adds to a fresh runner, bytes: the compute buffer (twice for embedding models) and the
 * checkpoints that models with sliding or recurrent layers keep of it.
 */
export function workingMemoryBytes(shape: ModelShape, settings: RunnerSettings, cache: ContextCache): number {
	const compute = computeBufferBytes(shape, settings) * (shape.embedding ? EMBEDDING_TIMES : 1);
	const checkpoints =
		settings.program === "llama-server" ? cache.checkpointBytes * CHECKPOINTS_OF_ONE_PROMPT : 0;
	return compute + checkpoints;
}
