import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/** Headers that offer another protocol. */
const OFFER: ReadonlySet<string> = new Set(["upgrade", "connection", "http2-settings"]);

/**
 * Takes a request that offers a protocol nobody here speaks (Java's client offers HTTP/2 with every first request)
 * back as the plain request it is otherwise, as HTTP asks of a server that ignores an offer. Node has given the
 * connection up by then, so the head is put back in front of it and the server meets it anew.
 */
export function takeAsPlainRequest(
	server: Server,
	request: IncomingMessage,
	socket: Duplex,
	rest: Buffer,
): void {
	const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
	for (let index = 0; index < request.rawHeaders.length; index += 2) {
		const name = request.rawHeaders[index] ?? "";
		if (!OFFER.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[index + 1] ?? ""}`);
	}
	socket.removeAllListeners("error");
	socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]));
	server.emit("connection", socket);
}
