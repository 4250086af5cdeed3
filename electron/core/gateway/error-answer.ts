import { STATUS_CODES } from "node:http";
import type { AppError } from "../../../shared/errors.ts";
import { createRenderer } from "../../../shared/messages/create-renderer.ts";
import { toGb } from "../../../shared/units.ts";
import { decodedPath, pathKind } from "./path-kind.ts";

/** How a client expects to be told of an error: by whose API it speaks. */
export type Dialect = "plimsoll" | "ollama" | "openai" | "anthropic";

/** An error ready to be sent. */
export interface ErrorAnswer {
	readonly status: number;
	readonly contentType: string;
	readonly body: Readonly<Record<string, unknown>>;
}

/** The HTTP API speaks English, whatever the popover speaks. */
const english = createRenderer("en");

/** The dialect of a request target. */
export function dialectOf(target: string): Dialect {
	if (pathKind(target) === "own") return "plimsoll";
	const path = decodedPath(target);
	if (path === "/v1/messages" || path.startsWith("/v1/messages/")) return "anthropic";
	return path.startsWith("/v1") ? "openai" : "ollama";
}

/** Figures of an error by their names in the HTTP API: `neededBytes` becomes `needed_gb`. */
export function figuresOf(error: AppError): Readonly<Record<string, string | number>> {
	return Object.fromEntries(
		Object.entries(error.params).map(([name, value]) => {
			const inGb = name.endsWith("Bytes") && typeof value === "number";
			const stem = inGb ? `${name.slice(0, -"Bytes".length)}Gb` : name;
			const snake = stem.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
			return [snake, inGb ? toGb(value) : value];
		}),
	);
}

/** What went wrong, as a sentence. */
export function sentenceOf(error: AppError): string {
	return english.render(error.said);
}

/** An error as problem+json, with the `error` key that the original API's clients look for. */
export function problemOf(error: AppError): Readonly<Record<string, unknown>> {
	const detail = sentenceOf(error);
	return {
		type: `urn:plimsoll:error:${error.code}`,
		title: STATUS_CODES[error.status] ?? error.code,
		status: error.status,
		detail,
		code: error.code,
		next: english.render(error.next),
		figures: figuresOf(error),
		error: detail,
	};
}

function openAiType(status: number): string {
	if (status === 401) return "authentication_error";
	if (status === 404) return "not_found_error";
	return status < 500 ? "invalid_request_error" : "api_error";
}

function anthropicType(status: number): string {
	if (status === 401) return "authentication_error";
	if (status === 403) return "permission_error";
	if (status === 404) return "not_found_error";
	if (status === 413) return "request_too_large";
	if (status === 503) return "overloaded_error";
	return status < 500 ? "invalid_request_error" : "api_error";
}

/** An error in a dialect. The foreign ones carry what to do next in the sentence, since they have no place for it. */
export function errorAnswer(dialect: Dialect, error: AppError): ErrorAnswer {
	const { status } = error;
	if (dialect === "plimsoll")
		return { status, contentType: "application/problem+json", body: problemOf(error) };
	const contentType = "application/json; charset=utf-8";
	const message = `${sentenceOf(error)} ${english.render(error.next)}`;
	if (dialect === "openai")
		return {
			status,
			contentType,
			body: { error: { message, type: openAiType(status), param: null, code: error.code } },
		};
	if (dialect === "anthropic")
		return {
			status,
			contentType,
			body: { type: "error", error: { type: anthropicType(status), message } },
		};
	return { status, contentType, body: { error: message, code: error.code, ...figuresOf(error) } };
}
