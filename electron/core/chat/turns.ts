import type { ChatMessage } from "../../../shared/chat.ts";
import { estimateTokens } from "../router/requirements/estimate-tokens.ts";

/** Tokens that a picture is taken to need, more than most models do. */
const PICTURE_TOKENS = 1_200;

/** Tokens of a turn besides its text: its role and the marks around it. */
const TURN_TOKENS = 6;

/** Share of the context, and most tokens, kept free for the answer. */
const ANSWER_SHARE = 0.25;
const ANSWER_TOKENS = 2_048;

/** How far a measured prompt may move an estimate; older engines measure only what they had not cached. */
const SMALLEST_CORRECTION = 0.8;
const LARGEST_CORRECTION = 3;

/** About how many tokens a message takes in a prompt. */
export function estimateMessage({ text, pictures }: Pick<ChatMessage, "text" | "pictures">): number {
	return estimateTokens(text) + pictures.length * PICTURE_TOKENS + TURN_TOKENS;
}

/** By what estimates are to be multiplied, from what the engine measured of the last answer's prompt. */
export function correctionOf(message: ChatMessage | undefined): number {
	const figures = message?.figures;
	if (figures?.promptTokens == null || figures.estimatedPromptTokens === 0) return 1;
	const measured = figures.promptTokens / figures.estimatedPromptTokens;
	return Math.min(LARGEST_CORRECTION, Math.max(SMALLEST_CORRECTION, measured));
}

/** What a model is given. */
export interface ChosenTurns {
	/** Oldest first, the question last. */
	readonly messages: readonly ChatMessage[];
	/** How many older ones it is not given. */
	readonly leftOut: number;
	/** What it all takes, tokens before the correction. */
	readonly estimatedTokens: number;
}

/**
 * The question with as much of the conversation before it as the context holds, the newest first; null where the
 * question alone does not fit. `earlier` comes newest first, and is read only as far as it is needed.
 */
export function turnsWithin(asked: {
	readonly question: ChatMessage;
	readonly systemPrompt: string;
	readonly earlier: Iterable<ChatMessage>;
	/** How many messages there are in `earlier`. */
	readonly earlierCount: number;
	/** Null where it is not known: then everything is given. */
	readonly contextTokens: number | null;
	readonly correction: number;
}): ChosenTurns | null {
	const { question, systemPrompt, contextTokens, correction } = asked;
	const limit = (contextTokens ?? Number.POSITIVE_INFINITY) / correction;
	const reserve = Math.min(ANSWER_TOKENS, limit * ANSWER_SHARE);
	const system = systemPrompt === "" ? 0 : estimateTokens(systemPrompt) + TURN_TOKENS;
	let estimatedTokens = system + estimateMessage(question);
	if (estimatedTokens >= limit) return null;
	const chosen: ChatMessage[] = [];
	let passed = 0;
	for (const message of asked.earlier) {
		const tokens = estimateMessage(message);
		if (estimatedTokens + tokens > limit - reserve) break;
		passed += 1;
		// Answers that broke before their first word say nothing.
		if (message.text === "" && message.pictures.length === 0) continue;
		estimatedTokens += tokens;
		chosen.unshift(message);
	}
	// A conversation that begins with an answer makes no sense to a model.
	while (passed < asked.earlierCount && chosen[0]?.role === "assistant") {
		estimatedTokens -= estimateMessage(chosen[0]);
		chosen.shift();
		passed -= 1;
	}
	return { messages: [...chosen, question], leftOut: asked.earlierCount - passed, estimatedTokens };
}
