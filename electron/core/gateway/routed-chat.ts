import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import type { Clock } from "../ports.ts";
import type { FlatHeaders } from "./answer-headers.ts";
import { sendError } from "./send-answer.ts";

/**
 * `POST /api/chat` with a prompt and neither model nor messages: the original API's chat, for which Plimsoll would
 * choose the model. It chooses none yet, so the client is told that this is not there.
 */
export function answerRoutedChat(
	request: IncomingMessage,
	response: ServerResponse,
	headers: FlatHeaders,
	clock: Clock,
): void {
	sendError(
		request,
		response,
		AppError.of("not-found", { path: "POST /api/chat with a prompt and no model" }),
		headers,
		clock,
	);
}
