import type { Tensor } from "../model-description.ts";

/** What the tensor list of a published model follows from. */
export interface TensorPlan {
	readonly modelInfo: Readonly<Record<string, unknown>>;
	readonly vocabSize: number;
	readonly tiedEmbeddings: boolean;
	/** `Q4_K_M`, `Q4_0`, `F16` or `MXFP4`. */
	readonly quantization: string;
	/** Bytes of a vision tower inside the weights file; 0 without one. */
	readonly towerBytes: number;
	/** Some published files keep the value projection in F16. */
	readonly halfPrecisionValues: boolean;
}

/**
 * The tensors of a model by its published shape, quantised by llama.cpp's rules: with `Q4_K_M` the output and
 * about half of the value and down projections are Q6_K, the rest is Q4_K; rows that do not divide by 256 fall
 * back to Q5_0 and Q8_0.
 */
export function publishedTensors(plan: TensorPlan): readonly Tensor[] {
	const architecture = String(plan.modelInfo["general.architecture"]);
	const number = (key: string, fallback: number): number => {
		const value = plan.modelInfo[`${architecture}.${key}`];
		return typeof value === "number" ? value : fallback;
	};
	const width = number("embedding_length", 0);
	const heads = number("attention.head_count", 1);
	const kvHeads = number("attention.head_count_kv", heads);
	const keyLength = number("attention.key_length", width / heads);
	const valueLength = number("attention.value_length", width / heads);
	const feedForward = number("feed_forward_length", 0);
	const layers = number("block_count", 0);
	const experts = number("expert_count", 0);
	const expertWidth = number("expert_feed_forward_length", feedForward);
	const sharedWidth = number("expert_shared_count", 0) * expertWidth;
	const denseLayers = experts === 0 ? layers : number("leading_dense_block_count", 0);
	const bert = architecture === "bert" || architecture === "nomic-bert";
	const { quantization } = plan;

	const tensors: Tensor[] = [];
	const add = (name: string, type: string, ...shape: number[]): void => {
		tensors.push({ name, type: fallbackType(type, shape), shape });
	};
	const base = { Q4_K_M: "Q4_K", Q4_0: "Q4_0", F16: "F16", MXFP4: "BF16" }[quantization] ?? "F16";
	const better = { Q4_K_M: "Q6_K", Q4_0: "Q6_K", MXFP4: "BF16" }[quantization] ?? base;

	add("token_embd.weight", plan.tiedEmbeddings && !bert ? better : base, width, plan.vocabSize);
	for (let layer = 0; layer < layers; layer += 1) {
		const block = (part: string): string => `blk.${layer}.${part}.weight`;
		const more = quantization === "Q4_K_M" && usesMoreBits(layer, layers) ? "Q6_K" : base;
		add(block("attn_norm"), "F32", width);
		if (architecture === "deepseek2") {
			const rank = number("attention.kv_lora_rank", 512);
			const rope = number("rope.dimension_count", 64);
			add(block("attn_q"), base, width, heads * keyLength);
			add(block("attn_kv_a_mqa"), base, width, rank + rope);
			add(block("attn_kv_b"), base, rank, heads * (keyLength - rope + valueLength));
		} else if (architecture === "phi3") {
			add(block("attn_qkv"), "Q5_K", width, (heads + kvHeads) * keyLength + kvHeads * valueLength);
		} else {
			add(block("attn_q"), base, width, heads * keyLength);
			add(block("attn_k"), base, width, kvHeads * keyLength);
			add(block("attn_v"), plan.halfPrecisionValues ? "F16" : more, width, kvHeads * valueLength);
		}
		add(block("attn_output"), base, heads * valueLength, width);
		add(block("ffn_norm"), "F32", width);
		if (layer < denseLayers) {
			if (architecture !== "bert" && architecture !== "phi3")
				add(block("ffn_gate"), base, width, feedForward);
			add(block("ffn_up"), base, width, architecture === "phi3" ? 2 * feedForward : feedForward);
			add(block("ffn_down"), more, feedForward, width);
			continue;
		}
		const expertType = quantization === "MXFP4" ? "MXFP4" : base;
		add(block("ffn_gate_inp"), "F32", width, experts);
		add(block("ffn_gate_exps"), expertType, width, expertWidth, experts);
		add(block("ffn_up_exps"), expertType, width, expertWidth, experts);
		add(block("ffn_down_exps"), quantization === "MXFP4" ? "MXFP4" : more, expertWidth, width, experts);
		if (sharedWidth > 0) {
			add(block("ffn_gate_shexp"), base, width, sharedWidth);
			add(block("ffn_up_shexp"), base, width, sharedWidth);
			add(block("ffn_down_shexp"), more, sharedWidth, width);
		}
	}
	add("output_norm.weight", "F32", width);
	if (!plan.tiedEmbeddings) add("output.weight", better, width, plan.vocabSize);
	const towerBlocks = plan.towerBytes === 0 ? 0 : 27;
	for (let block = 0; block < towerBlocks; block += 1)
		tensors.push({
			name: `v.blk.${block}.weight`,
			type: "F16",
			shape: [Math.round(plan.towerBytes / 2 / towerBlocks)],
		});
	return tensors;
}

/** llama.cpp gives the first and last eighth of the layers, and every third between, the larger type. */
function usesMoreBits(layer: number, layers: number): boolean {
	const eighth = Math.floor(layers / 8);
	return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

function fallbackType(type: string, shape: readonly number[]): string {
	if ((shape[0] ?? 0) % 256 === 0) return type;
	return { Q4_K: "Q5_0", Q5_K: "Q5_1", Q6_K: "Q8_0" }[type] ?? type;
}
