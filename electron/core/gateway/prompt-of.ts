import { createHash } from "node:crypto";
import { type Fields, field } from "./load-request.ts";

/** What a request of any of the dialects asks, as far as routing wants to know it. */
export interface AskedPrompt {
	/** The last question. */
	readonly prompt: string;
	/** Pictures in the whole conversation: who answers has to see them all. */
	readonly imageCount: number;
	/** Tokens of everything before the last question, estimated. */
	readonly contextTokens: number;
	readonly tools: boolean;
	/** The same for every question of one conversation. */
	readonly conversation: string;
}

/** Characters of text that make one token, roughly and rather too few. */
const CHARACTERS_PER_TOKEN = 3.5;

interface Turn {
	readonly role: string;
	readonly text: string;
	readonly imageCount: number;
}

function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lengthOf(value: unknown): number {
	return Array.isArray(value) ? value.length : 0;
}

/** Text and pictures of a content: a string, or parts of OpenAI's and Anthropic's kinds. */
function contentOf(content: unknown): { readonly text: string; readonly imageCount: number } {
	if (typeof content === "string") return { text: content, imageCount: 0 };
	const parts = Array.isArray(content) ? content : [content];
	let text = "";
	let imageCount = 0;
	for (const part of parts) {
		if (typeof part === "string") text += part;
		if (!isFields(part)) continue;
		if (typeof part.text === "string") text += part.text;
		else if (typeof part.type === "string" && part.type.includes("image")) imageCount += 1;
		else if (part.content !== undefined) {
			const inner = contentOf(part.content);
			text += inner.text;
			imageCount += inner.imageCount;
		}
	}
	return { text, imageCount };
}

function turnOf(message: unknown): Turn {
	if (!isFields(message)) return { role: "user", ...contentOf(message) };
	const { text, imageCount } = contentOf(message.content);
	const role = typeof message.role === "string" ? message.role : "user";
	return { role, text, imageCount: imageCount + lengthOf(message.images) };
}

function turnsOf(fields: Fields): readonly Turn[] {
	for (const name of ["messages", "input"]) {
		const value = field(fields, name);
		if (Array.isArray(value)) return value.map(turnOf);
		if (typeof value === "string") return [{ role: "user", text: value, imageCount: 0 }];
	}
	const { text, imageCount } = contentOf(field(fields, "prompt"));
	return [{ role: "user", text, imageCount: imageCount + lengthOf(field(fields, "images")) }];
}

/** Reads what a request asks, whichever dialect its body speaks. */
export function promptOf(fields: Fields): AskedPrompt {
	const turns = turnsOf(fields);
	const lastAt = turns.findLastIndex(({ role, text }) => role === "user" && text !== "");
	const last = turns[lastAt] ?? turns.at(-1);
	const system = contentOf(field(fields, "system") ?? field(fields, "instructions")).text;
	const characters = turns.reduce((sum, { text }) => sum + text.length, system.length);
	const first = turns.find(({ role }) => role === "user");
	return {
		prompt: last?.text ?? "",
		imageCount: turns.reduce((sum, { imageCount }) => sum + imageCount, 0),
		contextTokens: Math.ceil((characters - (last?.text.length ?? 0)) / CHARACTERS_PER_TOKEN),
		tools: lengthOf(field(fields, "tools")) > 0,
		// A client sends the whole conversation each time, so that its beginning tells it from others.
		conversation: createHash("sha256")
			.update(`${system}\n${first?.text ?? ""}`)
			.digest("hex"),
	};
}
