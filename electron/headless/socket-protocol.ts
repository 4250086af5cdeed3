import type { Reply } from "../../shared/ipc.ts";

/** Path of the popover's WebSocket. */
export const SOCKET_PATH = "/popover/ws";

/** What a page says; the first message must be the hello. */
export type ClientMessage =
	| { readonly kind: "hello"; readonly token: string }
	| { readonly kind: "call"; readonly id: number; readonly channel: string; readonly argument: unknown }
	| { readonly kind: "subscribe"; readonly channel: string }
	| { readonly kind: "unsubscribe"; readonly channel: string };

/** What Plimsoll answers and tells. */
export type ServerMessage =
	| { readonly kind: "welcome" }
	| { readonly kind: "reply"; readonly id: number; readonly reply: Reply }
	| { readonly kind: "event"; readonly channel: string; readonly payload: unknown };

/** Why a connection was closed, as WebSocket close codes; those from 4400 on are final for the page. */
export const CLOSE_CODE = {
	/** Plimsoll ends. */
	goingAway: 1001,
	/** The page reads slower than it is told; it may connect again and take a snapshot. */
	tooSlow: 1013,
	/** What came was not a message of this protocol. */
	badMessage: 4400,
	/** The token is missing or another run's. */
	unauthorized: 4401,
} as const;
