import type { IncomingMessage, ServerResponse } from "node:http";

const MAX_BODY_BYTES = 512 * 1024 * 1024;

/** Content type of what Ollama's own handlers answer. */
export const JSON_UTF8 = "application/json; charset=utf-8";
/** Content type of what is written past its framework: streams, and the compatible endpoints. */
export const JSON_PLAIN = "application/json";

/** One request and its answer. */
export class Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	/** Path without the query, decoded. */
	readonly path: string;
	/** What the route's pattern left open, such as a digest. */
	readonly rest: string;
	/** Aborted when the client leaves before the answer is complete. */
	readonly signal: AbortSignal;

	constructor(request: IncomingMessage, response: ServerResponse, path: string, rest: string) {
		this.request = request;
		this.response = response;
		this.path = path;
		this.rest = rest;
		const controller = new AbortController();
		response.on("close", () => {
			if (!response.writableFinished) controller.abort();
		});
		this.signal = controller.signal;
	}

	/** The whole body as bytes. Throws when it is absurdly large. */
	async bytes(): Promise<Buffer> {
		const chunks: Buffer[] = [];
		let length = 0;
		for await (const chunk of this.request as AsyncIterable<Buffer>) {
			length += chunk.length;
			if (length > MAX_BODY_BYTES) throw new Error("request body too large");
			chunks.push(chunk);
		}
		return Buffer.concat(chunks);
	}

	/** Answers with one JSON value. */
	json(status: number, value: unknown, contentType: string = JSON_UTF8): void {
		if (this.response.destroyed) return;
		const body = JSON.stringify(value);
		this.response.writeHead(status, {
			"content-type": contentType,
			"content-length": Buffer.byteLength(body),
		});
		this.response.end(this.request.method === "HEAD" ? undefined : body);
	}

	/** Answers with text. */
	text(status: number, body: string, contentType: string): void {
		this.response.writeHead(status, {
			"content-type": contentType,
			"content-length": Buffer.byteLength(body),
		});
		this.response.end(this.request.method === "HEAD" ? undefined : body);
	}

	/** Answers with a status and nothing else. */
	empty(status: number, headers: Readonly<Record<string, string>> = {}): void {
		this.response.writeHead(status, headers);
		this.response.end();
	}

	/** Begins a stream; the first call sends the headers. */
	startStream(contentType: string, status = 200): void {
		if (!this.response.headersSent) this.response.writeHead(status, { "content-type": contentType });
	}

	/** Writes part of a stream as one chunk. */
	write(text: string): void {
		if (!this.response.destroyed) this.response.write(text);
	}

	/** Writes one NDJSON line. */
	line(value: unknown): void {
		this.write(`${JSON.stringify(value)}\n`);
	}

	/** Ends a stream. */
	end(): void {
		if (!this.response.destroyed) this.response.end();
	}
}
