import type { ModelDescription } from "../model-description.ts";

/** What tells one cloud model from another. */
type CloudModel = Pick<
	ModelDescription,
	"name" | "digest" | "weightsDigest" | "sizeBytes" | "modifiedAt" | "remote"
>;

/** A model that runs in the cloud: a few bytes that name another host, and nothing of weights. */
export function cloudStub(model: CloudModel): ModelDescription {
	return {
		...model,
		details: {
			parent_model: "",
			format: "",
			family: "",
			families: null,
			parameter_size: "",
			quantization_level: "",
		},
		capabilities: [],
		modelInfo: {},
		projectorInfo: null,
		tensors: [],
		projectorBytes: 0,
		seesImages: false,
		vocabSize: 0,
		slidingWindow: null,
		parameters: {},
		template: "",
		system: "",
		license: "",
		runner: "ggml",
		sourceBlob: null,
		misbehave: {},
	};
}
