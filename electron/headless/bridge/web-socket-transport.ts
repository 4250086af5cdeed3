import { AppError } from "../../../shared/errors.ts";
import type { Transport, Unsubscribe } from "../../../shared/ipc.ts";
import { channelOf, eventNames } from "../../../shared/ipc-names.ts";
import { CONNECTION_LOST } from "../../../shared/patch.ts";
import { encodeArgument } from "../../../shared/plain-json.ts";
import type { ClientMessage, ServerMessage } from "../socket-protocol.ts";

/** The part of a WebSocket that is used here; a page's own and the `ws` package's both have it. */
export interface SocketLike {
	send(text: string): void;
	close(): void;
	addEventListener(type: "open" | "error", listener: () => void): void;
	addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
	addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void;
}

/** What the transport needs of the page. */
export interface SocketSurroundings {
	readonly url: string;
	readonly token: string;
	readonly openSocket: (url: string) => SocketLike;
	readonly after: (delayMs: number, callback: () => void) => void;
	/** Told of every connection made and lost. `refused` is final: the token is another run's. */
	readonly onConnection?: (state: "connected" | "lost" | "refused") => void;
}

/** A transport over a WebSocket that connects again by itself. */
export interface SocketTransport extends Transport {
	/** Drops the connection for good; open calls reject. */
	close(): void;
}

interface OpenCall {
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: AppError) => void;
}

/** Pauses between attempts to connect: quick at first, then every 2 s. */
const RETRY_DELAYS_MS = [100, 250, 500, 1000, 2000] as const;

/** Close codes from here on are final. */
const FIRST_FINAL_CODE = 4400;

/**
 * Connects to a Plimsoll and keeps connected. Calls made before the connection stands wait for it; calls that were
 * under way when it broke reject with `stream-broken`, because nobody knows whether they were carried out, and
 * after a final refusal with `unauthorized`. After every reconnection followers of patches are told that theirs
 * are no longer to be relied on, so that they take a snapshot.
 */
export function createSocketTransport(surroundings: SocketSurroundings): SocketTransport {
	const patchChannel = channelOf("patch");
	const eventChannels = new Set(eventNames.map((name) => channelOf(name)));
	const listeners = new Map<string, Set<(payload: unknown) => void>>();
	const calls = new Map<number, OpenCall>();
	let waiting: (() => void)[] = [];
	let socket: SocketLike | null = null;
	let welcomed = false;
	let ended: AppError | null = null;
	let lastId = 0;
	let attempts = 0;
	let connectedBefore = false;

	function send(message: ClientMessage): void {
		socket?.send(JSON.stringify(message));
	}

	function tell(channel: string, payload: unknown): void {
		for (const listener of Array.from(listeners.get(channel) ?? [])) listener(payload);
	}

	function rejectCalls(error: AppError): void {
		const open = [...calls.values()];
		calls.clear();
		for (const call of open) call.reject(error);
	}

	function welcome(): void {
		welcomed = true;
		attempts = 0;
		for (const channel of listeners.keys()) send({ kind: "subscribe", channel });
		const due = waiting;
		waiting = [];
		for (const start of due) start();
		surroundings.onConnection?.("connected");
		if (connectedBefore) tell(patchChannel, CONNECTION_LOST);
		connectedBefore = true;
	}

	function receive(message: ServerMessage): void {
		if (message.kind === "welcome") welcome();
		else if (message.kind === "event") tell(message.channel, message.payload);
		else {
			const call = calls.get(message.id);
			calls.delete(message.id);
			if (message.reply.ok) call?.resolve(message.reply.value);
			else call?.reject(AppError.from(message.reply.error));
		}
	}

	function end(error: AppError): void {
		ended = error;
		rejectCalls(error);
		const due = waiting;
		waiting = [];
		for (const start of due) start();
	}

	function lost(code: number): void {
		socket = null;
		welcomed = false;
		if (ended !== null) return;
		if (code >= FIRST_FINAL_CODE) {
			end(AppError.of("unauthorized", {}));
			surroundings.onConnection?.("refused");
			return;
		}
		rejectCalls(AppError.of("stream-broken", {}));
		if (connectedBefore) surroundings.onConnection?.("lost");
		const delayMs = RETRY_DELAYS_MS[Math.min(attempts, RETRY_DELAYS_MS.length - 1)] ?? 2000;
		attempts += 1;
		surroundings.after(delayMs, connect);
	}

	function connect(): void {
		if (ended !== null) return;
		const opening = surroundings.openSocket(surroundings.url);
		socket = opening;
		opening.addEventListener("open", () => send({ kind: "hello", token: surroundings.token }));
		opening.addEventListener("message", ({ data }) => receive(JSON.parse(String(data)) as ServerMessage));
		opening.addEventListener("close", ({ code }) => lost(code));
		// Every error is followed by a close, which tells more.
		opening.addEventListener("error", () => undefined);
	}

	connect();
	return {
		async invoke(channel, argument) {
			// Checked and copied now, so that later changes of the caller's object do not travel.
			const sent: unknown = JSON.parse(encodeArgument(channel, argument));
			return new Promise((resolve, reject) => {
				const start = (): void => {
					if (ended !== null) {
						reject(ended);
						return;
					}
					lastId += 1;
					calls.set(lastId, { resolve, reject });
					send({ kind: "call", id: lastId, channel, argument: sent });
				};
				if (welcomed || ended !== null) start();
				else waiting.push(start);
			});
		},
		subscribe(channel, listener): Unsubscribe {
			if (!eventChannels.has(channel)) throw AppError.of("not-found", { path: channel });
			// One listener may be given twice; each subscription is its own.
			const own = (payload: unknown): void => listener(payload);
			const followers = listeners.get(channel);
			if (followers) followers.add(own);
			else {
				listeners.set(channel, new Set([own]));
				if (welcomed) send({ kind: "subscribe", channel });
			}
			return () => {
				const left = listeners.get(channel);
				if (!left?.delete(own) || left.size > 0) return;
				listeners.delete(channel);
				if (welcomed) send({ kind: "unsubscribe", channel });
			};
		},
		close() {
			if (ended !== null) return;
			end(AppError.of("cancelled", {}));
			socket?.close();
		},
	};
}
