import { randomBytes } from "node:crypto";
import { countTokens } from "../answers.ts";
import { EngineError } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import { type Generation, StreamCut, startGeneration } from "../generation.ts";
import {
	BadRequest,
	compatibleBody,
	compatibleGeneration,
	compatibleModel,
	contentOf,
	limitOf,
} from "./compatible.ts";
import { type Exchange, JSON_PLAIN, JSON_UTF8 } from "./exchange.ts";
import { collect, refuseUnable } from "./generate-routes.ts";
import type { Route } from "./router.ts";

/** Anthropic's messages endpoint. */
export const anthropicRoutes: readonly Route[] = [{ method: "POST", path: "/v1/messages", handle: messages }];

async function messages(state: EngineState, exchange: Exchange): Promise<void> {
	try {
		await answer(state, exchange);
	} catch (error) {
		if (!(error instanceof EngineError) || exchange.response.headersSent) throw error;
		exchange.json(error.status, errorObject(error), error instanceof BadRequest ? JSON_UTF8 : JSON_PLAIN);
	}
}

async function answer(state: EngineState, exchange: Exchange): Promise<void> {
	const body = await compatibleBody(exchange);
	const turns = Array.isArray(body["messages"])
		? (body["messages"] as { role?: unknown; content?: unknown }[])
		: [];
	if (String(body["model"] ?? "") === "") throw new BadRequest("model is required");
	const maxTokens = limitOf(body, "max_tokens");
	if (maxTokens === null) throw new BadRequest("max_tokens is required and must be positive");
	if (turns.length === 0) throw new BadRequest("messages is required");
	const { asked, model } = compatibleModel(state, body);
	refuseUnable(model, asked, {}, { verb: "chat" });
	const parts = turns.map(({ role, content }) => ({ role, ...contentOf(content) }));
	const transcript = [contentOf(body["system"]).text, ...parts.map(({ text }) => text)].join("\n");
	const thinking = body["thinking"] as { type?: unknown } | undefined;
	const generation = await startGeneration(
		state,
		compatibleGeneration(model, exchange, {
			transcript,
			prompt: parts.findLast(({ role }) => role === "user")?.text ?? "",
			imageCount: parts.reduce((sum, { images }) => sum + images, 0),
			maxTokens,
			think: thinking?.type === "enabled" ? null : false,
			format: undefined,
			tools: [],
		}),
	);
	const head = {
		id: `msg_${randomBytes(12).toString("hex")}`,
		type: "message",
		role: "assistant",
		model: asked,
	};
	try {
		if (body["stream"] === true) return await stream(exchange, head, generation, countTokens(transcript));
		const { content, thinking: thought } = await collect(generation);
		exchange.json(
			200,
			{
				...head,
				content: [
					...(thought === "" ? [] : [{ type: "thinking", thinking: thought }]),
					{ type: "text", text: content },
				],
				stop_reason: stopReason(generation),
				usage: usageOf(generation),
			},
			JSON_PLAIN,
		);
	} finally {
		generation.finish();
	}
}

async function stream(
	exchange: Exchange,
	head: object,
	generation: Generation,
	inputTokens: number,
): Promise<void> {
	const say = (value: Readonly<Record<string, unknown>> & { readonly type: string }): void => {
		exchange.startStream("text/event-stream");
		exchange.write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);
	};
	let index = -1;
	let open: "text" | "thinking" | null = null;
	const start = (kind: "text" | "thinking"): void => {
		if (index === -1)
			say({
				type: "message_start",
				message: { ...head, content: [], usage: { input_tokens: inputTokens, output_tokens: 0 } },
			});
		if (open !== null) say({ type: "content_block_stop", index });
		index += 1;
		open = kind;
		say({ type: "content_block_start", index, content_block: { type: kind, [kind]: "" } });
	};
	try {
		for await (const piece of generation.pieces) {
			if (piece.kind === "raw") {
				exchange.write(`data: ${piece.text}\n\n`);
				continue;
			}
			if (piece.kind === "tool-calls") continue;
			const kind = piece.kind === "content" ? "text" : "thinking";
			if (open !== kind) start(kind);
			say({ type: "content_block_delta", index, delta: { type: `${kind}_delta`, [kind]: piece.text } });
		}
		if (open === null) start("text");
		say({ type: "content_block_stop", index });
		say({
			type: "message_delta",
			delta: { stop_reason: stopReason(generation) },
			usage: usageOf(generation),
		});
		say({ type: "message_stop" });
	} catch (error) {
		if (error instanceof EngineError && !exchange.response.headersSent) throw error;
		if (error instanceof EngineError) say({ ...errorObject(error) });
		else if (!(error instanceof StreamCut)) throw error;
	}
	exchange.end();
}

function stopReason(generation: Generation): string {
	return generation.figures().doneReason === "length" ? "max_tokens" : "end_turn";
}

function usageOf(generation: Generation): Readonly<Record<string, number>> {
	const { promptTokens, answerTokens } = generation.figures();
	return { input_tokens: promptTokens, output_tokens: answerTokens };
}

function errorObject(error: EngineError): Readonly<Record<string, unknown>> & { readonly type: string } {
	const type =
		error.status === 404 ? "not_found_error" : error.status === 400 ? "invalid_request_error" : "api_error";
	return {
		type: "error",
		error: { type, message: error.message },
		request_id: `req_${randomBytes(12).toString("hex")}`,
	};
}
