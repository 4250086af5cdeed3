import type { SerializedError } from "./errors.ts";

/** What one question or answer says. */
export interface ChatMessage {
	readonly id: string;
	readonly role: "user" | "assistant";
	readonly text: string;
	/** What a thinking model thought before it answered; empty for others. */
	readonly thinking: string;
	readonly at: number;
	/**
	 * `waiting`: its model is not loaded yet or has not said anything; `streaming`: text is coming; `done`: it ended by
	 * itself; `stopped`: by the user; `broken`: by an error, with what came kept.
	 */
	readonly state: "waiting" | "streaming" | "done" | "stopped" | "broken";
	/** Model that answers; null for questions. */
	readonly model: string | null;
	readonly error: SerializedError | null;
	readonly figures: ChatFigures | null;
}

/** The small print of an answer. What the engine did not say is null. */
export interface ChatFigures {
	readonly firstTokenMs: number | null;
	readonly tokensPerSecond: number | null;
	readonly answerTokens: number | null;
	readonly loadMs: number | null;
}

/** The conversation on screen. */
export interface ChatState {
	readonly conversationId: string;
	/** The model that gets the next question; null until one was chosen. */
	readonly model: string | null;
	readonly messages: readonly ChatMessage[];
	/** What was typed and not sent; it outlives the window it was typed in. */
	readonly draft: string;
}
