import type { Piece, ToolCall } from "../generation.ts";
import type { Body } from "./go-decode.ts";

/** Where the two endpoints differ. */
export interface Dialect {
	readonly struct: "GenerateRequest" | "ChatRequest";
	readonly verb: "generate" | "chat";
	/** Nothing to answer: a load, or an unload with `keep_alive` 0. */
	isEmpty(body: Body): boolean;
	transcript(body: Body): string;
	prompt(body: Body): string;
	/** The part of a chunk that carries text. */
	chunk(piece: Piece): Readonly<Record<string, unknown>>;
	/** The whole answer in one object. */
	whole(content: string, thinking: string, calls: readonly ToolCall[]): Readonly<Record<string, unknown>>;
	/** What the last line has beside the figures. */
	last(context: readonly number[]): Readonly<Record<string, unknown>>;
}

/** `/api/generate`. */
export const generateDialect: Dialect = {
	struct: "GenerateRequest",
	verb: "generate",
	isEmpty: (body) => String(body["prompt"] ?? "") === "",
	transcript: (body) =>
		[body["system"], body["prompt"]].filter((part) => typeof part === "string").join("\n"),
	prompt: (body) => String(body["prompt"] ?? ""),
	chunk: (piece) =>
		piece.kind === "thinking"
			? { response: "", thinking: piece.text }
			: { response: piece.kind === "content" ? piece.text : "" },
	whole: (content, thinking) => ({ response: content, ...(thinking === "" ? {} : { thinking }) }),
	last: (context) => ({ context }),
};

/** `/api/chat`. */
export const chatDialect: Dialect = {
	struct: "ChatRequest",
	verb: "chat",
	isEmpty: (body) => !Array.isArray(body["messages"]) || body["messages"].length === 0,
	transcript: (body) =>
		messagesIn(body)
			.map(({ content }) => content)
			.join("\n"),
	prompt: (body) => messagesIn(body).findLast(({ role }) => role === "user")?.content ?? "",
	chunk: (piece) => ({
		message: {
			role: "assistant",
			content: piece.kind === "content" ? piece.text : "",
			...(piece.kind === "thinking" ? { thinking: piece.text } : {}),
			...(piece.kind === "tool-calls" ? { tool_calls: toolCallsOf(piece.calls) } : {}),
		},
	}),
	whole: (content, thinking, calls) => ({
		message: {
			role: "assistant",
			content,
			...(thinking === "" ? {} : { thinking }),
			...(calls.length === 0 ? {} : { tool_calls: toolCallsOf(calls) }),
		},
	}),
	last: () => ({}),
};

function toolCallsOf(calls: readonly ToolCall[]): readonly unknown[] {
	return calls.map((call, index) => ({
		id: call.id,
		function: { index, name: call.name, arguments: call.arguments },
	}));
}

function messagesIn(body: Body): readonly { readonly role: string; readonly content: string }[] {
	if (!Array.isArray(body["messages"])) return [];
	return (body["messages"] as unknown[]).map((message) => {
		const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
		return { role: String(role ?? ""), content: typeof content === "string" ? content : "" };
	});
}
