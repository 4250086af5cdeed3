import { createHash } from "node:crypto";
import type { DemoFlavour } from "../command.ts";
import type { ModelDescription, ParameterValue, RunnerKind } from "../model-description.ts";
import { tensorBytes } from "../nominal-footprint.ts";
import { cloudStub } from "./cloud-stub.ts";
import publishedModels from "./models.json" with { type: "json" };
import { publishedTensors } from "./tensors.ts";

/** The shape of one entry of `models.json`: published metadata, nothing of the weights. */
interface PublishedModel {
	readonly name: string;
	/** Installed at the start; the others can be pulled. */
	readonly installed: boolean;
	readonly digest?: string;
	readonly digestPrefix?: string;
	readonly sizeBytes: number;
	readonly details: {
		readonly format: string;
		readonly family: string;
		readonly families: readonly string[];
		readonly parameter_size: string;
		readonly quantization_level: string;
	};
	readonly capabilities: readonly string[];
	readonly modelInfo: Readonly<Record<string, unknown>>;
	readonly vocabSize: number;
	readonly tiedEmbeddings: boolean;
	readonly projector?: { readonly kind: string; readonly bytes: number };
	readonly slidingWindow?: { readonly window: number; readonly pattern: number };
	readonly parameters?: Readonly<Record<string, ParameterValue>>;
	readonly license: string;
	readonly halfPrecisionValues?: boolean;
}

/** What a demo engine has at the start, and what it can pretend to pull. */
export interface Library {
	readonly installed: readonly ModelDescription[];
	readonly pullable: readonly ModelDescription[];
}

/** Models that appear as MLX in the 0.40 flavour: the whole tag, or beside the file pulled earlier. */
const MLX_ALONE = ["gemma3:4b", "llama3.2:3b"];
const MLX_BESIDE_GGUF = ["qwen3:8b"];

/** Names such as digests are made of; stable over runs. */
export function derivedDigest(...parts: readonly string[]): string {
	return createHash("sha256").update(parts.join("\n")).digest("hex");
}

/** The demo's models for a flavour. */
export function demoLibrary(flavour: DemoFlavour): Library {
	const described = (publishedModels as readonly PublishedModel[]).map((model, index) => ({
		installed: model.installed,
		description: describe(model, index),
	}));
	const plain = described.filter(({ installed }) => installed).map(({ description }) => description);
	const installed = [...plain, tooBig(), installedCloudStub()];
	return {
		installed: flavour === "0.40" ? installed.flatMap(withMlx) : installed,
		pullable: described.map(({ description }) => description),
	};
}

function describe(model: PublishedModel, index: number): ModelDescription {
	const projectorBytes = model.projector?.kind === "layer" ? model.projector.bytes : 0;
	const tensors = publishedTensors({
		modelInfo: model.modelInfo,
		vocabSize: model.vocabSize,
		tiedEmbeddings: model.tiedEmbeddings,
		quantization: model.details.quantization_level,
		towerBytes: model.projector?.kind === "in_weights" ? model.projector.bytes : 0,
		halfPrecisionValues: model.halfPrecisionValues ?? false,
	});
	const derived = derivedDigest("manifest", model.name);
	return {
		name: model.name,
		digest: model.digest ?? (model.digestPrefix ?? "") + derived.slice(model.digestPrefix?.length ?? 0),
		weightsDigest: derivedDigest("weights", model.name),
		sizeBytes: model.sizeBytes,
		modifiedAt: new Date(Date.UTC(2026, 5, 1) - index * 86_400_000).toISOString(),
		details: { parent_model: "", ...detailsInOrder(model) },
		capabilities: model.capabilities,
		modelInfo: model.modelInfo,
		projectorInfo:
			model.projector?.kind === "layer"
				? { "general.architecture": "clip", "clip.has_vision_encoder": true, "general.file_type": 1 }
				: null,
		tensors,
		projectorBytes,
		seesImages: model.capabilities.includes("vision"),
		vocabSize: model.vocabSize,
		slidingWindow: model.slidingWindow ?? null,
		parameters: model.parameters ?? {},
		template: templateOf(model.capabilities),
		system: "",
		license: model.license,
		remote: null,
		runner: "ggml",
		sourceBlob: null,
		misbehave: {},
	};
}

function detailsInOrder(model: PublishedModel): Omit<ModelDescription["details"], "parent_model"> {
	const { format, family, families, parameter_size, quantization_level } = model.details;
	return { format, family, families, parameter_size, quantization_level };
}

function templateOf(capabilities: readonly string[]): string {
	if (capabilities.includes("embedding")) return "{{ .Prompt }}";
	const tools = capabilities.includes("tools") ? "{{ if .Tools }}{{ .Tools }} {{ end }}" : "";
	const thinking = capabilities.includes("thinking")
		? "{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}"
		: "";
	return `{{ if .System }}{{ .System }} {{ end }}${tools}${thinking}{{ .Prompt }}`;
}

/** A model no ordinary Mac has room for, so that a refusal can be seen: the shape of a 70-billion Llama. */
function tooBig(): ModelDescription {
	const modelInfo = {
		"general.architecture": "llama",
		"general.file_type": 15,
		"general.parameter_count": 70_553_706_496,
		"general.quantization_version": 2,
		"llama.attention.head_count": 64,
		"llama.attention.head_count_kv": 8,
		"llama.attention.layer_norm_rms_epsilon": 1e-5,
		"llama.block_count": 80,
		"llama.context_length": 131_072,
		"llama.embedding_length": 8192,
		"llama.feed_forward_length": 28_672,
		"llama.rope.dimension_count": 128,
		"llama.rope.freq_base": 500_000,
		"llama.vocab_size": 128_256,
		"tokenizer.ggml.merges": null,
		"tokenizer.ggml.model": "gpt2",
		"tokenizer.ggml.pre": "llama-bpe",
		"tokenizer.ggml.token_type": null,
		"tokenizer.ggml.tokens": null,
	};
	const described = describe(
		{
			name: "llama3.3:70b",
			installed: true,
			sizeBytes: 0,
			details: {
				format: "gguf",
				family: "llama",
				families: ["llama"],
				parameter_size: "70.6B",
				quantization_level: "Q4_K_M",
			},
			capabilities: ["completion", "tools"],
			modelInfo,
			vocabSize: 128_256,
			tiedEmbeddings: false,
			license: "Llama 3.3 Community License",
		},
		40,
	);
	const weights = described.tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
	return { ...described, sizeBytes: Math.round(weights + 7_800_000) };
}

function installedCloudStub(): ModelDescription {
	const name = "gpt-oss:120b-cloud";
	return cloudStub({
		name,
		digest: derivedDigest("manifest", name),
		weightsDigest: derivedDigest("weights", name),
		sizeBytes: 384,
		modifiedAt: new Date(Date.UTC(2026, 3, 1)).toISOString(),
		remote: { model: "gpt-oss:120b", host: "https://ollama.com:443" },
	});
}

/** On Apple silicon 0.40 prefers MLX: a tag then is one MLX model, or a list of variants under one name. */
function withMlx(model: ModelDescription): readonly ModelDescription[] {
	if (MLX_ALONE.includes(model.name)) return [mlxVariant(model)];
	if (!MLX_BESIDE_GGUF.includes(model.name)) return [model];
	const kept = derivedDigest("rollback", model.name);
	return [mlxVariant(model), as(model, "llamacpp"), { ...model, name: `llamacpp:${kept}`, digest: kept }];
}

function as(model: ModelDescription, runner: RunnerKind): ModelDescription {
	return { ...model, runner, digest: derivedDigest(runner, model.name) };
}

function mlxVariant(model: ModelDescription): ModelDescription {
	return {
		...as(model, "mlx"),
		weightsDigest: derivedDigest("mlx weights", model.name),
		sizeBytes: Math.round(model.sizeBytes * 0.92),
		details: { ...model.details, format: "safetensors", families: null, quantization_level: "int4" },
		tensors: [],
	};
}
