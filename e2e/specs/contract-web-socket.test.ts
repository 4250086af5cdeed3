import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import {
	createSocketTransport,
	type SocketLike,
} from "../../electron/headless/bridge/web-socket-transport.ts";
import { createPopoverSocket } from "../../electron/headless/popover-socket.ts";
import { describeContract } from "./contract.ts";

describeContract("a WebSocket", async (registrar) => {
	const token = "a token";
	const popovers = createPopoverSocket(registrar, token);
	const sockets = new Set<Duplex>();
	const server = createServer();
	server.on("upgrade", (request, socket, head) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		popovers.upgrade(request, socket, head);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/popover/ws`;
	return {
		async connect() {
			const transport = createSocketTransport({
				url,
				token,
				openSocket: (address) => new WebSocket(address) as unknown as SocketLike,
				after: (delayMs, callback) => setTimeout(callback, delayMs),
			});
			return {
				transport,
				async close() {
					transport.close();
				},
			};
		},
		async cut() {
			for (const socket of sockets) socket.destroy();
		},
		async close() {
			popovers.close();
			await new Promise((resolve) => server.close(resolve));
		},
	};
});
