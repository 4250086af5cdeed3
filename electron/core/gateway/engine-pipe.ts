import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import { AppError } from "../../../shared/errors.ts";
import type { Clock, Stop } from "../ports.ts";
import { type FlatHeaders, PASSED_ON_ANSWER_HEADERS } from "./answer-headers.ts";
import { type AnswerWriting, goesInChunks, writeAnswer } from "./answer-writer.ts";
import { errorLine } from "./error-line.ts";
import { type BodyFraming, headersForClient, headersForEngine } from "./forwarded-headers.ts";
import { sendError } from "./send-answer.ts";

/** One request on its way to the engine. */
export interface Passing {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	/** The body where it was read already, else null: it flows through. */
	readonly body: Buffer | null;
	/** Added to the answer: instance, CORS. */
	readonly headers: FlatHeaders;
	/** The client has shown Plimsoll's own token, which is not the engine's business. */
	readonly dropCredentials: boolean;
	/** The head of the engine's answer is there, or there will be none. Called once or more. */
	readonly onHead: () => void;
}

/** A request under way. */
export interface Passage {
	/**
	 * Ends it, on both sides: the client is told in its dialect, in a line of its own where its stream has begun, and
	 * the engine sees the connection close. Does nothing where the answer is out already.
	 */
	end(error: AppError): void;
}

/** What attempts of one passage share. */
interface Under {
	/** It was ended from here, so what the connections report now is of no interest. */
	ended: boolean;
	cut: (error: AppError) => void;
}

/** Carries requests to the engine and its answers back, byte for byte. */
export interface EnginePipe {
	pass(passing: Passing): Passage;
	/** Ends idle connections to the engine. */
	close(): void;
}

interface EngineAddress {
	readonly url: string;
	readonly secure: boolean;
	readonly host: string;
	readonly hostname: string;
	readonly port: number;
	/** In front of every path, without a trailing slash. */
	readonly prefix: string;
}

function parseAddress(text: string): EngineAddress {
	const url = new URL(text);
	const secure = url.protocol === "https:";
	return {
		url: text,
		secure,
		host: url.host,
		hostname: url.hostname.replace(/^\[|\]$/g, ""),
		port: Number(url.port) || (secure ? 443 : 80),
		prefix: url.pathname.replace(/\/+$/, ""),
	};
}

function framingOf({ request, body }: Passing): BodyFraming {
	if (body !== null) return { kind: "whole", bytes: body.length };
	if (request.headers["transfer-encoding"] !== undefined) return { kind: "chunked" };
	if (request.headers["content-length"] !== undefined) return { kind: "as-announced" };
	// A POST without a length would be sent chunked by node; the client has sent none, so none is announced.
	return request.method === "GET" || request.method === "HEAD"
		? { kind: "none" }
		: { kind: "whole", bytes: 0 };
}

/** Whether a body still flows in from the client. */
function flowsIn(passing: Passing): boolean {
	const { kind } = framingOf(passing);
	return passing.body === null && (kind === "chunked" || kind === "as-announced");
}

function errorOf(thrown: Error, connected: boolean, url: string): AppError {
	const { code = "" } = thrown as NodeJS.ErrnoException;
	if (code.startsWith("HPE_"))
		return AppError.of("engine-bad-answer", { problem: thrown.message, url }, thrown);
	return connected
		? AppError.of("stream-broken", {}, thrown)
		: AppError.of("engine-unreachable", { url }, thrown);
}

/** Sends the engine's answer back as it comes. */
function answerBack(passing: Passing, answer: IncomingMessage, under: Under): AnswerWriting {
	const { response } = passing;
	passing.onHead();
	const inChunks = goesInChunks(passing.request, answer);
	response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
		...headersForClient(answer.rawHeaders),
		...PASSED_ON_ANSWER_HEADERS,
		...passing.headers,
		...(inChunks ? ["Transfer-Encoding", "chunked"] : []),
	]);
	// Also where the engine breaks off: a client must not take half an answer for a whole one.
	answer.on("error", () => {
		if (!under.ended) response.destroy();
	});
	const writing = writeAnswer(answer, response, inChunks);
	// Usually the first piece of the body takes the head along; where it does not come, the head goes alone.
	setImmediate(() => {
		if (!response.writableEnded && !response.destroyed) response.flushHeaders();
	});
	return writing;
}

/**
 * Ends an upload whose client has left. An engine may answer before it has read everything, and once the answer is
 * out node tells of the client's end on the socket only.
 */
function watchUpload(request: IncomingMessage, upstream: ClientRequest): void {
	const { socket } = request;
	const gone = (): void => void upstream.destroy();
	socket.once("close", gone);
	request.once("end", () => socket.off("close", gone));
}

/** Makes the pipe. `engineUrl` is asked for every request, so that a changed address takes effect at once. */
export function createEnginePipe(parts: {
	readonly engineUrl: () => string;
	readonly instanceId: string;
	readonly connectMs: number;
	readonly clock: Clock;
}): EnginePipe {
	const { clock } = parts;
	const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 64 });
	const secureAgent = new https.Agent({ keepAlive: true, maxFreeSockets: 64 });
	let address: EngineAddress | null = null;

	function currentAddress(): EngineAddress {
		const url = parts.engineUrl();
		if (address?.url !== url) address = parseAddress(url);
		return address;
	}

	function send(passing: Passing, to: EngineAddress): ClientRequest {
		const { request } = passing;
		return (to.secure ? https : http).request({
			agent: to.secure ? secureAgent : agent,
			host: to.hostname,
			port: to.port,
			method: request.method,
			path: `${to.prefix}${request.url ?? "/"}`,
			setHost: false,
			headers: headersForEngine(request.rawHeaders, {
				host: to.host,
				instanceId: parts.instanceId,
				framing: framingOf(passing),
				dropCredentials: passing.dropCredentials,
			}),
		});
	}

	function attempt(passing: Passing, under: Under, mayRetry: boolean): void {
		const { request, response, body } = passing;
		const to = currentAddress();
		const upstream = send(passing, to);
		let connected = false;
		let stopTimer: Stop | null = null;
		const leave = (): void => {
			if (!response.writableFinished) upstream.destroy();
		};
		response.once("close", leave);
		if (flowsIn(passing)) watchUpload(request, upstream);
		upstream.on("socket", (socket) => {
			if (!socket.connecting) {
				connected = true;
				return;
			}
			stopTimer = clock.after(parts.connectMs, () => upstream.destroy(new Error("no connection in time")));
			socket.once(to.secure ? "secureConnect" : "connect", () => {
				connected = true;
				stopTimer?.();
			});
		});
		let line: (error: AppError) => boolean = () => false;
		under.cut = (error) => {
			passing.onHead();
			request.unpipe(upstream);
			if (!response.headersSent) sendError(request, response, error, passing.headers, clock);
			else if (!line(error)) response.destroy();
			upstream.destroy();
		};
		upstream.on("response", (answer) => {
			if (under.ended) return;
			const writing = answerBack(passing, answer, under);
			line = (error) => {
				const text = errorLine(request.url ?? "/", answer.headers["content-type"] ?? "", error);
				return text !== null && writing.endWith(text);
			};
		});
		upstream.on("error", (error) => {
			stopTimer?.();
			if (under.ended) return;
			if (response.destroyed) {
				passing.onHead();
				return;
			}
			if (response.headersSent) {
				response.destroy();
				return;
			}
			// An idle connection that the engine closed while this request was on its way: nothing of it was taken.
			const stale = upstream.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET";
			if (mayRetry && stale && !flowsIn(passing)) {
				response.off("close", leave);
				attempt(passing, under, false);
				return;
			}
			passing.onHead();
			request.unpipe(upstream);
			sendError(request, response, errorOf(error, connected, to.url), passing.headers, clock);
		});
		if (body !== null) upstream.end(body);
		else if (flowsIn(passing)) request.pipe(upstream);
		else upstream.end();
	}

	return {
		pass(passing) {
			const under: Under = { ended: false, cut: () => undefined };
			try {
				attempt(passing, under, true);
			} catch (thrown) {
				const problem = thrown instanceof Error ? thrown.message : String(thrown);
				passing.onHead();
				sendError(
					passing.request,
					passing.response,
					AppError.of("invalid-argument", { what: "The request", problem }, thrown),
					passing.headers,
					clock,
				);
			}
			return {
				end(error) {
					const { response } = passing;
					if (under.ended || response.destroyed || response.writableEnded) return;
					under.ended = true;
					under.cut(error);
				},
			};
		},
		close() {
			agent.destroy();
			secureAgent.destroy();
		},
	};
}
