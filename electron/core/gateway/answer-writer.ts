import type { IncomingMessage, ServerResponse } from "node:http";

const LINE_END = Buffer.from("\r\n");
const LINE_FEED = 10;
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** Pieces as chunks of HTTP, in one buffer. */
function asChunks(pieces: readonly Buffer[]): Buffer {
	const framed: Buffer[] = [];
	for (const piece of pieces)
		framed.push(Buffer.from(`${piece.length.toString(16)}\r\n`, "latin1"), piece, LINE_END);
	return Buffer.concat(framed);
}

/** Whether the answer to a request goes out in chunks: where its length is not known and the client knows chunks. */
export function goesInChunks(request: IncomingMessage, answer: IncomingMessage): boolean {
	const status = answer.statusCode ?? 0;
	const bodyless = request.method === "HEAD" || status === 204 || status === 304;
	const knowsChunks = request.httpVersionMajor === 1 && request.httpVersionMinor >= 1;
	return !bodyless && knowsChunks && answer.headers["content-length"] === undefined;
}

/** An answer that is being written. */
export interface AnswerWriting {
	/** Ends it early with one more line; false where its announced length leaves no room for one. */
	endWith(line: string): boolean;
}

/**
 * Writes the engine's answer to the client. Pieces keep their boundaries and go out as soon as they are there; those
 * that came in one read of the engine's connection go out in one write, framed here: node would make several small
 * buffers of each, which halves the speed of a stream. A client that reads slowly holds the engine back. The head
 * must have been written, with `Transfer-Encoding: chunked` where `inChunks`.
 */
export function writeAnswer(
	answer: IncomingMessage,
	response: ServerResponse,
	inChunks: boolean,
): AnswerWriting {
	// The framing is done here, so node must not frame a second time.
	if (inChunks) response.chunkedEncoding = false;
	let pieces: Buffer[] = [];
	let cut = false;
	let endsLine = true;
	function framed(): Buffer {
		const bytes = inChunks ? asChunks(pieces) : Buffer.concat(pieces);
		pieces = [];
		return bytes;
	}
	function flush(): void {
		if (pieces.length === 0 || response.destroyed) return;
		if (!response.write(framed())) answer.pause();
	}
	answer.on("data", (piece: Buffer) => {
		if (cut) return;
		pieces.push(piece);
		endsLine = piece.at(-1) === LINE_FEED;
		if (pieces.length === 1) process.nextTick(flush);
	});
	function end(): void {
		const rest = inChunks ? Buffer.concat([framed(), LAST_CHUNK]) : framed();
		response.end(rest);
	}
	answer.on("end", () => {
		if (!cut) end();
	});
	response.on("drain", () => answer.resume());
	return {
		endWith(line) {
			if (answer.headers["content-length"] !== undefined || response.writableEnded) return false;
			cut = true;
			pieces.push(Buffer.from(endsLine ? line : `\n${line}`));
			end();
			return true;
		},
	};
}
