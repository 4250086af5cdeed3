import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the stub got it. */
export interface Received {
	readonly method: string;
	readonly url: string;
	readonly rawHeaders: readonly string[];
	readonly request: IncomingMessage;
	/** The body, once it is whole. */
	readonly body: Promise<Buffer>;
}

/** An engine that answers as a test says and remembers what it was asked. */
export interface EngineStub {
	readonly url: string;
	readonly received: readonly Received[];
	/** Answers from now on. */
	answer(how: (received: Received, response: ServerResponse) => void): void;
	close(): Promise<void>;
}

function bodyOf(request: IncomingMessage): Promise<Buffer> {
	return new Promise((resolve) => {
		const pieces: Buffer[] = [];
		request.on("data", (piece: Buffer) => pieces.push(piece));
		request.on("end", () => resolve(Buffer.concat(pieces)));
		request.on("error", () => undefined);
	});
}

/** Starts a stub that answers everything with an empty JSON object. */
export async function startEngineStub(): Promise<EngineStub> {
	const received: Received[] = [];
	let how = (_received: Received, response: ServerResponse): void => {
		response.setHeader("Content-Type", "application/json");
		response.end("{}");
	};
	const server = http.createServer((request, response) => {
		const one: Received = {
			method: request.method ?? "",
			url: request.url ?? "",
			rawHeaders: request.rawHeaders,
			request,
			body: bodyOf(request),
		};
		received.push(one);
		response.on("error", () => undefined);
		how(one, response);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		received,
		answer(next) {
			how = next;
		},
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
