import { z } from "zod";
import { type InstalledModel, type ModelDetails, modelKey } from "../../../shared/model.ts";
import { isCloudName, isRollbackName } from "../../../shared/model-name.ts";
import type { ChatChunk, LoadedRow, ModelFacts, PullProgress } from "./engine.ts";
import { readExpiry, readTime } from "./engine-time.ts";

/** A text that some versions leave out or send as null. */
const text = z
	.string()
	.nullish()
	.transform((value) => value ?? "");

const texts = z
	.array(z.string())
	.nullish()
	.transform((value) => value ?? []);

const count = z
	.number()
	.nullish()
	.transform((value) => value ?? 0);

const runnerName = z
	.string()
	.nullish()
	.transform((value) => (value === undefined || value === null || value === "" ? null : value));

const details = z
	.looseObject({
		format: text,
		family: text,
		parameter_size: text,
		quantization_level: text,
		context_length: z.number().nullish(),
		runner: runnerName,
	})
	.nullish();

/** A row needs a name; everything else has an answer for "not said". */
function rows<Row extends z.ZodType>(row: Row) {
	return z.looseObject({
		models: z
			.array(row)
			.nullable()
			.transform((value): readonly z.output<Row>[] => value ?? []),
	});
}

/** `/api/version`. */
export const versionAnswer = z.looseObject({ version: z.string() });

/** `/api/ps`. */
export const psAnswer = rows(
	z.looseObject({
		name: z.string().min(1),
		digest: text,
		size: count,
		size_vram: count,
		context_length: count,
		expires_at: z.string().nullish(),
		remote_host: text,
		runner: runnerName,
		details,
	}),
);

/** `/api/tags`. */
export const tagsAnswer = rows(
	z.looseObject({
		name: z.string().min(1),
		digest: text,
		size: count,
		modified_at: z.string().nullish(),
		remote_host: text,
		capabilities: texts,
		details,
	}),
);

/** `/api/show`. */
export const showAnswer = z.looseObject({
	details,
	capabilities: texts,
	parameters: text,
	modelfile: text,
	model_info: z
		.record(z.string(), z.unknown())
		.nullish()
		.transform((value) => value ?? {}),
	tensors: z
		.array(z.looseObject({ name: z.string(), type: z.string(), shape: z.array(z.number()) }))
		.nullish()
		.transform((value) => value ?? []),
	manifests: z
		.array(
			z.looseObject({
				digest: z.string(),
				runner: text,
				selected: z
					.boolean()
					.nullish()
					.transform((value) => value ?? false),
			}),
		)
		.nullish()
		.transform((value) => value ?? []),
});

/** What a load, touch or unload is answered with; an engine may also put an error here under HTTP 200. */
export const residencyAnswer = z.looseObject({ error: z.unknown().optional() });

const durationNs = z.number().nullish();

/** A line of `/api/chat`. */
export const chatLine = z.looseObject({
	message: z.looseObject({ content: text, thinking: text }).nullish(),
	done: z.boolean().nullish(),
	done_reason: z.string().nullish(),
	prompt_eval_count: z.number().nullish(),
	eval_count: z.number().nullish(),
	load_duration: durationNs,
	prompt_eval_duration: durationNs,
	eval_duration: durationNs,
});

/** A line of `/api/pull`. */
export const pullLine = z.looseObject({
	status: z.string(),
	digest: z.string().nullish(),
	total: z.number().nullish(),
	completed: z.number().nullish(),
});

function detailsOf(said: z.output<typeof details>): ModelDetails {
	return {
		format: said?.format ?? "",
		family: said?.family ?? "",
		parameterSize: said?.parameter_size ?? "",
		quantization: said?.quantization_level ?? "",
		contextLength: said?.context_length ?? null,
	};
}

/** Loaded models of a `/api/ps` answer; what runs in the cloud takes nothing here. */
export function loadedRowsOf(answer: z.output<typeof psAnswer>, nowMs: number): readonly LoadedRow[] {
	return answer.models
		.filter((row) => !isRollbackName(row.name) && !isCloudName(row.name) && row.remote_host === "")
		.map((row) => ({
			key: modelKey(row.name, row.digest, row.runner),
			name: row.name,
			digest: row.digest,
			runner: row.runner,
			details: detailsOf(row.details),
			reportedBytes: row.size,
			reportedGpuBytes: row.size_vram,
			contextLength: row.context_length,
			expiresAt: readExpiry(row.expires_at, nowMs),
		}));
}

/** Models of a `/api/tags` answer, rollback rows left out. */
export function installedModelsOf(answer: z.output<typeof tagsAnswer>): readonly InstalledModel[] {
	return answer.models
		.filter((row) => !isRollbackName(row.name))
		.map((row) => {
			const runner = row.details?.runner ?? null;
			return {
				key: modelKey(row.name, row.digest, runner),
				name: row.name,
				digest: row.digest,
				runner,
				sizeBytes: row.size,
				modifiedAt: readTime(row.modified_at) ?? 0,
				details: detailsOf(row.details),
				capabilities: row.capabilities,
				location: row.remote_host !== "" || isCloudName(row.name) ? ("cloud" as const) : ("local" as const),
			};
		});
}

/** Facts of a `/api/show` answer. */
export function modelFactsOf(name: string, answer: z.output<typeof showAnswer>): ModelFacts {
	const contextLength = /^num_ctx\s+(\d+)/m.exec(answer.parameters)?.[1];
	return {
		name,
		capabilities: answer.capabilities,
		details: detailsOf(answer.details),
		info: answer.model_info,
		modelfileContextLength: contextLength === undefined ? null : Number(contextLength),
		weightsBlob: /^FROM .*sha256[-:]([0-9a-f]{64})/m.exec(answer.modelfile)?.[1] ?? null,
		tensors: answer.tensors,
		manifests: answer.manifests,
	};
}

const NS_PER_MS = 1e6;

function msOf(ns: number | null | undefined): number | null {
	return ns === null || ns === undefined ? null : ns / NS_PER_MS;
}

/** Pieces of one line of `/api/chat`: thinking, text, and the end where the line is the last one. */
export function chatChunksOf(line: z.output<typeof chatLine>): readonly ChatChunk[] {
	const chunks: ChatChunk[] = [];
	const { message } = line;
	if (message?.thinking) chunks.push({ kind: "thinking", text: message.thinking });
	if (message?.content) chunks.push({ kind: "text", text: message.content });
	if (line.done === true)
		chunks.push({
			kind: "done",
			reason: line.done_reason ?? "stop",
			promptTokens: line.prompt_eval_count ?? null,
			answerTokens: line.eval_count ?? null,
			loadMs: msOf(line.load_duration),
			promptMs: msOf(line.prompt_eval_duration),
			answerMs: msOf(line.eval_duration),
		});
	return chunks;
}

/** A step of a pull. */
export function pullProgressOf(line: z.output<typeof pullLine>): PullProgress {
	return {
		status: line.status,
		digest: line.digest ?? null,
		totalBytes: line.total ?? null,
		doneBytes: line.completed ?? null,
	};
}
