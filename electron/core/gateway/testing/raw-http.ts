import http from "node:http";
import { connect } from "node:net";

/** An answer with its body read whole. */
export interface Answer {
	readonly status: number;
	readonly statusMessage: string;
	readonly headers: http.IncomingHttpHeaders;
	readonly rawHeaders: readonly string[];
	readonly body: string;
	/** The body as JSON; throws where it is none. */
	json(): Record<string, unknown>;
}

/** What is sent; headers go out as they are, nothing is added but Host and framing where absent. */
export interface Call {
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | Buffer;
}

/** Sends one request on a connection of its own. */
export function call(
	port: number,
	path: string,
	{ method = "GET", headers = {}, body }: Call = {},
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const request = http.request(
			{ host: "127.0.0.1", port, path, method, headers, agent: false },
			(response) => {
				const pieces: Buffer[] = [];
				response.on("data", (piece: Buffer) => pieces.push(piece));
				response.on("error", reject);
				response.on("end", () => {
					const text = Buffer.concat(pieces).toString("utf8");
					resolve({
						status: response.statusCode ?? 0,
						statusMessage: response.statusMessage ?? "",
						headers: response.headers,
						rawHeaders: response.rawHeaders,
						body: text,
						json: () => JSON.parse(text) as Record<string, unknown>,
					});
				});
			},
		);
		request.on("error", reject);
		request.end(body);
	});
}

/** Opens a request and hands out its answer as soon as the head is there. */
export function openRequest(
	port: number,
	method: string,
	path: string,
	body?: string,
): Promise<http.IncomingMessage> {
	return new Promise((resolve, reject) => {
		const request = http.request({ host: "127.0.0.1", port, method, path, agent: false }, resolve);
		request.on("error", reject);
		request.end(body);
	});
}

/** Sends JSON. */
export function callJson(
	port: number,
	method: string,
	path: string,
	value: unknown,
	headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
	return call(port, path, {
		method,
		headers: { "Content-Type": "application/json", ...headers },
		body: JSON.stringify(value),
	});
}

/** Sends bytes as they are and gives everything that comes back until the other side closes. */
export function exchangeBytes(port: number, bytes: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host: "127.0.0.1", port }, () => socket.write(bytes));
		let text = "";
		socket.on("data", (piece) => {
			text += piece.toString("latin1");
		});
		socket.on("error", reject);
		socket.on("close", () => resolve(text));
	});
}
