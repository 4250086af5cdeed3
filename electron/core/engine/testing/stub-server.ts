import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it arrived. */
export interface StubRequest {
	readonly method: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	/** The JSON body, or null where there was none. */
	readonly body: unknown;
	/** Resolves when the client's connection is closed, or the answer is through. */
	readonly closed: Promise<void>;
}

/** What a test answers with. */
export type StubHandler = (request: StubRequest, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server on the loopback whose answers a test decides. */
export interface StubServer {
	readonly url: string;
	readonly port: number;
	readonly requests: readonly StubRequest[];
	answer(handler: StubHandler): void;
	/** Stops listening and cuts every connection, as a killed server does. */
	stop(): Promise<void>;
	/** Listens again at the same port. */
	restart(): Promise<void>;
}

/** Starts a server at the given port, or any free one. */
export async function startStubServer(handler: StubHandler): Promise<StubServer> {
	const requests: StubRequest[] = [];
	let current = handler;
	let server = await listen(0);
	const port = (server.address() as AddressInfo).port;

	async function listen(at: number): Promise<Server> {
		const made = createServer((request, response) => void take(request, response));
		await new Promise<void>((resolve, reject) => {
			made.once("error", reject);
			made.listen(at, "127.0.0.1", resolve);
		});
		return made;
	}

	async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const closed = new Promise<void>((resolve) => response.once("close", resolve));
		const pieces: Buffer[] = [];
		for await (const piece of request) pieces.push(piece as Buffer);
		const text = Buffer.concat(pieces).toString();
		const stubRequest: StubRequest = {
			method: request.method ?? "",
			path: request.url ?? "",
			headers: request.headers,
			body: text === "" ? null : JSON.parse(text),
			closed,
		};
		requests.push(stubRequest);
		await current(stubRequest, response);
	}

	return {
		url: `http://127.0.0.1:${port}`,
		port,
		requests,
		answer(next) {
			current = next;
		},
		async stop() {
			const ended = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await ended;
		},
		async restart() {
			server = await listen(port);
		},
	};
}

/** Answers with JSON. */
export function json(
	response: ServerResponse,
	body: unknown,
	status = 200,
	headers: Readonly<Record<string, string>> = {},
): void {
	response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
	response.end(JSON.stringify(body));
}

/** Writes pieces one by one, each in a packet of its own, and leaves the answer open. */
export async function writePieces(response: ServerResponse, pieces: readonly string[]): Promise<void> {
	response.flushHeaders();
	for (const piece of pieces) {
		if (response.destroyed) return;
		await new Promise<void>((resolve) => response.write(piece, () => setImmediate(resolve)));
	}
}
