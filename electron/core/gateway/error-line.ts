import type { AppError } from "../../../shared/errors.ts";
import { dialectOf, errorAnswer } from "./error-answer.ts";
import { decodedPath } from "./path-kind.ts";

/**
 * An error as a piece of a stream that has begun, as clients of that API expect it: a line of Ollama's, an event of
 * OpenAI's or Anthropic's. Null where the answer is no stream and cannot carry one.
 */
export function errorLine(target: string, contentType: string, error: AppError): string | null {
	const { body } = errorAnswer(dialectOf(target), error);
	if (contentType.includes("ndjson")) return `${JSON.stringify(body)}\n`;
	if (!contentType.includes("event-stream")) return null;
	if (dialectOf(target) === "anthropic") return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
	if (decodedPath(target) !== "/v1/responses") return `data: ${JSON.stringify(body)}\n\n`;
	const { message } = body.error as { readonly message: string };
	const event = { type: "error", code: error.code, message, param: null };
	return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
}
