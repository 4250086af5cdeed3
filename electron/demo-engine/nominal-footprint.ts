import type { DemoFlavour } from "./command.ts";
import type { ModelDescription, Tensor } from "./model-description.ts";

/** What a runner holds and what the server says it holds, in nominal bytes. */
export interface NominalFootprint {
	readonly weightsBytes: number;
	/** Key/value cache of all layers. */
	readonly kvBytes: number;
	/** Work buffers; resident only from the first prompt on. */
	readonly computeBytes: number;
	readonly outputBytes: number;
	/** The process itself, its tokenizer and its cell tables. */
	readonly overheadBytes: number;
	/** Held right after the load: weights, cache and overhead. */
	readonly loadedBytes: number;
	/** Held once a prompt was answered: loaded and the work buffers, twice for embedding models. */
	readonly workingBytes: number;
	/** `size` in `/api/ps`. */
	readonly reportedBytes: number;
	/** Cache bytes of one token in the layers that see everything; what a remembered prompt costs. */
	readonly kvBytesPerToken: number;
	/** Micro-batch the runner is started with. */
	readonly batch: number;
}

/** The settings a footprint depends on. */
export interface FootprintSettings {
	readonly flavour: DemoFlavour;
	/** Context of one slot, after clamping to what the model was trained for. */
	readonly contextLength: number;
	/** Slots; embedding models always have one. */
	readonly parallel: number;
}

const MEGABYTE = 1e6;
/** MLX processes were never measured; a round guess for the process and Metal's own buffers. */
const MLX_OVERHEAD_BYTES = 300 * MEGABYTE;

/** Bytes of one element, by GGML type name. */
const BYTES_PER_ELEMENT: Readonly<Record<string, number>> = {
	F32: 4,
	F16: 2,
	BF16: 2,
	Q8_0: 34 / 32,
	Q5_1: 24 / 32,
	Q5_0: 22 / 32,
	Q4_0: 18 / 32,
	Q6_K: 210 / 256,
	Q5_K: 176 / 256,
	Q4_K: 144 / 256,
	MXFP4: 17 / 32,
};

/** Size of one tensor. Throws for a type this module has no size for. */
export function tensorBytes(tensor: Tensor): number {
	const bytes = BYTES_PER_ELEMENT[tensor.type];
	if (bytes === undefined) throw new Error(`no size known for tensor type ${tensor.type}`);
	return tensor.shape.reduce((product, dimension) => product * dimension, 1) * bytes;
}

/** Whether the 0.24 server ran this architecture in its own engine and not in llama.cpp. */
export function usesOllamaEngine(description: ModelDescription): boolean {
	return [
		"qwen3",
		"qwen3moe",
		"gemma3",
		"gptoss",
		"gpt-oss",
		"deepseek2",
		"bert",
		"nomic-bert",
		"qwen25vl",
	].includes(architecture(description));
}

/** Automatic micro-batch since 0.30; 0.24 always took 512. */
export function automaticBatch(contextLength: number): number {
	return contextLength <= 4096 ? 512 : contextLength <= 32_768 ? 1024 : 2048;
}

/**
 * The footprint by the terms that were fitted to real runners: weights, cache with sliding windows padded to
 * 256 cells, a small process base with a tokenizer term, and work buffers by batch and context.
 */
export function nominalFootprint(
	description: ModelDescription,
	settings: FootprintSettings,
): NominalFootprint {
	const shape = shapeOf(description);
	const embedding = description.capabilities.includes("embedding");
	const engine: "llama-server" | "llamarunner" | "ollama-engine" | "mlx" =
		description.runner === "mlx"
			? "mlx"
			: settings.flavour !== "0.24"
				? "llama-server"
				: usesOllamaEngine(description)
					? "ollama-engine"
					: "llamarunner";
	const parallel = embedding ? 1 : settings.parallel;
	const context = settings.contextLength;
	const batch =
		settings.flavour === "0.24" ? 512 : embedding ? Math.min(2048, context) : automaticBatch(context);
	const cache = cacheBytes(description, shape, { engine, context, parallel, batch });
	const weightsBytes =
		engine === "mlx"
			? description.sizeBytes
			: description.tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0) +
				description.projectorBytes;
	const cells = context * parallel;
	const vocabulary = description.vocabSize;
	const bytePair = description.modelInfo["tokenizer.ggml.model"] === "gpt2";
	const twice =
		engine === "ollama-engine" && !hasOutputTensor(description) ? embeddingTableBytes(description) : 0;
	const overheadBytes = {
		"llama-server": 17 * MEGABYTE + (bytePair ? 320 : 185) * vocabulary + 50 * cells,
		llamarunner: 41.5 * MEGABYTE + (bytePair ? 300 : 170) * vocabulary + 50 * cells,
		"ollama-engine": 60 * MEGABYTE + (embedding ? 0 : 8 * 512 * cells) + twice,
		mlx: MLX_OVERHEAD_BYTES,
	}[engine];
	const { width, feedForward } = shape;
	const computeBytes = {
		"llama-server": 2 * batch * context + 4 * batch * (7 * width + 2 * feedForward),
		llamarunner: Math.max(4 * batch * (vocabulary + 2 * width), 6 * batch * context + 16 * batch * width),
		"ollama-engine": 2 * 512 * context + 4 * 512 * (7 * width + 2 * feedForward),
		mlx: 0,
	}[engine];
	const outputBytes = engine === "llama-server" || engine === "llamarunner" ? 4 * vocabulary * parallel : 0;
	const loadedBytes = Math.round(weightsBytes + cache.total + overheadBytes + outputBytes);
	const reported = {
		"llama-server": weightsBytes + cache.reported + computeBytes + outputBytes,
		// Its estimate leaves the input table out, unless that is the output as well.
		llamarunner:
			weightsBytes - (hasOutputTensor(description) ? embeddingTableBytes(description) : 0) + cache.total,
		"ollama-engine": weightsBytes + cache.total + computeBytes + twice,
		mlx: loadedBytes,
	}[engine];
	return {
		weightsBytes: Math.round(weightsBytes),
		kvBytes: cache.total,
		computeBytes: Math.round(computeBytes),
		outputBytes,
		overheadBytes: Math.round(overheadBytes),
		loadedBytes,
		workingBytes: Math.round(loadedBytes + computeBytes * (embedding ? 2 : 1)),
		reportedBytes: Math.round(reported),
		kvBytesPerToken: cache.perToken,
		batch,
	};
}

/** Architecture name of the metadata; empty for cloud stubs. */
export function architecture(description: ModelDescription): string {
	const name = description.modelInfo["general.architecture"];
	return typeof name === "string" ? name : "";
}

/** A number of the model's own metadata section, such as `context_length`; null where there is none. */
export function architectureNumber(description: ModelDescription, key: string): number | null {
	const value = description.modelInfo[`${architecture(description)}.${key}`];
	return typeof value === "number" ? value : null;
}

interface Shape {
	readonly layers: number;
	readonly width: number;
	readonly feedForward: number;
	readonly kvHeads: number;
	readonly keyLength: number;
	readonly valueLength: number;
}

function shapeOf(description: ModelDescription): Shape {
	const number = (key: string, fallback: number): number => architectureNumber(description, key) ?? fallback;
	const width = number("embedding_length", 0);
	const heads = number("attention.head_count", 1);
	const headLength = width / heads;
	return {
		layers: number("block_count", 0) - number("nextn_predict_layers", 0),
		width,
		feedForward: number("feed_forward_length", 0),
		kvHeads: number("attention.head_count_kv", heads),
		keyLength: number("attention.key_length", headLength),
		valueLength: number("attention.value_length", headLength),
	};
}

function cacheBytes(
	description: ModelDescription,
	shape: Shape,
	run: {
		readonly engine: string;
		readonly context: number;
		readonly parallel: number;
		readonly batch: number;
	},
): { readonly total: number; readonly reported: number; readonly perToken: number } {
	if (["bert", "nomic-bert"].includes(architecture(description)))
		return { total: 0, reported: 0, perToken: 0 };
	const latent = architectureNumber(description, "attention.key_length_mla") !== null;
	const rank = architectureNumber(description, "attention.kv_lora_rank") ?? 0;
	const rope = architectureNumber(description, "rope.dimension_count") ?? 0;
	const perLayer = latent
		? 2 * (rank + rope) + (run.engine === "llama-server" ? 0 : 2 * rank)
		: 2 * shape.kvHeads * (shape.keyLength + shape.valueLength);
	const sliding = run.engine === "llamarunner" ? null : description.slidingWindow;
	if (sliding === null) {
		const total = run.context * run.parallel * perLayer * shape.layers;
		return { total, reported: total, perToken: perLayer * shape.layers };
	}
	const fullLayers = Math.floor(shape.layers / sliding.pattern);
	const slidingLayers = shape.layers - fullLayers;
	const slidingCells = slidingWindowCells(description, sliding.window, run);
	const full = run.context * run.parallel * perLayer * fullLayers;
	const windowed = slidingCells * perLayer * slidingLayers;
	// Since 0.30 the server reads the buffers off log lines, and the second line overwrites the first.
	const reported = run.engine === "llama-server" ? windowed : full + windowed;
	return { total: full + windowed, reported, perToken: perLayer * fullLayers };
}

function slidingWindowCells(
	description: ModelDescription,
	window: number,
	run: {
		readonly engine: string;
		readonly context: number;
		readonly parallel: number;
		readonly batch: number;
	},
): number {
	if (run.engine === "llama-server") return pad256(Math.min(run.context, window + run.batch)) * run.parallel;
	if (architecture(description).replace("-", "") === "gptoss")
		return Math.min(run.context * run.parallel, pad256(4096 + 512));
	const cells = run.parallel === 1 ? window + 512 : pad256((window + 1) * run.parallel + 512);
	return Math.min(run.context * run.parallel, cells);
}

function pad256(cells: number): number {
	return Math.ceil(cells / 256) * 256;
}

function hasOutputTensor(description: ModelDescription): boolean {
	return description.tensors.some((tensor) => tensor.name === "output.weight");
}

function embeddingTableBytes(description: ModelDescription): number {
	const table = description.tensors.find((tensor) => tensor.name === "token_embd.weight");
	return table === undefined ? 0 : tensorBytes(table);
}
