import type { ModelShape } from "./model-shape.ts";
import type { RunnerSettings } from "./runner-settings.ts";

/** What a runner keeps for the context, from the load on. */
export interface ContextCache {
	/** Keys and values of all attention layers, bytes. */
	readonly kvBytes: number;
	/** State of recurrent layers, bytes; the same at any context. */
	readonly recurrentBytes: number;
	/** Cells of one full-attention layer. */
	readonly cells: number;
	/** Bytes that one more token of one prompt takes, over all layers that grow with it. */
	readonly bytesPerToken: number;
	/** Bytes of the sliding and recurrent part: what one checkpoint of a prompt takes. */
	readonly checkpointBytes: number;
}

/** Every n-th layer sees all of the context in these architectures; the others slide. Source: llama.cpp's set_swa_pattern. */
const FULL_EVERY: Readonly<Record<string, number>> = {
	gemma2: 2,
	gemma3: 6,
	gemma3n: 5,
	gemma4: 6,
	"gpt-oss": 2,
	gptoss: 2,
	cohere2: 4,
	olmo2: 4,
	olmo3: 4,
	exaone4: 4,
	afmoe: 4,
	llama4: 4,
	smallthinker: 4,
};

/** The 0.24 engine keeps this many cells for the sliding layers of these, whatever their window. */
const ENGINE_WINDOW: Readonly<Record<string, number>> = { "gpt-oss": 4096, gptoss: 4096, gemma4: 4096 };

/** Window of gemma2, which its metadata may leave out. */
const GEMMA2_WINDOW = 4096;

/** llama4 attends in chunks. */
const LLAMA4_CHUNK = 8192;

/** Only the first layers of gemma3n keep a cache of their own. */
const GEMMA3N_CACHED_LAYERS = 20;

function padded(cells: number): number {
	return Math.ceil(cells / 256) * 256;
}

/** Bytes of one value by the cache's type: blocks of 32 with a scale of two bytes. Measured to be exact. */
function bytesPerValue(type: RunnerSettings["kvType"]): number {
	if (type === "q8_0") return 34 / 32;
	if (type === "q4_0") return 18 / 32;
	return 2;
}

function windowOf(shape: ModelShape): number | null {
	if (shape.architecture === "phi3") return null;
	if (shape.architecture === "llama4") return LLAMA4_CHUNK;
	if (shape.architecture === "gemma2") return shape.slidingWindow ?? GEMMA2_WINDOW;
	return FULL_EVERY[shape.architecture] === undefined && shape.slidingPattern === null
		? null
		: shape.slidingWindow;
}

function slides(shape: ModelShape, layer: number): boolean {
	if (windowOf(shape) === null) return false;
	if (shape.slidingPattern !== null && shape.slidingPattern.length > layer)
		return shape.slidingPattern[layer] === true;
	const every = FULL_EVERY[shape.architecture];
	return every !== undefined && layer % every !== every - 1;
}

/**
 * Cells of a sliding layer over all slots. llama-server: window and one batch, padded, for each slot. The 0.24 engine:
 * window (or 4,096 for some) and one batch; with several slots one more cell for each, padded. The llamarunner of
 * 0.24 keeps a full cache in all layers.
 */
function slidingCells(shape: ModelShape, settings: RunnerSettings): number {
	const { contextLength: context, parallel, batch, program } = settings;
	const window = windowOf(shape) ?? context;
	if (program === "llamarunner") return context * parallel;
	if (program === "llama-server") return padded(Math.min(context, window + batch)) * parallel;
	const kept = ENGINE_WINDOW[shape.architecture] ?? window;
	if (kept !== window) return Math.min(context, padded(kept + batch)) * parallel;
	if (parallel > 1) return Math.min(context * parallel, padded((window + 1) * parallel + batch));
	return Math.min(context, window + batch);
}

/** Bytes that one cell of one layer takes. */
function cellBytes(shape: ModelShape, kvHeads: number, settings: RunnerSettings): number {
	const each = bytesPerValue(settings.kvType);
	if (shape.latent?.compressed === true) {
		const key = shape.latent.rank + shape.latent.ropeLength;
		// llama-server reads the values out of the keys; older engines store them beside.
		const value = settings.program === "llama-server" ? 0 : shape.latent.rank;
		return (key + value) * each;
	}
	return kvHeads * (shape.keyLength + shape.valueLength) * each;
}

/** True for layers that keep a recurrent state instead of keys and values. */
function isRecurrent(shape: ModelShape, layer: number): boolean {
	if (shape.stateSpace === null && shape.shortConvolution === null) return false;
	if (shape.fullAttentionEvery !== null) return (layer + 1) % shape.fullAttentionEvery !== 0;
	return (shape.kvHeads[layer] ?? 0) === 0;
}

/** Both kinds at once: every layer of falcon-h1 attends and keeps a state. */
function isParallelHybrid(shape: ModelShape): boolean {
	return shape.architecture === "falcon-h1" && shape.stateSpace !== null;
}

/** Bytes of one layer's recurrent state for one slot, in 32-bit floats: the convolution's tail and the state itself. */
function stateBytes(shape: ModelShape): number {
	if (shape.stateSpace !== null) {
		const { convKernel, innerSize, stateSize, groups } = shape.stateSpace;
		return 4 * ((convKernel - 1) * (innerSize + 2 * groups * stateSize) + stateSize * innerSize);
	}
	return shape.shortConvolution === null ? 0 : 4 * shape.embeddingLength * (shape.shortConvolution - 1);
}

/** What the context takes in a runner with these settings. Formula: see docs/footprint.md; measured to be exact. */
export function contextCache(shape: ModelShape, settings: RunnerSettings): ContextCache {
	const { contextLength, parallel, program } = settings;
	const cells = contextLength * parallel;
	if (shape.embedding) return { kvBytes: 0, recurrentBytes: 0, cells, bytesPerToken: 0, checkpointBytes: 0 };
	const cachedLayers =
		shape.architecture === "gemma3n"
			? Math.min(shape.layers, GEMMA3N_CACHED_LAYERS)
			: shape.layers - shape.sharedCacheLayers;
	let kvBytes = 0;
	let recurrentBytes = 0;
	let bytesPerToken = 0;
	let slidingBytes = 0;
	for (let layer = 0; layer < shape.layers; layer += 1) {
		const recurrent = isRecurrent(shape, layer) || isParallelHybrid(shape);
		if (recurrent) recurrentBytes += stateBytes(shape) * parallel;
		if ((recurrent && !isParallelHybrid(shape)) || layer >= cachedLayers) continue;
		const perCell = cellBytes(shape, shape.kvHeads[layer] ?? 0, settings);
		if (slides(shape, layer)) {
			const bytes = perCell * slidingCells(shape, settings);
			kvBytes += bytes;
			if (program !== "llamarunner") slidingBytes += bytes / parallel;
		} else {
			kvBytes += perCell * cells;
			bytesPerToken += perCell;
		}
	}
	return {
		kvBytes,
		recurrentBytes,
		cells,
		bytesPerToken,
		checkpointBytes: slidingBytes + recurrentBytes / parallel,
	};
}
