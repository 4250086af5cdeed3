import type { ChatMessage } from "./chat.ts";

/** Words of an export, in the language of whoever asks for it. */
export interface ExportWords {
	readonly you: string;
	readonly systemPrompt: string;
	readonly thinking: string;
	/** An answer that was stopped or broke off. */
	readonly unfinished: string;
	picture(name: string): string;
}

function quoted(text: string): string {
	return text
		.split("\n")
		.map((line) => `> ${line}`.trimEnd())
		.join("\n");
}

function section(message: ChatMessage, words: ExportWords): string {
	const when = new Date(message.at).toISOString().slice(0, 16).replace("T", " ");
	const who = message.role === "user" ? words.you : (message.model ?? "");
	const pictures = message.pictures.map(({ name }) => `*${words.picture(name)}*`);
	const thinking = message.thinking === "" ? [] : [quoted(`**${words.thinking}**\n\n${message.thinking}`)];
	const end = message.state === "stopped" || message.state === "broken" ? [`*${words.unfinished}*`] : [];
	// What a person typed may hold headings; what a model wrote is Markdown already.
	const text = message.role === "user" ? quoted(message.text) : message.text.trimEnd();
	return [`## ${who} · ${when} UTC`, ...thinking, text, ...pictures, ...end]
		.filter((part) => part !== "")
		.join("\n\n");
}

/** A conversation as one Markdown document. Times are UTC. */
export function conversationMarkdown(
	conversation: { readonly title: string; readonly systemPrompt: string },
	messages: readonly ChatMessage[],
	words: ExportWords,
): string {
	const { title, systemPrompt } = conversation;
	const system = systemPrompt === "" ? [] : [quoted(`**${words.systemPrompt}**\n\n${systemPrompt}`)];
	return `${[`# ${title}`, ...system, ...messages.map((message) => section(message, words))].join("\n\n")}\n`;
}

/** A file name from a title: letters and digits of any script, at most 60 characters. */
export function exportName(title: string): string {
	const name = title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-+|-+$/g, "");
	return `${[...name].slice(0, 60).join("") || "plimsoll"}.md`;
}
