import type { Message } from "./messages/message.ts";

/** What an event is about; decides its mark on the memory curve. */
export type EventKind =
	| "loaded"
	| "unloaded"
	| "flush"
	| "pressure"
	| "emergency"
	| "watchdog"
	| "health"
	| "engine"
	| "gateway"
	| "settings"
	| "storage";

/** Something that happened, kept in the history. Never holds prompt text. */
export interface AppEvent {
	readonly id: number;
	readonly at: number;
	readonly kind: EventKind;
	readonly severity: "info" | "warning" | "error";
	readonly message: Message;
	/** Figures that caused it or came of it. */
	readonly data: Readonly<Record<string, unknown>>;
}
