import type { SerializedError } from "./errors.ts";
import type { FitStep } from "./fit.ts";
import type { RouteDecision } from "./router.ts";

/** A picture in a question: a JPEG that Plimsoll keeps; its bytes come by the query `picture`. */
export interface Picture {
	/** SHA-256 of its bytes, in hex. */
	readonly id: string;
	/** Name of the file it came from; empty for a pasted one. */
	readonly name: string;
	readonly widthPx: number;
	readonly heightPx: number;
}

/** What one question or answer says. */
export interface ChatMessage {
	readonly id: string;
	readonly role: "user" | "assistant";
	readonly text: string;
	/** What a thinking model thought before it answered; empty for others. */
	readonly thinking: string;
	/** Pictures of a question; none for answers. */
	readonly pictures: readonly Picture[];
	readonly at: number;
	/**
	 * `waiting`: its model is not loaded yet or has not said anything; `streaming`: text is coming; `done`: it ended by
	 * itself; `stopped`: by the user; `broken`: by an error, with what came kept.
	 */
	readonly state: "waiting" | "streaming" | "done" | "stopped" | "broken";
	/** Model that answers; null for questions, and for answers whose model is still being chosen. */
	readonly model: string | null;
	/** Why this model was taken; null where a person chose it, and for questions. */
	readonly route: RouteDecision | null;
	/** What has to go before the model can be loaded, while the answer waits for that. */
	readonly steps: readonly FitStep[];
	/** How long the last load of the model took, milliseconds, while the answer waits for a load; null where none was seen. */
	readonly expectedLoadMs: number | null;
	/** Older questions and answers that the model was not given, since all of them would not fit its context. */
	readonly leftOut: number;
	/** Tokens of context the model had; null before it is known. */
	readonly contextTokens: number | null;
	readonly error: SerializedError | null;
	readonly figures: ChatFigures | null;
}

/** The small print of an answer. What the engine did not say is null. */
export interface ChatFigures {
	readonly firstTokenMs: number | null;
	readonly tokensPerSecond: number | null;
	readonly promptTokens: number | null;
	readonly answerTokens: number | null;
	/** What the prompt was thought to take before it was sent, tokens. */
	readonly estimatedPromptTokens: number;
	readonly loadMs: number | null;
	/** The answer ended because its context was full. */
	readonly contextFull: boolean;
}

/** A conversation in the list. */
export interface ConversationRow {
	readonly id: string;
	readonly title: string;
	/** When something was last said in it. */
	readonly at: number;
	/** Model of its newest answer, or null. */
	readonly model: string | null;
	readonly questions: number;
}

/** A conversation that a search found. */
export interface FoundConversation extends ConversationRow {
	/** The newest place where it was found: the text around it, with what was found between `from` and `to`. */
	readonly excerpt: { readonly text: string; readonly from: number; readonly to: number } | null;
}

/** The conversation on screen, and the list's first page. Everything else is asked for. */
export interface ChatState {
	readonly conversationId: string;
	/** Null while nothing was asked in it. */
	readonly title: string | null;
	/** What every model is told before the conversation; empty for nothing. */
	readonly systemPrompt: string;
	/** The model chosen to answer, or null. */
	readonly model: string | null;
	/** The member of the team chosen to answer, or null; where nothing is chosen, each question goes to the best one. */
	readonly member: string | null;
	/** Its newest part, oldest first. */
	readonly messages: readonly ChatMessage[];
	/** How many older messages there are; `earlierMessages` gives them. */
	readonly earlier: number;
	/** What was typed and not sent; it outlives the window it was typed in. */
	readonly draft: string;
	/** Pictures that go with the next question. */
	readonly attached: readonly Picture[];
	/** The conversation in which an answer is under way; it need not be the one on screen. */
	readonly answering: {
		readonly conversationId: string;
		readonly title: string;
		/** Null while it is being chosen. */
		readonly model: string | null;
	} | null;
	/** The newest conversations. */
	readonly recent: readonly ConversationRow[];
	/** How many conversations there are. */
	readonly conversations: number;
	/** The conversation deleted last, for as long as that can be taken back. */
	readonly deleted: { readonly id: string; readonly title: string } | null;
}

/** A message of which nothing is known but who says it; what else it is stands in `known`. */
export function bareMessage(
	known: Pick<ChatMessage, "id" | "role" | "at" | "state"> & Partial<ChatMessage>,
): ChatMessage {
	return {
		text: "",
		thinking: "",
		pictures: [],
		model: null,
		route: null,
		steps: [],
		expectedLoadMs: null,
		leftOut: 0,
		contextTokens: null,
		error: null,
		figures: null,
		...known,
	};
}

/** An empty conversation, and nothing in the list. */
export function emptyChat(conversationId: string): ChatState {
	return {
		conversationId,
		title: null,
		systemPrompt: "",
		model: null,
		member: null,
		messages: [],
		earlier: 0,
		draft: "",
		attached: [],
		answering: null,
		recent: [],
		conversations: 0,
		deleted: null,
	};
}

/** Most pictures in one question. */
export const MAX_PICTURES = 8;

/** Largest kept picture, bytes; the popover scales pictures well below it. */
export const MAX_PICTURE_BYTES = 4 * 1024 ** 2;
