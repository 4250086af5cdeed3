import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import type { Unsubscribe } from "../../shared/ipc.ts";
import { MAX_ARGUMENT_LENGTH } from "../../shared/plain-json.ts";
import { openPopoverSession, type PopoverSession } from "../core/ipc/popover-session.ts";
import type { Registrar } from "../core/ipc/registrar.ts";
import { CLOSE_CODE, type ServerMessage } from "./socket-protocol.ts";

/** Messages as they come in, checked before anything looks at them. */
const clientMessageSchema = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("hello"), token: z.string().max(512) }),
	z.strictObject({ kind: z.literal("call"), id: z.int(), channel: z.string().max(200), argument: z.json() }),
	z.strictObject({ kind: z.literal("subscribe"), channel: z.string().max(200) }),
	z.strictObject({ kind: z.literal("unsubscribe"), channel: z.string().max(200) }),
]);

/** Time a connection has to say hello, and between two pings. */
const HELLO_WITHIN_MS = 5_000;
const PING_EVERY_MS = 15_000;

/** Bytes a page may lag behind before it is cut off; it comes back with a snapshot. */
const MAX_BACKLOG_BYTES = 32 * 1024 ** 2;

/** The popover's WebSocket side of the contract. */
export interface PopoverSocket {
	/** Takes over an upgrade whose Host and Origin were found good. */
	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
	/** Pages that have shown the token and are connected now. */
	connections(): number;
	/** Says goodbye to every page and takes no more. */
	close(): void;
}

function digest(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}

/** Whether two tokens are the same, in a time that does not tell how far they agree. */
function sameToken(given: string, expected: string): boolean {
	return timingSafeEqual(digest(given), digest(expected));
}

/** Serves the contract to pages that show `token` in their first message. */
export function createPopoverSocket(registrar: Registrar, token: string): PopoverSocket {
	const server = new WebSocketServer({
		noServer: true,
		maxPayload: MAX_ARGUMENT_LENGTH * 3,
		perMessageDeflate: false,
	});
	const welcomed = new Set<WebSocket>();

	function serve(socket: WebSocket): void {
		let session: PopoverSession | null = null;
		const subscriptions = new Map<string, Unsubscribe>();
		let answeredPing = true;

		function send(message: ServerMessage): void {
			if (socket.readyState !== socket.OPEN) return;
			if (socket.bufferedAmount > MAX_BACKLOG_BYTES) socket.close(CLOSE_CODE.tooSlow);
			else socket.send(JSON.stringify(message));
		}

		function greet(message: z.infer<typeof clientMessageSchema>): void {
			if (message.kind !== "hello" || !sameToken(message.token, token)) {
				socket.close(CLOSE_CODE.unauthorized);
				return;
			}
			clearTimeout(impatience);
			session = openPopoverSession(registrar);
			welcomed.add(socket);
			send({ kind: "welcome" });
		}

		async function answer(
			open: PopoverSession,
			id: number,
			channel: string,
			argument: unknown,
		): Promise<void> {
			send({ kind: "reply", id, reply: await open.invoke(channel, argument) });
		}

		function subscribe(open: PopoverSession, channel: string): void {
			if (subscriptions.has(channel)) return;
			const stop = open.subscribe(channel, (payload) => send({ kind: "event", channel, payload }));
			subscriptions.set(channel, stop);
		}

		function receive(data: RawData): void {
			const message = clientMessageSchema.parse(JSON.parse(data.toString()));
			if (session === null) greet(message);
			else if (message.kind === "call") void answer(session, message.id, message.channel, message.argument);
			else if (message.kind === "subscribe") subscribe(session, message.channel);
			else if (message.kind === "unsubscribe") {
				subscriptions.get(message.channel)?.();
				subscriptions.delete(message.channel);
			}
		}

		const impatience = setTimeout(() => socket.close(CLOSE_CODE.unauthorized), HELLO_WITHIN_MS);
		const pulse = setInterval(() => {
			if (!answeredPing) socket.terminate();
			answeredPing = false;
			socket.ping();
		}, PING_EVERY_MS);
		socket.on("pong", () => {
			answeredPing = true;
		});
		socket.on("message", (data) => {
			try {
				receive(data);
			} catch {
				socket.close(session === null ? CLOSE_CODE.unauthorized : CLOSE_CODE.badMessage);
			}
		});
		// A reset connection also closes; there is nothing more to say about it.
		socket.on("error", () => socket.terminate());
		socket.on("close", () => {
			clearTimeout(impatience);
			clearInterval(pulse);
			welcomed.delete(socket);
			session?.close();
		});
	}

	return {
		upgrade(request, socket, head) {
			server.handleUpgrade(request, socket, head, serve);
		},
		connections: () => welcomed.size,
		close() {
			for (const socket of server.clients) {
				socket.close(CLOSE_CODE.goingAway);
				// A page that does not answer the goodbye must not hold up the end.
				setTimeout(() => socket.terminate(), 500).unref();
			}
			server.close();
		},
	};
}
