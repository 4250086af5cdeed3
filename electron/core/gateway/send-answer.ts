import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppError } from "../../../shared/errors.ts";
import type { Clock } from "../ports.ts";
import { type FlatHeaders, OWN_ANSWER_HEADERS, retryAfter } from "./answer-headers.ts";
import { dialectOf, errorAnswer } from "./error-answer.ts";

/** How long a client whose body is not wanted may go on sending, so that it reads the answer instead of a reset. */
const LINGER_MS = 2_000;

/** Sends JSON and ends the answer; does nothing where the answer has begun. */
export function sendJson(
	response: ServerResponse,
	status: number,
	contentType: string,
	body: unknown,
	headers: FlatHeaders,
): void {
	if (response.headersSent || response.destroyed) return;
	const text = Buffer.from(`${JSON.stringify(body)}\n`);
	response.writeHead(status, [
		"Content-Type",
		contentType,
		"Content-Length",
		String(text.length),
		...OWN_ANSWER_HEADERS,
		...headers,
	]);
	response.end(response.req.method === "HEAD" ? undefined : text);
}

/**
 * Tells a client of an error in the dialect of what it asked for. Where its body has not arrived whole, the rest is
 * read and dropped for a moment, then the connection is closed.
 */
export function sendError(
	request: IncomingMessage,
	response: ServerResponse,
	error: AppError,
	headers: FlatHeaders,
	clock: Clock,
): void {
	const answer = errorAnswer(dialectOf(request.url ?? "/"), error);
	const extra: FlatHeaders = [
		...headers,
		...(error.code === "unauthorized" ? ["WWW-Authenticate", 'Bearer realm="Plimsoll"'] : []),
		...(error.code === "request-timeout" ? ["Connection", "close"] : []),
		...retryAfter(error),
		...(error.code === "method-not-allowed" ? ["Allow", String(error.params.allowed ?? "")] : []),
	];
	sendJson(response, answer.status, answer.contentType, answer.body, extra);
	if (request.complete || request.destroyed) return;
	request.resume();
	const stop = clock.after(LINGER_MS, () => {
		if (!request.complete) request.socket.destroy();
	});
	request.once("close", stop);
}
