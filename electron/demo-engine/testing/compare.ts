import type { RecordedAnswer } from "./recordings.ts";
import type { Replayed } from "./replay.ts";

const COMPARED_HEADERS = ["content-type", "allow", "access-control-allow-origin"];

/**
 * Where an answer differs from the recorded one: status, headers, keys and types at every depth, framing of
 * streams, and the very words of errors and texts. Empty when it conforms. What is chance or measurement (times,
 * counts, names of answers, how many pieces) is not compared.
 */
export function differences(recorded: RecordedAnswer, replayed: Replayed): readonly string[] {
	const found: string[] = [];
	const compare = (what: string, wanted: string | undefined, got: string | undefined): void => {
		if (wanted !== got) found.push(`${what}: recorded ${wanted ?? "nothing"}, got ${got ?? "nothing"}`);
	};
	compare("status", String(recorded.status), String(replayed.status));
	if (recorded.headers !== null)
		for (const name of COMPARED_HEADERS) compare(name, recorded.headers[name], replayed.headers[name]);
	const contentType = replayed.headers["content-type"] ?? "";
	const form = contentType.startsWith("text/event-stream")
		? "events"
		: contentType.startsWith("application/x-ndjson")
			? "lines"
			: contentType.startsWith("application/json")
				? "json"
				: "text";
	if (form === "text") compare("text", recorded.body, replayed.body);
	else {
		compare("shape", shapeOfBody(recorded.body, form), shapeOfBody(replayed.body, form));
		compare("errors", errorTexts(recorded.body, form), errorTexts(replayed.body, form));
	}
	return found;
}

type Form = "events" | "lines" | "json";

/** A description of keys and types; runs of equal parts of a stream count as one. */
export function shapeOfBody(body: string, form: Form): string {
	const shapes = partsOf(body, form).map(({ prefix, value }) => `${prefix}${shapeOf(value)}`);
	return shapes.filter((shape, index) => shape !== shapes[index - 1]).join("\n");
}

interface Part {
	readonly prefix: string;
	readonly value: unknown;
}

function partsOf(body: string, form: Form): readonly Part[] {
	if (body === "") return [];
	if (form === "json") return [{ prefix: "", value: parse(body) }];
	if (form === "lines") {
		const ended = body.endsWith("\n") ? "" : "unterminated ";
		return body
			.split("\n")
			.filter((line) => line !== "")
			.map((line) => ({ prefix: ended, value: parse(line) }));
	}
	return body
		.split("\n\n")
		.filter((event) => event !== "")
		.map((event) => {
			const at = event.indexOf("data: ");
			return { prefix: event.slice(0, at + 6), value: parse(event.slice(at + 6)) };
		});
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return `not json: ${text}`;
	}
}

function shapeOf(value: unknown): string {
	if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].sort().join("|")}]`;
	if (value === null) return "null";
	if (typeof value === "object")
		return `{${Object.entries(value)
			.map(([key, inner]) => `${key}:${shapeOf(inner)}`)
			.sort()
			.join(",")}}`;
	if (typeof value === "string" && value.startsWith("not json")) return value;
	return typeof value;
}

function errorTexts(body: string, form: Form): string {
	return partsOf(body, form)
		.flatMap(({ value }) => {
			const error = (value as { error?: unknown } | null)?.error;
			if (typeof error === "string") return [error];
			const message = (error as { message?: unknown } | null | undefined)?.message;
			return typeof message === "string" ? [message] : [];
		})
		.join("\n");
}
