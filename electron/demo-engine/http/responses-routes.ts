import { randomInt } from "node:crypto";
import type { EngineState } from "../engine-state.ts";
import { type Generation, startGeneration } from "../generation.ts";
import {
	compatibleBody,
	compatibleGeneration,
	compatibleModel,
	contentOf,
	inDialect,
	limitOf,
	seconds,
	streamed,
} from "./compatible.ts";
import { type Exchange, JSON_PLAIN } from "./exchange.ts";
import { collect, refuseUnable } from "./generate-routes.ts";
import type { Body } from "./go-decode.ts";
import type { Route } from "./router.ts";

/** OpenAI's responses endpoint, with text in and out. */
export const responsesRoutes: readonly Route[] = [
	{ method: "POST", path: "/v1/responses", handle: inDialect(responses) },
];

interface Head {
	readonly id: string;
	readonly messageId: string;
	readonly createdAt: number;
	readonly model: string;
	readonly body: Body;
}

async function responses(state: EngineState, exchange: Exchange): Promise<void> {
	const body = await compatibleBody(exchange);
	const { asked, model } = compatibleModel(state, body);
	refuseUnable(model, asked, {}, { verb: "chat" });
	const turns = turnsOf(body["input"]);
	const generation = await startGeneration(
		state,
		compatibleGeneration(model, exchange, {
			transcript: [String(body["instructions"] ?? ""), ...turns.map(({ text }) => text)].join("\n"),
			prompt: turns.at(-1)?.text ?? "",
			imageCount: turns.reduce((sum, { images }) => sum + images, 0),
			maxTokens: limitOf(body, "max_output_tokens"),
			think: null,
			format: undefined,
			tools: [],
		}),
	);
	const head: Head = {
		id: `resp_${randomInt(1_000_000)}`,
		messageId: `msg_${randomInt(1_000_000)}`,
		createdAt: seconds(),
		model: asked,
		body,
	};
	try {
		if (body["stream"] === true) return await streamResponse(exchange, head, generation);
		const { content } = await collect(generation);
		exchange.json(200, responseObject(head, generation, content), JSON_PLAIN);
	} finally {
		generation.finish();
	}
}

async function streamResponse(exchange: Exchange, head: Head, generation: Generation): Promise<void> {
	let sequence = 0;
	const say = (type: string, value: Readonly<Record<string, unknown>>): void => {
		exchange.startStream("text/event-stream");
		exchange.write(
			`event: ${type}\ndata: ${JSON.stringify({ ...value, sequence_number: sequence, type })}\n\n`,
		);
		sequence += 1;
	};
	const at = { content_index: 0, item_id: head.messageId, output_index: 0 };
	let opened = false;
	const open = (): void => {
		if (opened) return;
		opened = true;
		const response = responseObject(head, null, null);
		say("response.created", { response });
		say("response.in_progress", { response });
		say("response.output_item.added", { item: messageItem(head, null), output_index: 0 });
		say("response.content_part.added", { ...at, part: textPart("") });
	};
	let text = "";
	await streamed(
		exchange,
		generation,
		(piece) => {
			open();
			if (piece.kind !== "content") return;
			text += piece.text;
			say("response.output_text.delta", { ...at, delta: piece.text, logprobs: [] });
		},
		() => {
			open();
			say("response.output_text.done", { ...at, logprobs: [], text });
			say("response.content_part.done", { ...at, part: textPart(text) });
			say("response.output_item.done", { item: messageItem(head, text), output_index: 0 });
			say("response.completed", { response: responseObject(head, generation, text) });
		},
	);
}

/** The response object; without a generation it is still in progress. */
function responseObject(
	head: Head,
	generation: Generation | null,
	text: string | null,
): Readonly<Record<string, unknown>> {
	const figures = generation?.figures();
	const { body } = head;
	return {
		id: head.id,
		object: "response",
		created_at: head.createdAt,
		completed_at: figures === undefined ? null : seconds(),
		status: figures === undefined ? "in_progress" : "completed",
		incomplete_details: null,
		model: head.model,
		previous_response_id: body["previous_response_id"] ?? null,
		instructions: body["instructions"] ?? null,
		output: text === null ? [] : [messageItem(head, text)],
		error: null,
		tools: [],
		tool_choice: "auto",
		truncation: "disabled",
		parallel_tool_calls: true,
		text: { format: { type: "text" } },
		top_p: body["top_p"] ?? 1,
		presence_penalty: 0,
		frequency_penalty: 0,
		top_logprobs: 0,
		temperature: body["temperature"] ?? 1,
		reasoning: null,
		usage:
			figures === undefined
				? null
				: {
						input_tokens: figures.promptTokens,
						output_tokens: figures.answerTokens,
						total_tokens: figures.promptTokens + figures.answerTokens,
						input_tokens_details: { cached_tokens: 0 },
						output_tokens_details: { reasoning_tokens: 0 },
					},
		max_output_tokens: body["max_output_tokens"] ?? null,
		max_tool_calls: null,
		store: false,
		background: false,
		service_tier: "default",
		metadata: {},
		safety_identifier: null,
		prompt_cache_key: null,
	};
}

function messageItem(head: Head, text: string | null): Readonly<Record<string, unknown>> {
	return {
		id: head.messageId,
		type: "message",
		status: text === null ? "in_progress" : "completed",
		role: "assistant",
		content: text === null ? [] : [textPart(text)],
	};
}

function textPart(text: string): Readonly<Record<string, unknown>> {
	return { type: "output_text", text, annotations: [], logprobs: [] };
}

function turnsOf(input: unknown): readonly { readonly text: string; readonly images: number }[] {
	if (typeof input === "string") return [{ text: input, images: 0 }];
	if (!Array.isArray(input)) return [];
	return (input as { content?: unknown }[]).map(({ content }) => contentOf(content));
}
