import { EngineError } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import { type Generation, type GenerationRequest, type Piece, StreamCut } from "../generation.ts";
import type { ModelDescription } from "../model-description.ts";
import { type Exchange, JSON_PLAIN, JSON_UTF8 } from "./exchange.ts";
import { type Body, parseLikeGo } from "./go-decode.ts";
import { notFound } from "./model-routes.ts";

type Handle = (state: EngineState, exchange: Exchange) => Promise<void> | void;

/** A malformed request: answered by the framework, with its content type. */
export class BadRequest extends EngineError {
	constructor(message: string) {
		super(400, message);
	}
}

/** Gives errors the shape of OpenAI's. */
export function inDialect(handle: Handle): Handle {
	return async (state, exchange) => {
		try {
			await handle(state, exchange);
		} catch (error) {
			if (!(error instanceof EngineError) || exchange.response.headersSent) throw error;
			const type =
				error.status === 404
					? "not_found_error"
					: error.status === 400
						? "invalid_request_error"
						: "api_error";
			const contentType = error instanceof BadRequest ? JSON_UTF8 : JSON_PLAIN;
			exchange.json(
				error.status,
				{ error: { message: error.message, type, param: null, code: null } },
				contentType,
			);
		}
	};
}

/** A body of the compatible endpoints. Throws `BadRequest` in Go's words. */
export async function compatibleBody(exchange: Exchange): Promise<Body> {
	const text = (await exchange.bytes()).toString("utf8");
	if (text.trim() === "") throw new BadRequest("EOF");
	try {
		return parseLikeGo(text) as Body;
	} catch (error) {
		throw new BadRequest(error instanceof Error ? error.message : String(error));
	}
}

/** The model a compatible request names. Throws 404 in the server's words, 403 for cloud models. */
export function compatibleModel(
	state: EngineState,
	body: Body,
): { readonly asked: string; readonly model: ModelDescription } {
	const asked = String(body["model"] ?? "");
	const model = state.catalogue.find(asked);
	if (model === null) throw notFound(asked);
	if (model.remote !== null)
		throw new EngineError(403, "ollama cloud is disabled: remote model is unavailable");
	return { asked, model };
}

/** Text and pictures of a `content` that is a string or a list of parts. */
export function contentOf(content: unknown): { readonly text: string; readonly images: number } {
	if (typeof content === "string") return { text: content, images: 0 };
	if (!Array.isArray(content)) return { text: "", images: 0 };
	let text = "";
	let images = 0;
	for (const part of content as unknown[]) {
		const { type, text: own } = (part ?? {}) as { type?: unknown; text?: unknown };
		if (typeof own === "string") text += own;
		else if (typeof type === "string" && type.includes("image")) images += 1;
	}
	return { text, images };
}

/** A generation request of a compatible endpoint, which can set neither context nor keep-alive. */
export function compatibleGeneration(
	model: ModelDescription,
	exchange: Exchange,
	request: Pick<
		GenerationRequest,
		"transcript" | "prompt" | "imageCount" | "maxTokens" | "think" | "format" | "tools"
	>,
): GenerationRequest {
	return { description: model, contextLength: null, keepAliveMs: null, signal: exchange.signal, ...request };
}

/**
 * Streams pieces as server-sent events. An error after the first event becomes an event, one before it keeps its
 * status; a cut stream just ends.
 */
export async function streamed(
	exchange: Exchange,
	generation: Generation,
	say: (piece: Exclude<Piece, { kind: "raw" }>) => void,
	done: () => void,
): Promise<void> {
	try {
		for await (const piece of generation.pieces) {
			if (piece.kind === "raw") {
				exchange.startStream("text/event-stream");
				exchange.write(`data: ${piece.text}\n\n`);
			} else say(piece);
		}
		done();
	} catch (error) {
		if (error instanceof EngineError && !exchange.response.headersSent) throw error;
		if (error instanceof EngineError)
			exchange.write(
				`data: ${JSON.stringify({ error: { message: error.message, type: "api_error", param: null, code: null } })}\n\n`,
			);
		else if (!(error instanceof StreamCut)) throw error;
	}
	exchange.end();
}

/** A token limit of a compatible request; null without one. */
export function limitOf(body: Body, key: string): number | null {
	const value = body[key];
	return typeof value === "number" && value > 0 ? value : null;
}

/** Seconds since 1970, as these dialects give times. */
export function seconds(): number {
	return Math.floor(Date.now() / 1000);
}

/** Token counts as OpenAI names them. */
export function usageOf(generation: Generation): Readonly<Record<string, number>> {
	const { promptTokens, answerTokens } = generation.figures();
	return {
		prompt_tokens: promptTokens,
		completion_tokens: answerTokens,
		total_tokens: promptTokens + answerTokens,
	};
}
