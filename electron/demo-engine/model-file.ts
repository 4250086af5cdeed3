import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { derivedDigest } from "./library/library.ts";
import { misbehaviourKindSchema } from "./misbehaviour.ts";
import type { ModelDescription } from "./model-description.ts";

const measureSchema = z.union([z.number(), z.literal(true)]);

/** A model file: adds a model, or changes one of the library that has the same name. */
export const modelFileSchema = z.strictObject({
	name: z.string().min(1),
	/** Library model whose description is taken over where this file says nothing. */
	base: z.string().optional(),
	digest: z.string().optional(),
	weights_digest: z.string().optional(),
	/** Upload from which `create` makes this model. */
	source_blob: z.string().optional(),
	size_bytes: z.number().int().optional(),
	modified_at: z.string().optional(),
	details: z
		.object({
			parent_model: z.string(),
			format: z.string(),
			family: z.string(),
			families: z.array(z.string()).nullable(),
			parameter_size: z.string(),
			quantization_level: z.string(),
		})
		.optional(),
	capabilities: z.array(z.string()).optional(),
	model_info: z.record(z.string(), z.unknown()).optional(),
	tensors: z.array(z.object({ name: z.string(), type: z.string(), shape: z.array(z.number()) })).optional(),
	vocab_size: z.number().optional(),
	sees_images: z.boolean().optional(),
	parameters: z
		.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
		.optional(),
	template: z.string().optional(),
	system: z.string().optional(),
	license: z.string().optional(),
	remote: z.object({ model: z.string(), host: z.string() }).optional(),
	runner: z.enum(["ggml", "llamacpp", "mlx"]).optional(),
	/** Known to `create` or `pull` and not installed at the start. */
	installed: z.boolean().optional(),
	misbehave: z.partialRecord(misbehaviourKindSchema, measureSchema).optional(),
});

/** The contents of a model file. */
export type ModelFile = z.infer<typeof modelFileSchema>;

/** Reads every `*.json` of a directory. Throws an error that names the file when one is no model file. */
export function readModelFiles(directory: string): readonly ModelFile[] {
	return readdirSync(directory)
		.filter((file) => file.endsWith(".json"))
		.sort()
		.map((file) => {
			const parsed = modelFileSchema.safeParse(JSON.parse(readFileSync(join(directory, file), "utf8")));
			if (!parsed.success) throw new Error(`${file} is not a model file: ${z.prettifyError(parsed.error)}`);
			return parsed.data;
		});
}

/** The description a model file makes, over what the library says of its base. */
export function describeModelFile(file: ModelFile, base: ModelDescription | null): ModelDescription {
	const size = file.size_bytes ?? base?.sizeBytes ?? 0;
	return {
		name: file.name,
		digest:
			file.digest ??
			(file.base === undefined ? base?.digest : undefined) ??
			derivedDigest("manifest", file.name),
		weightsDigest: file.weights_digest ?? base?.weightsDigest ?? derivedDigest("weights", file.name),
		sizeBytes: size,
		modifiedAt: file.modified_at ?? base?.modifiedAt ?? new Date(0).toISOString(),
		details: file.details ??
			base?.details ?? {
				parent_model: "",
				format: "gguf",
				family: "llama",
				families: ["llama"],
				parameter_size: "",
				quantization_level: "F16",
			},
		capabilities: file.capabilities ?? base?.capabilities ?? ["completion"],
		modelInfo: file.model_info ?? base?.modelInfo ?? defaultModelInfo(),
		projectorInfo: base?.projectorInfo ?? null,
		// A model of which only the size is known is one block of weights, next to nothing else.
		tensors: file.tensors ??
			base?.tensors ?? [
				{ name: "token_embd.weight", type: "F16", shape: [64, 512] },
				{ name: "output.weight", type: "F16", shape: [64, 512] },
				{ name: "blk.0.ffn_up.weight", type: "F16", shape: [Math.max(0, Math.round(size / 2) - 65_536)] },
			],
		projectorBytes: base?.projectorBytes ?? 0,
		seesImages: file.sees_images ?? base?.seesImages ?? false,
		vocabSize: file.vocab_size ?? base?.vocabSize ?? 512,
		slidingWindow: base?.slidingWindow ?? null,
		parameters: file.parameters ?? base?.parameters ?? {},
		template: file.template ?? base?.template ?? "{{ .Prompt }}",
		system: file.system ?? base?.system ?? "",
		license: file.license ?? base?.license ?? "",
		remote: file.remote ?? base?.remote ?? null,
		runner: file.runner ?? base?.runner ?? "ggml",
		sourceBlob: file.source_blob ?? null,
		misbehave: file.misbehave ?? base?.misbehave ?? {},
	};
}

function defaultModelInfo(): Readonly<Record<string, unknown>> {
	return {
		"general.architecture": "llama",
		"general.file_type": 1,
		"general.parameter_count": 1_000_000,
		"general.quantization_version": 2,
		"llama.attention.head_count": 8,
		"llama.attention.head_count_kv": 4,
		"llama.block_count": 4,
		"llama.context_length": 32_768,
		"llama.embedding_length": 64,
		"llama.feed_forward_length": 128,
		"tokenizer.ggml.model": "llama",
		"tokenizer.ggml.tokens": null,
	};
}
