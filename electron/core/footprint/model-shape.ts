import type { ModelFacts } from "../engine/engine.ts";

/** The dimensions of a model that decide what it takes; what its metadata does not say is null. */
export interface ModelShape {
	/** `general.architecture`, lower case. */
	readonly architecture: string;
	readonly layers: number;
	readonly embeddingLength: number;
	readonly heads: number;
	/** Key/value heads of each layer; 0 for a layer without attention. */
	readonly kvHeads: readonly number[];
	/** The metadata gives them layer by layer; an approximation stands in where the list was cut away. */
	readonly kvHeadsKnown: boolean;
	readonly keyLength: number;
	readonly valueLength: number;
	readonly feedForwardLength: number;
	readonly vocabulary: number;
	/** Byte-pair tokenizers carry merges and take more memory than word lists. */
	readonly tokenizer: "bpe" | "other";
	/** Trained context in tokens. */
	readonly trainedContext: number;
	/** Tokens a sliding layer looks back, or null where every layer sees all. */
	readonly slidingWindow: number | null;
	/** True for layers that slide, where the metadata lists them. */
	readonly slidingPattern: readonly boolean[] | null;
	readonly embedding: boolean;
	readonly vision: boolean;
	/** Latent attention: bytes are kept per token of this rank instead of per head. */
	readonly latent: {
		readonly rank: number;
		readonly ropeLength: number;
		readonly compressed: boolean;
	} | null;
	/** State-space layers. */
	readonly stateSpace: {
		readonly convKernel: number;
		readonly innerSize: number;
		readonly stateSize: number;
		readonly groups: number;
	} | null;
	/** Cached positions of short convolutions (lfm2). */
	readonly shortConvolution: number | null;
	/** Every n-th layer has full attention, the others keep a state (qwen3next and its kin). */
	readonly fullAttentionEvery: number | null;
	/** Layers whose cache other layers share (gemma3n, gemma4). */
	readonly sharedCacheLayers: number;
	/** No output matrix of its own: the token embeddings serve for it. */
	readonly tiedEmbeddings: boolean;
}

function number(value: unknown): number | null {
	return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function numbers(value: unknown): readonly number[] | null {
	return Array.isArray(value) && value.every((each) => typeof each === "number") ? (value as number[]) : null;
}

/** Reads a model's shape from `/api/show`; null where it says too little for any formula. */
export function modelShape(facts: Pick<ModelFacts, "info" | "tensors" | "capabilities">): ModelShape | null {
	const { info, tensors } = facts;
	const architecture = typeof info["general.architecture"] === "string" ? info["general.architecture"] : "";
	const of = (key: string): unknown => info[`${architecture}.${key}`];
	const layerCount = number(of("block_count"));
	const embeddingLength = number(of("embedding_length"));
	if (architecture === "" || layerCount === null || embeddingLength === null) return null;
	const layers = layerCount - (number(of("nextn_predict_layers")) ?? 0);

	const headsEach = numbers(of("attention.head_count"));
	const heads = number(of("attention.head_count")) ?? Math.max(0, ...(headsEach ?? [0]));
	const kvEach = numbers(of("attention.head_count_kv"));
	const kvOne = number(of("attention.head_count_kv"));
	const kvHeads = kvEach ?? Array.from({ length: layers }, () => kvOne ?? heads);
	const headLength = heads > 0 ? embeddingLength / heads : 0;

	const embeddings = tensors.find((tensor) => tensor.name === "token_embd.weight");
	const tokens = info["tokenizer.ggml.tokens"];
	const vocabulary =
		number(of("vocab_size")) ?? embeddings?.shape[1] ?? (Array.isArray(tokens) ? tokens.length : 0);
	const feedForward =
		number(of("feed_forward_length")) ?? Math.max(0, ...(numbers(of("feed_forward_length")) ?? [0]));
	const pattern = of("attention.sliding_window_pattern");
	const window = number(of("attention.sliding_window"));
	const rank = number(of("attention.kv_lora_rank"));
	const innerSize = number(of("ssm.inner_size"));

	return {
		architecture: architecture.toLowerCase(),
		layers,
		embeddingLength,
		heads,
		kvHeads: kvHeads.slice(0, layers),
		kvHeadsKnown: kvEach !== null || kvOne !== null || heads === 0,
		keyLength: number(of("attention.key_length")) ?? headLength,
		valueLength: number(of("attention.value_length")) ?? headLength,
		feedForwardLength: feedForward,
		vocabulary,
		tokenizer: info["tokenizer.ggml.model"] === "gpt2" ? "bpe" : "other",
		trainedContext: number(of("context_length")) ?? 0,
		slidingWindow: window !== null && window > 0 ? window : null,
		slidingPattern:
			Array.isArray(pattern) && pattern.every((each) => typeof each === "boolean") ? pattern : null,
		embedding: of("pooling_type") !== undefined || facts.capabilities.includes("embedding"),
		vision: facts.capabilities.includes("vision") || number(of("vision.block_count")) !== null,
		latent:
			rank === null
				? null
				: {
						rank,
						ropeLength: number(of("rope.dimension_count")) ?? 0,
						compressed: of("attention.key_length_mla") !== undefined,
					},
		stateSpace:
			innerSize === null
				? null
				: {
						convKernel: number(of("ssm.conv_kernel")) ?? 4,
						innerSize,
						stateSize: number(of("ssm.state_size")) ?? 0,
						groups: number(of("ssm.group_count")) ?? 0,
					},
		shortConvolution: number(of("shortconv.l_cache")),
		fullAttentionEvery: number(of("full_attention_interval")),
		sharedCacheLayers: number(of("attention.shared_kv_layers")) ?? 0,
		tiedEmbeddings: tensors.length > 0 && !tensors.some((tensor) => tensor.name === "output.weight"),
	};
}
