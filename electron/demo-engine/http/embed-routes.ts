import { countTokens, embeddingOf } from "../answers.ts";
import { EngineError, runnerStopped } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import { nanoseconds, refuseWhenBusy } from "../generation.ts";
import { parseKeepAlive } from "../keep-alive.ts";
import type { ModelDescription } from "../model-description.ts";
import { architectureNumber } from "../nominal-footprint.ts";
import type { Exchange } from "./exchange.ts";
import { type Body, decodeBody } from "./go-decode.ts";
import { runnerOf } from "./model-routes.ts";
import type { Route } from "./router.ts";

/** Vectors in Ollama's own dialect. */
export const embedRoutes: readonly Route[] = [
	{ method: "POST", path: "/api/embed", handle: embed },
	{ method: "POST", path: "/api/embeddings", handle: oldEmbeddings },
];

/** Vectors for texts, and what they cost. */
export interface Embedded {
	readonly vectors: readonly (readonly number[])[];
	readonly tokens: number;
	readonly totalNs: number;
	readonly loadNs: number;
}

/** Loads the model and computes; an empty list only loads. Throws `EngineError`. */
export async function embedTexts(
	state: EngineState,
	model: ModelDescription,
	texts: readonly string[],
	request: {
		readonly contextLength: number | null;
		readonly keepAliveMs: number | null;
		readonly signal: AbortSignal;
	},
): Promise<Embedded> {
	const startedAt = performance.now();
	refuseWhenBusy(state, model);
	const loaded = await state.scheduler.acquire({ description: model, ...request });
	const loadedAt = performance.now();
	try {
		if (texts.length === 0) return { vectors: [], tokens: 0, totalNs: 0, loadNs: 0 };
		const free = await loaded.slot(state.options.numParallel);
		try {
			loaded.runner.setBusy(true);
			const tokens = texts.reduce((sum, text) => sum + Math.max(1, countTokens(text)), 0);
			await loaded.takePrompt(texts.join("\n"), tokens, { keepsPrompts: false, extraBytes: 0 });
			const forMs = (tokens / state.options.promptTokensPerSecond) * 1000;
			await new Promise((resolve) => setTimeout(resolve, forMs));
			if (loaded.runner.hasExited) throw runnerStopped(state.options.flavour, true);
			const width = architectureNumber(model, "embedding_length") ?? 256;
			const vectors = texts.map((text) => embeddingOf(`${model.name}\n${text}`, width));
			return {
				vectors,
				tokens,
				totalNs: nanoseconds(performance.now() - startedAt),
				loadNs: nanoseconds(loadedAt - startedAt),
			};
		} finally {
			if (loaded.users <= 1) loaded.runner.setBusy(false);
			free();
		}
	} finally {
		state.scheduler.release(loaded);
	}
}

/** Texts of an `input`: one string or several; an empty one is none. */
export function inputsOf(input: unknown): readonly string[] {
	const list = Array.isArray(input) ? (input as unknown[]) : [input];
	return list.filter((text) => typeof text === "string" && text !== "") as string[];
}

/** The embedding endpoints' own words for a missing model. */
export function missingForEmbedding(name: string): EngineError {
	return new EngineError(404, `model ${JSON.stringify(name)} not found, try pulling it first`);
}

async function embed(state: EngineState, exchange: Exchange): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: "EmbedRequest",
		fields: { model: "string", truncate: "bool", options: "object" },
	});
	const { model, asked, request } = resolveRequest(state, exchange, body);
	const embedded = await embedTexts(state, model, inputsOf(body["input"]), request);
	if (embedded.vectors.length === 0) return exchange.json(200, { model: asked, embeddings: [] });
	exchange.json(200, {
		model: asked,
		embeddings: embedded.vectors,
		total_duration: embedded.totalNs,
		load_duration: embedded.loadNs,
		prompt_eval_count: embedded.tokens,
	});
}

async function oldEmbeddings(state: EngineState, exchange: Exchange): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: "EmbeddingRequest",
		fields: { model: "string", prompt: "string", options: "object" },
	});
	const { model, request } = resolveRequest(state, exchange, body);
	const embedded = await embedTexts(state, model, inputsOf(body["prompt"]), request);
	exchange.json(200, { embedding: embedded.vectors[0] ?? [] });
}

function resolveRequest(state: EngineState, exchange: Exchange, body: Body) {
	const asked = String(body["model"] ?? "");
	const model = state.catalogue.find(asked, runnerOf(body));
	if (model === null) throw missingForEmbedding(asked);
	if (model.remote !== null)
		throw new EngineError(403, "ollama cloud is disabled: remote model is unavailable");
	const keepAlive = parseKeepAlive(body["keep_alive"]);
	const contextLength = ((body["options"] ?? {}) as Record<string, unknown>)["num_ctx"];
	return {
		model,
		asked,
		request: {
			contextLength: typeof contextLength === "number" && contextLength > 0 ? contextLength : null,
			keepAliveMs: keepAlive.kind === "for" ? keepAlive.ms : null,
			signal: exchange.signal,
		},
	};
}
