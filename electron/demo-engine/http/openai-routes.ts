import { randomInt } from "node:crypto";
import { canonicalName } from "../catalogue.ts";
import type { DemoFlavour } from "../command.ts";
import type { EngineState } from "../engine-state.ts";
import { type Generation, startGeneration, type ToolCall } from "../generation.ts";
import type { ModelDescription } from "../model-description.ts";
import { parseOllamaName } from "../ollama-name.ts";
import {
	BadRequest,
	compatibleBody,
	compatibleGeneration,
	compatibleModel,
	contentOf,
	inDialect,
	limitOf,
	seconds,
	streamed,
	usageOf,
} from "./compatible.ts";
import { embedTexts, inputsOf, missingForEmbedding } from "./embed-routes.ts";
import { type Exchange, JSON_PLAIN } from "./exchange.ts";
import { collect, refuseUnable, toolsIn } from "./generate-routes.ts";
import type { Body } from "./go-decode.ts";
import { notFound } from "./model-routes.ts";
import type { Route } from "./router.ts";

/** The endpoints in OpenAI's dialect, but for `/v1/responses`. */
export const openaiRoutes: readonly Route[] = [
	{ method: "GET", path: "/v1/models", handle: models },
	{ method: "GET", path: "/v1/models/", handle: inDialect(oneModel) },
	{ method: "POST", path: "/v1/chat/completions", handle: inDialect(chat) },
	{ method: "POST", path: "/v1/completions", handle: inDialect(completions) },
	{ method: "POST", path: "/v1/embeddings", handle: inDialect(embeddings) },
];

function models(state: EngineState, exchange: Exchange): void {
	exchange.json(
		200,
		{ object: "list", data: state.catalogue.list().map((model) => modelRow(model, model.name)) },
		JSON_PLAIN,
	);
}

function oneModel(state: EngineState, exchange: Exchange): void {
	const model = state.catalogue.find(exchange.rest);
	if (model === null)
		throw notFound(
			state.options.flavour === "0.24" ? exchange.rest : (canonicalName(exchange.rest) ?? exchange.rest),
		);
	exchange.json(200, modelRow(model, exchange.rest), JSON_PLAIN);
}

function modelRow(model: ModelDescription, id: string): Readonly<Record<string, unknown>> {
	return {
		id,
		object: "model",
		created: Math.floor(Date.parse(model.modifiedAt) / 1000),
		owned_by: parseOllamaName(model.name)?.namespace ?? "library",
	};
}

async function chat(state: EngineState, exchange: Exchange): Promise<void> {
	const body = await compatibleBody(exchange);
	const messages = Array.isArray(body["messages"])
		? (body["messages"] as { role?: unknown; content?: unknown }[])
		: [];
	if (messages.length === 0) throw new BadRequest("[] is too short - 'messages'");
	const { asked, model } = compatibleModel(state, body);
	const effort = body["reasoning_effort"];
	refuseUnable(model, asked, body, { verb: "chat" });
	const parts = messages.map(({ role, content }) => ({ role, ...contentOf(content) }));
	const format = body["response_format"] as
		| { type?: unknown; json_schema?: { schema?: unknown } }
		| undefined;
	const generation = await startGeneration(
		state,
		compatibleGeneration(model, exchange, {
			transcript: parts.map(({ text }) => text).join("\n"),
			prompt: parts.findLast(({ role }) => role === "user")?.text ?? "",
			imageCount: parts.reduce((sum, { images }) => sum + images, 0),
			maxTokens: limitOf(body, "max_tokens") ?? limitOf(body, "max_completion_tokens"),
			think: effort === "none" ? false : null,
			format: format?.type === "json_object" ? "json" : format?.json_schema?.schema,
			tools: toolsIn(body),
		}),
	);
	const head = {
		id: `chatcmpl-${randomInt(1000)}`,
		created: seconds(),
		model: asked,
		system_fingerprint: "fp_ollama",
	};
	try {
		if (body["stream"] === true) await streamChat(exchange, body, head, generation, state.options.flavour);
		else {
			const { content, thinking, calls } = await collect(generation);
			exchange.json(
				200,
				{
					id: head.id,
					object: "chat.completion",
					created: head.created,
					model: head.model,
					system_fingerprint: head.system_fingerprint,
					choices: [
						{
							index: 0,
							message: {
								role: "assistant",
								content,
								...(thinking === "" ? {} : { reasoning: thinking }),
								...(calls.length === 0 ? {} : { tool_calls: openaiCalls(calls) }),
							},
							finish_reason: calls.length > 0 ? "tool_calls" : generation.figures().doneReason,
						},
					],
					usage: usageOf(generation),
				},
				JSON_PLAIN,
			);
		}
	} finally {
		generation.finish();
	}
}

async function streamChat(
	exchange: Exchange,
	body: Body,
	head: Readonly<Record<string, unknown>>,
	generation: Generation,
	flavour: DemoFlavour,
): Promise<void> {
	const { id, ...rest } = head;
	const say = (value: Readonly<Record<string, unknown>>): void => {
		exchange.startStream("text/event-stream");
		exchange.write(`data: ${JSON.stringify({ id, object: "chat.completion.chunk", ...rest, ...value })}\n\n`);
	};
	let first = true;
	let called = false;
	await streamed(
		exchange,
		generation,
		(piece) => {
			// 0.24 names the role in every chunk, later versions in the first.
			const role = first || flavour === "0.24" ? { role: "assistant" } : {};
			first = false;
			const delta =
				piece.kind === "content"
					? { ...role, content: piece.text }
					: piece.kind === "thinking"
						? { ...role, content: "", reasoning: piece.text }
						: { ...role, content: "", tool_calls: openaiCalls(piece.calls) };
			called ||= piece.kind === "tool-calls";
			say({ choices: [{ index: 0, delta, finish_reason: null }] });
		},
		() => {
			const finish_reason = called ? "tool_calls" : generation.figures().doneReason;
			const delta = flavour === "0.24" ? { role: "assistant", content: "" } : {};
			say({ choices: [{ index: 0, delta, finish_reason }] });
			const options = body["stream_options"] as { include_usage?: unknown } | undefined;
			if (options?.include_usage === true) say({ choices: [], usage: usageOf(generation) });
			exchange.write("data: [DONE]\n\n");
		},
	);
}

async function completions(state: EngineState, exchange: Exchange): Promise<void> {
	const body = await compatibleBody(exchange);
	const { asked, model } = compatibleModel(state, body);
	refuseUnable(model, asked, body, { verb: "generate" });
	const prompt = String(body["prompt"] ?? "");
	const generation = await startGeneration(
		state,
		compatibleGeneration(model, exchange, {
			transcript: prompt,
			prompt,
			imageCount: 0,
			maxTokens: limitOf(body, "max_tokens"),
			think: null,
			format: undefined,
			tools: [],
		}),
	);
	const head = {
		id: `cmpl-${randomInt(1000)}`,
		object: "text_completion",
		created: seconds(),
		model: asked,
		system_fingerprint: "fp_ollama",
	};
	try {
		if (body["stream"] !== true) {
			const { content } = await collect(generation);
			const choices = [{ text: content, index: 0, finish_reason: generation.figures().doneReason }];
			return exchange.json(200, { ...head, choices, usage: usageOf(generation) }, JSON_PLAIN);
		}
		const { created, model: name, system_fingerprint, id, object } = head;
		const say = (choices: readonly unknown[], extra: object = {}): void => {
			exchange.startStream("text/event-stream");
			exchange.write(
				`data: ${JSON.stringify({ id, object, created, choices, model: name, system_fingerprint, ...extra })}\n\n`,
			);
		};
		await streamed(
			exchange,
			generation,
			(piece) => say([{ text: piece.kind === "content" ? piece.text : "", index: 0, finish_reason: null }]),
			() => {
				say([{ text: "", index: 0, finish_reason: generation.figures().doneReason }]);
				exchange.write("data: [DONE]\n\n");
			},
		);
	} finally {
		generation.finish();
	}
}

async function embeddings(state: EngineState, exchange: Exchange): Promise<void> {
	const body = await compatibleBody(exchange);
	const asked = String(body["model"] ?? "");
	const model = state.catalogue.find(asked);
	if (model === null) throw missingForEmbedding(asked);
	const embedded = await embedTexts(state, model, inputsOf(body["input"]), {
		contextLength: null,
		keepAliveMs: null,
		signal: exchange.signal,
	});
	exchange.json(
		200,
		{
			object: "list",
			data: embedded.vectors.map((embedding, index) => ({ object: "embedding", embedding, index })),
			model: asked,
			usage: { prompt_tokens: embedded.tokens, total_tokens: embedded.tokens },
		},
		JSON_PLAIN,
	);
}

function openaiCalls(calls: readonly ToolCall[]): readonly unknown[] {
	return calls.map((call, index) => ({
		id: call.id,
		index,
		type: "function",
		function: { name: call.name, arguments: JSON.stringify(call.arguments) },
	}));
}
