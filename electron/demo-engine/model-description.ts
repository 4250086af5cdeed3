import type { MisbehaviourKind } from "./misbehaviour.ts";

/** Which program runs a model. `ggml` and `llamacpp` are both `llama-server` since 0.30; `mlx` exists from 0.40. */
export type RunnerKind = "ggml" | "llamacpp" | "mlx";

/** One tensor as `/api/show` lists it; the shape has its fastest dimension first. */
export interface Tensor {
	readonly name: string;
	readonly type: string;
	readonly shape: readonly number[];
}

/** The `details` object of tags, ps and show. */
export interface ModelDetails {
	readonly parent_model: string;
	readonly format: string;
	readonly family: string;
	readonly families: readonly string[] | null;
	readonly parameter_size: string;
	readonly quantization_level: string;
}

/** A value of a Modelfile parameter; lists appear as several lines. */
export type ParameterValue = string | number | boolean | readonly string[];

/** One installed model: all that the protocol says about it, and what its footprint follows from. */
export interface ModelDescription {
	/** Display name with its tag, such as `team/plim-mid:f16`. */
	readonly name: string;
	/** Manifest digest, 64 hex digits, as in tags and ps. */
	readonly digest: string;
	/** Digest of the weights blob, 64 hex digits. Tags that share it share one runner. */
	readonly weightsDigest: string;
	/** What tags say: the sum of all layers. */
	readonly sizeBytes: number;
	/** RFC 3339 time, as tags print it. */
	readonly modifiedAt: string;
	readonly details: ModelDetails;
	readonly capabilities: readonly string[];
	readonly modelInfo: Readonly<Record<string, unknown>>;
	readonly projectorInfo: Readonly<Record<string, unknown>> | null;
	readonly tensors: readonly Tensor[];
	/** Bytes of a separate projector layer; 0 without one. */
	readonly projectorBytes: number;
	/** Whether an image can really be looked at: a capability alone does not make it so. */
	readonly seesImages: boolean;
	readonly vocabSize: number;
	readonly slidingWindow: { readonly window: number; readonly pattern: number } | null;
	readonly parameters: Readonly<Record<string, ParameterValue>>;
	readonly template: string;
	readonly system: string;
	readonly license: string;
	/** Set for models that run in the cloud and take no local memory. */
	readonly remote: { readonly model: string; readonly host: string } | null;
	readonly runner: RunnerKind;
	/** Digest of an uploaded file from which `create` makes this model without the file being there. */
	readonly sourceBlob: string | null;
	/** Misbehaviours this model has from the start. */
	readonly misbehave: Readonly<Partial<Record<MisbehaviourKind, number | true>>>;
}
