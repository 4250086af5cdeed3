import { constants } from "node:buffer";
import { keepAliveMs } from "./keep-alive-value.ts";
import { decodedPath } from "./path-kind.ts";

/** Paths of the engine whose POST loads the model that it names. */
const LOADING_PATHS: ReadonlySet<string> = new Set([
	"/api/generate",
	"/api/chat",
	"/api/embed",
	"/api/embeddings",
	"/v1/chat/completions",
	"/v1/completions",
	"/v1/embeddings",
	"/v1/responses",
	"/v1/messages",
	"/v1/systemone",
]);

/** Bytes of the longest body that can be read as text at all: 512 MiB less a few, as long as Node's strings are. */
export const longestParsableBody = constants.MAX_STRING_LENGTH;

/** What a body on a loading path asks for. */
export type LoadIntent =
	/** Uses a model, which may have to load. */
	| { readonly kind: "use"; readonly model: string; readonly contextLength: number | null }
	/** Asks to unload; never held back. */
	| { readonly kind: "unload"; readonly model: string }
	/** The original API's chat: a prompt, and Plimsoll chooses the model. */
	| { readonly kind: "routed-chat" }
	/** Nothing that could be read; the engine says what is wrong with it. */
	| { readonly kind: "unreadable" };

/** Whether the body of a request has to be read before it is passed on. */
export function mayLoad(method: string | undefined, target: string): boolean {
	return method === "POST" && LOADING_PATHS.has(decodedPath(target));
}

/** Whether a path makes embeddings, which are no answers to be routed. */
export function embeds(target: string): boolean {
	return decodedPath(target).includes("/embed");
}

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** A body's object, or null where it is none. */
export function parseObject(body: Buffer): Fields | null {
	try {
		const value: unknown = JSON.parse(body.toString("utf8"));
		return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
	} catch {
		return null;
	}
}

/** A field by its name in any case, as the engine finds it; the last one wins. */
export function field(fields: Fields, name: string): unknown {
	if (name in fields) return fields[name];
	const key = Object.keys(fields).findLast((candidate) => candidate.toLowerCase() === name);
	return key === undefined ? undefined : fields[key];
}

function isEmpty(value: unknown): boolean {
	return (
		value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)
	);
}

/** Reads from a body what it would do to the memory. */
export function loadIntent(target: string, body: Buffer): LoadIntent {
	const fields = parseObject(body);
	if (fields === null) return { kind: "unreadable" };
	const path = decodedPath(target);
	const model = field(fields, "model");
	const isChat = path === "/api/chat";
	if (isChat && model === undefined && field(fields, "messages") === undefined && "prompt" in fields)
		return { kind: "routed-chat" };
	if (typeof model !== "string" || model === "") return { kind: "unreadable" };
	const content = path === "/api/generate" ? "prompt" : isChat ? "messages" : null;
	if (content !== null && keepAliveMs(field(fields, "keep_alive")) === 0 && isEmpty(field(fields, content)))
		return { kind: "unload", model };
	const options = field(fields, "options");
	const contextLength =
		typeof options === "object" && options !== null ? field(options as Fields, "num_ctx") : undefined;
	return {
		kind: "use",
		model,
		contextLength:
			typeof contextLength === "number" && Number.isSafeInteger(contextLength) && contextLength > 0
				? contextLength
				: null,
	};
}
