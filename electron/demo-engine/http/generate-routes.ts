import { EngineError } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import {
	type Generation,
	type GenerationRequest,
	refuseWhenBusy,
	StreamCut,
	startGeneration,
	type ToolCall,
} from "../generation.ts";
import { parseKeepAlive } from "../keep-alive.ts";
import type { ModelDescription } from "../model-description.ts";
import { fullName, parseOllamaName } from "../ollama-name.ts";
import { chatDialect, type Dialect, generateDialect } from "./dialects.ts";
import { type Exchange, JSON_PLAIN, JSON_UTF8 } from "./exchange.ts";
import { type Body, decodeBody, imagesIn } from "./go-decode.ts";
import { notFound, runnerOf } from "./model-routes.ts";
import type { Route } from "./router.ts";

/** Answers, loads and unloads in Ollama's own dialect. */
export const generateRoutes: readonly Route[] = [
	{
		method: "POST",
		path: "/api/generate",
		handle: (state, exchange) => serve(state, exchange, generateDialect),
	},
	{ method: "POST", path: "/api/chat", handle: (state, exchange) => serve(state, exchange, chatDialect) },
];

async function serve(state: EngineState, exchange: Exchange, dialect: Dialect): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: dialect.struct,
		fields: {
			model: "string",
			prompt: "string",
			system: "string",
			template: "string",
			stream: "bool",
			raw: "bool",
			messages: "array",
			images: "array",
			options: "object",
		},
	});
	const asked = String(body["model"] ?? "");
	const model = state.catalogue.find(asked, runnerOf(body));
	if (model === null) throw notFound(asked);
	if (model.remote !== null)
		throw new EngineError(403, "ollama cloud is disabled: remote model is unavailable");
	const keepAlive = parseKeepAlive(body["keep_alive"]);
	const keepAliveMs = keepAlive.kind === "for" ? keepAlive.ms : null;
	const empty = dialect.isEmpty(body);
	const done = (reason: string): void =>
		exchange.json(200, {
			model: asked,
			created_at: now(),
			...dialect.whole("", "", []),
			done: true,
			done_reason: reason,
		});
	if (empty && keepAliveMs === 0) {
		state.scheduler.expire(model);
		return done("unload");
	}
	refuseUnable(model, asked, body, dialect);
	const contextLength = numberOption(body, "num_ctx");
	if (empty) {
		refuseWhenBusy(state, model);
		const loaded = await state.scheduler.acquire({
			description: model,
			contextLength,
			keepAliveMs,
			signal: exchange.signal,
		});
		state.scheduler.release(loaded);
		return done("load");
	}
	const streams = body["stream"] !== false;
	let generation: Generation;
	try {
		generation = await startGeneration(state, {
			description: model,
			transcript: dialect.transcript(body),
			prompt: dialect.prompt(body),
			imageCount: imagesIn(body).length,
			contextLength,
			maxTokens: numberOption(body, "num_predict"),
			keepAliveMs,
			think: typeof body["think"] === "boolean" ? body["think"] : null,
			format: body["format"],
			tools: toolsIn(body),
			signal: exchange.signal,
		});
	} catch (error) {
		if (!(error instanceof EngineError)) throw error;
		const framework =
			!streams || error.status !== 500 || !error.message.match(/runner has unexpectedly|unexpected EOF/);
		return exchange.json(error.status, { error: error.message }, framework ? JSON_UTF8 : JSON_PLAIN);
	}
	try {
		if (streams) await stream(exchange, asked, generation, dialect);
		else await whole(exchange, asked, generation, dialect);
	} finally {
		generation.finish();
	}
}

async function stream(
	exchange: Exchange,
	asked: string,
	generation: Generation,
	dialect: Dialect,
): Promise<void> {
	let text = "";
	try {
		for await (const piece of generation.pieces) {
			exchange.startStream("application/x-ndjson");
			if (piece.kind === "raw") exchange.write(`${piece.text}\n`);
			else exchange.line({ model: asked, created_at: now(), ...dialect.chunk(piece), done: false });
			if (piece.kind === "content") text += piece.text;
		}
		exchange.startStream("application/x-ndjson");
		exchange.line({
			model: asked,
			created_at: now(),
			...dialect.whole("", "", []),
			...ending(generation, dialect.last(contextOf(text))),
		});
	} catch (error) {
		if (error instanceof EngineError && !exchange.response.headersSent)
			return exchange.json(error.status, { error: error.message }, JSON_PLAIN);
		if (error instanceof EngineError) exchange.line({ error: error.message });
		else if (!(error instanceof StreamCut)) throw error;
	}
	exchange.end();
}

async function whole(
	exchange: Exchange,
	asked: string,
	generation: Generation,
	dialect: Dialect,
): Promise<void> {
	const collected = await collect(generation);
	exchange.json(200, {
		model: asked,
		created_at: now(),
		...dialect.whole(collected.content, collected.thinking, collected.calls),
		...ending(generation, dialect.last(contextOf(collected.content))),
	});
}

/** Reads an answer to its end. Throws as the answer does. */
export async function collect(generation: Generation): Promise<{
	readonly content: string;
	readonly thinking: string;
	readonly calls: readonly ToolCall[];
}> {
	let content = "";
	let thinking = "";
	const calls: ToolCall[] = [];
	try {
		for await (const piece of generation.pieces) {
			if (piece.kind === "content") content += piece.text;
			else if (piece.kind === "thinking") thinking += piece.text;
			else if (piece.kind === "tool-calls") calls.push(...piece.calls);
		}
	} catch (error) {
		if (!(error instanceof StreamCut)) throw error;
	}
	return { content, thinking, calls };
}

/** Refuses what the model cannot do, in the order and words of the server. */
export function refuseUnable(
	model: ModelDescription,
	asked: string,
	body: Body,
	dialect: { readonly verb: "generate" | "chat" },
): void {
	const { capabilities } = model;
	if (!capabilities.includes("completion"))
		throw new EngineError(400, `${JSON.stringify(asked)} does not support ${dialect.verb}`);
	const parsed = parseOllamaName(asked);
	if (toolsIn(body).length > 0 && !capabilities.includes("tools"))
		throw new EngineError(400, `${parsed === null ? asked : fullName(parsed)} does not support tools`);
	const think = body["think"];
	if (think !== undefined && think !== null && think !== false && !capabilities.includes("thinking"))
		throw new EngineError(400, `${JSON.stringify(asked)} does not support thinking`);
}

function ending(
	generation: Generation,
	extra: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
	const figures = generation.figures();
	return {
		done: true,
		done_reason: figures.doneReason,
		...extra,
		total_duration: figures.totalNs,
		load_duration: figures.loadNs,
		prompt_eval_count: figures.promptTokens,
		prompt_eval_duration: figures.promptNs,
		eval_count: figures.answerTokens,
		eval_duration: figures.answerNs,
	};
}

/** Tools of a request, by name. */
export function toolsIn(body: Body): GenerationRequest["tools"] {
	if (!Array.isArray(body["tools"])) return [];
	return (body["tools"] as unknown[]).flatMap((tool) => {
		const own = (tool as { function?: { name?: unknown; parameters?: unknown } } | null)?.function;
		return typeof own?.name === "string" ? [{ name: own.name, parameters: own.parameters ?? null }] : [];
	});
}

function numberOption(body: Body, key: string): number | null {
	const value = ((body["options"] ?? {}) as Record<string, unknown>)[key];
	return typeof value === "number" && value > 0 ? value : null;
}

function contextOf(text: string): readonly number[] {
	return [...text].slice(0, 64).map((character) => (character.codePointAt(0) ?? 0) + 3);
}

function now(): string {
	return new Date().toISOString();
}
