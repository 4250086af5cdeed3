import type { ModelFile } from "../model-file.ts";
import { readScenarios } from "./recordings.ts";

/** What tags and show said about one model. */
interface RecordedTag {
	readonly name: string;
	readonly digest: string;
	readonly size: number;
	readonly modified_at: string;
	readonly details: NonNullable<ModelFile["details"]>;
	readonly remote_model?: string;
	readonly remote_host?: string;
	readonly capabilities?: readonly string[];
}

interface RecordedShow {
	readonly modelfile: string;
	readonly parameters?: string;
	readonly template: string;
	readonly system?: string;
	readonly license?: string;
	readonly details: NonNullable<ModelFile["details"]>;
	readonly model_info: Readonly<Record<string, unknown>>;
	readonly tensors: NonNullable<ModelFile["tensors"]>;
	readonly capabilities: readonly string[];
}

/** Shapes of the models whose metadata was not asked for while recording; sizes are those of their tags. */
const UNASKED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	"plim-2g:latest": { "llama.context_length": 131_072, "llama.expert_count": 64 },
	// 131072 bytes of cache a token, as its failed load of 262144 tokens shows: 32 layers of 16 heads of 64.
	"plim-huge-kv:latest": {
		"llama.context_length": 262_144,
		"llama.block_count": 32,
		"llama.attention.head_count_kv": 16,
		"llama.attention.key_length": 64,
		"llama.attention.value_length": 64,
	},
};

/** Model files for the models a version was recorded with, so that its requests can be sent again. */
export function recordedModelFiles(version: string): readonly ModelFile[] {
	const requests = readScenarios(version).flatMap(({ requests: all }) => all);
	const listed = requests.find(({ id }) => id === "tags");
	const { models } = JSON.parse(listed?.answer?.body ?? '{"models":[]}') as {
		models: readonly RecordedTag[];
	};
	const shows = new Map<string, RecordedShow>();
	for (const { id, answer } of requests)
		if (/^show [^:]+(:f16)?$/.test(id) && answer?.status === 200)
			shows.set(`${id.slice(5)}`, JSON.parse(answer.body) as RecordedShow);
	const uploads = uploadsOf(requests);
	const files = models.map((tag) => fileOf(tag, shows, uploads));
	return [...files, engineModel("plim-qwen3", "qwen3"), engineModel("plim-gemma3", "gemma3")];
}

function fileOf(
	tag: RecordedTag,
	shows: ReadonlyMap<string, RecordedShow>,
	uploads: ReadonlyMap<string, string>,
): ModelFile {
	if (tag.remote_host !== undefined)
		return {
			name: tag.name,
			digest: tag.digest,
			size_bytes: tag.size,
			modified_at: tag.modified_at,
			details: tag.details,
			capabilities: [],
			remote: { model: tag.remote_model ?? "", host: tag.remote_host },
		};
	const bare = tag.name.replace(/:latest$/, "");
	const show = shows.get(bare === "plim-tiny-alias" ? "plim-tiny" : bare);
	const upload = uploads.get(bare);
	const common = {
		name: tag.name,
		digest: tag.digest,
		size_bytes: tag.size,
		modified_at: tag.modified_at,
		details: tag.details,
		vocab_size: 512,
		sees_images: false,
		...(upload === undefined ? {} : { source_blob: upload }),
	};
	if (show === undefined) {
		const like = shows.get("plim-1g");
		return {
			...common,
			weights_digest: upload ?? tag.digest,
			model_info: { ...like?.model_info, ...UNASKED[tag.name] },
			template: like?.template ?? "",
		};
	}
	return {
		...common,
		weights_digest: /sha256-([0-9a-f]{64})/.exec(show.modelfile)?.[1] ?? tag.digest,
		details: show.details,
		capabilities: [...show.capabilities],
		model_info: { ...show.model_info },
		tensors: show.tensors,
		template: show.template,
		...(show.system === undefined ? {} : { system: show.system }),
		...(show.license === undefined ? {} : { license: show.license }),
		parameters: Object.fromEntries(
			(show.parameters ?? "")
				.split("\n")
				.filter((line) => line !== "")
				.map((line) => [line.slice(0, line.indexOf(" ")), Number(line.slice(line.indexOf(" ")))]),
		),
	};
}

function uploadsOf(
	requests: readonly { readonly path: string; readonly body: string | null }[],
): ReadonlyMap<string, string> {
	const uploads = new Map<string, string>();
	for (const { path, body } of requests) {
		if (path !== "/api/create" || body === null) continue;
		const { model, files } = JSON.parse(body) as { model: string; files?: Readonly<Record<string, string>> };
		const digest = Object.values(files ?? {})[0];
		if (digest !== undefined) uploads.set(model, digest.replace("sha256:", ""));
	}
	return uploads;
}

/** Models of the scenario about the engine inside the server, of which only the families are known. */
function engineModel(name: string, family: string): ModelFile {
	return {
		name,
		size_bytes: 250_000_000,
		details: {
			parent_model: "",
			format: "gguf",
			family,
			families: [family],
			parameter_size: "110.0M",
			quantization_level: "F16",
		},
		model_info: {
			"general.architecture": family,
			[`${family}.block_count`]: 8,
			[`${family}.context_length`]: 40_960,
			[`${family}.embedding_length`]: 512,
			[`${family}.feed_forward_length`]: 1024,
			[`${family}.attention.head_count`]: 8,
			[`${family}.attention.head_count_kv`]: 4,
			"tokenizer.ggml.model": "gpt2",
		},
	};
}
