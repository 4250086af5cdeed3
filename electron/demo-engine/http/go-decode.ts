import { EngineError } from "../engine-error.ts";
import { parseKeepAlive } from "../keep-alive.ts";

/** A decoded JSON body. */
export type Body = Readonly<Record<string, unknown>>;

/** Name of the Go struct a body is decoded into, and the types of its fields as Go's errors name them. */
export interface GoStruct {
	readonly name: string;
	readonly fields: Readonly<Record<string, "string" | "bool" | "array" | "object">>;
}

const GO_TYPE = { string: "string", bool: "bool", array: "[]", object: "map[string]interface {}" } as const;

/**
 * Decodes a body as Go's server does, with its very complaints: `missing request body`, `unexpected EOF`, wrong
 * types by field, durations that are none, and pictures that are no base64. Throws `EngineError` 400.
 */
export function decodeBody(text: string, into: GoStruct): Body {
	if (text.trim() === "") throw new EngineError(400, "missing request body");
	const value = parseLikeGo(text);
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new EngineError(
			400,
			`json: cannot unmarshal ${kindOf(value)} into Go value of type api.${into.name}`,
		);
	const body = value as Record<string, unknown>;
	for (const [field, type] of Object.entries(into.fields)) {
		const given = body[field];
		if (given === undefined || given === null) continue;
		const kind = kindOf(given);
		if (kind === type) continue;
		throw new EngineError(
			400,
			`json: cannot unmarshal ${kind} into Go struct field ${into.name}.${field} of type ${GO_TYPE[type]}`,
		);
	}
	const keepAlive = parseKeepAlive(body["keep_alive"]);
	if (keepAlive.kind === "error") throw new EngineError(400, keepAlive.message);
	for (const image of imagesIn(body)) checkBase64(image);
	return body;
}

/** Parses JSON; a syntax error carries Go's words. */
export function parseLikeGo(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch (error) {
		const message = error instanceof Error ? error.message : "";
		const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
		const trimmed = text.trimEnd();
		const character = trimmed[position];
		if (position >= trimmed.length || character === undefined || message.includes("Unterminated"))
			throw new EngineError(400, "unexpected EOF");
		throw new EngineError(400, `invalid character '${character}' looking for beginning of value`);
	}
}

/** Pictures of a body, at the top or in its messages. */
export function imagesIn(body: Body): readonly string[] {
	const own =
		Array.isArray(body["images"]) && body["messages"] === undefined ? (body["images"] as unknown[]) : [];
	const messages = Array.isArray(body["messages"]) ? (body["messages"] as unknown[]) : [];
	const inner = messages.flatMap((message) => {
		const images = (message as { images?: unknown } | null)?.images;
		return Array.isArray(images) ? (images as unknown[]) : [];
	});
	return [...own, ...inner].filter((image) => typeof image === "string");
}

function checkBase64(image: string): void {
	const bad = image.search(/[^A-Za-z0-9+/=\r\n]/);
	if (bad !== -1) throw new EngineError(400, `illegal base64 data at input byte ${bad}`);
}

function kindOf(value: unknown): string {
	if (value === null) return "null";
	if (Array.isArray(value)) return "array";
	return typeof value === "boolean" ? "bool" : typeof value;
}
