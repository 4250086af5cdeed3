import { z } from "zod";
import { problemSchema } from "./api-shapes.ts";
import type { Route } from "./route.ts";

/** The part of a JSON schema that is printed. */
interface Shape {
	readonly type?: string | readonly string[];
	readonly description?: string;
	readonly properties?: Readonly<Record<string, Shape>>;
	readonly required?: readonly string[];
	readonly items?: Shape;
	readonly anyOf?: readonly Shape[];
	readonly enum?: readonly unknown[];
	readonly const?: unknown;
	readonly default?: unknown;
	readonly additionalProperties?: Shape | boolean;
}

function shapeOf(schema: z.ZodType): Shape {
	return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;
}

function typeOf(shape: Shape): string {
	if (shape.const !== undefined) return JSON.stringify(shape.const);
	if (shape.enum !== undefined) return shape.enum.map((value) => JSON.stringify(value)).join(", ");
	if (shape.anyOf !== undefined) return shape.anyOf.map(typeOf).join(" or ");
	if (shape.type === "array") return `list of ${typeOf(shape.items ?? {})}`;
	if (shape.type === "object" && typeof shape.additionalProperties === "object")
		return `object of ${typeOf(shape.additionalProperties)}`;
	if (typeof shape.type === "string") return shape.type;
	return shape.type?.join(" or ") ?? "anything";
}

/** The shape whose keys are worth printing: the object itself, in a list, or beside null. */
function inner(shape: Shape): Shape | null {
	if (shape.properties !== undefined) return shape;
	if (shape.items !== undefined) return inner(shape.items);
	for (const option of shape.anyOf ?? []) {
		const found = inner(option);
		if (found !== null) return found;
	}
	return null;
}

function rowsOf(shape: Shape, prefix: string): string[] {
	const required = new Set(shape.required);
	return Object.entries(shape.properties ?? {}).flatMap(([key, value]) => {
		const name = `${prefix}${key}`;
		const notes = [
			value.description ?? "",
			required.has(key) || value.default !== undefined ? "" : "may be absent",
			value.default === undefined ? "" : `default ${JSON.stringify(value.default)}`,
		].filter((note) => note !== "");
		const below = inner(value);
		const listed = value.type === "array" ? "[]" : "";
		return [
			`| \`${name}\` | ${typeOf(value)} | ${notes.join("; ")} |`,
			...(below === null ? [] : rowsOf(below, `${name}${listed}.`)),
		];
	});
}

function table(schema: z.ZodType): readonly string[] {
	const rows = rowsOf(inner(shapeOf(schema)) ?? {}, "");
	return rows.length === 0 ? [] : ["| key | type | |", "|---|---|---|", ...rows, ""];
}

function section(route: Route): readonly string[] {
	const query = table(route.query);
	const body = table(route.body);
	return [
		`## \`${route.method} ${route.path}\``,
		"",
		`${route.summary}. ${route.description}`,
		"",
		...(query.length === 0 ? [] : ["Query:", "", ...query]),
		...(body.length === 0 ? [] : ["Body (JSON, may be absent):", "", ...body]),
		"Answers:",
		"",
		...route.responses.map(
			({ status, when, body: answer }) =>
				`- ${status}: ${when}${answer === problemSchema ? " (a problem)" : ""}`,
		),
		"",
		...(route.responses[0]?.body === undefined ? [] : table(route.responses[0].body)),
	];
}

/** The document of Plimsoll's own HTTP API, in Markdown, made from the routes as they are declared. */
export function renderApiDoc(routes: readonly Route[]): string {
	return [
		"# Plimsoll's HTTP API",
		"",
		"<!-- Made from the declared routes; `npx vitest run -u electron/core/gateway/api-doc.test.ts` makes it anew. -->",
		"",
		"The server listens on 127.0.0.1 (and ::1), port 11435 or the next free one. GB are 1024³ bytes; times are ISO",
		"8601 in UTC. Bodies are JSON with `Content-Type: application/json`. Every answer carries `Plimsoll-Instance`.",
		"",
		"Everything else under `/api` and `/v1` is the engine's own API and is passed on to it as it is, streams",
		"included. Requests that would load a model are refused with 507 where the model does not fit; errors there",
		"speak the client's dialect (Ollama, OpenAI, Anthropic).",
		"",
		"Requests for the model `auto`, for `auto:coding` or another domain, or for a member's id, are routed: the chosen",
		"member's model stands in what is passed on, and `Plimsoll-Member` in the answer. `POST /api/chat` with `prompt`",
		"and neither `model` nor `messages` is the original router's chat: `{prompt, context?, images?, member?, stream?}`",
		"leads to `{response, metadata}` (see compatibility.md).",
		"",
		...routes.flatMap(section),
		"## Problems",
		"",
		"Errors of these routes are `application/problem+json`. Besides those named above: 400 `invalid-argument`, 401",
		"`unauthorized`, 403 `forbidden`, 404 `not-found`, 405 `method-not-allowed`, 408 `request-timeout`, 413",
		"`body-too-large`, 415 `unsupported-media-type`, 500 `internal`, 502 `engine-unreachable`, 504 `engine-timeout`.",
		"",
		...table(problemSchema),
	].join("\n");
}
