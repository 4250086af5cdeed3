import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURES = fileURLToPath(new URL("../../../../e2e/fixtures/ollama", import.meta.url));

/** One piece of an answer as it came off the socket. */
interface RecordedPiece {
	readonly text: string;
}

/** What a server answered. */
export interface RecordedResponse {
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** "complete", or how it broke. */
	readonly end?: string;
	/** No answer at all: the code of the failure. */
	readonly error?: string;
	/** Pieces, or only how many there were where `text` holds them joined. */
	readonly chunks?: readonly RecordedPiece[] | number;
	readonly json?: unknown;
	readonly text?: string;
}

/** A request and its answer, whatever shape its file has. */
export interface RecordedExchange {
	readonly version: string;
	readonly scenario: string;
	/** File, place in it and label: unique. */
	readonly id: string;
	readonly method: string;
	readonly path: string;
	readonly body: unknown;
	readonly headers: Readonly<Record<string, string>>;
	/** The client went away before the answer ended. */
	readonly clientLeft: boolean;
	readonly response: RecordedResponse;
}

/** One scenario: its exchanges, and every different `/api/ps` answer that was polled beside them. */
export interface RecordedScenario {
	readonly version: string;
	readonly name: string;
	readonly exchanges: readonly RecordedExchange[];
}

type Json = Readonly<Record<string, unknown>>;

function isJson(value: unknown): value is Json {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Json[] {
	return Array.isArray(value) ? value.filter(isJson) : [];
}

/** Versions there are fixtures of. */
export function recordedVersions(): readonly string[] {
	return readdirSync(FIXTURES, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map((entry) => entry.name)
		.sort();
}

/** Every scenario of one version. */
export function recordedScenarios(version: string): readonly RecordedScenario[] {
	return readdirSync(join(FIXTURES, version))
		.filter((file) => file.endsWith(".json"))
		.sort()
		.map((file) => readScenario(version, file));
}

function readScenario(version: string, file: string): RecordedScenario {
	const parsed: unknown = JSON.parse(readFileSync(join(FIXTURES, version, file), "utf8"));
	if (!isJson(parsed)) throw new Error(`${file} holds no object`);
	const name = file.replace(/\.json$/, "");
	const entries = [...listOf(parsed.exchanges), ...listOf(parsed.steps), ...listOf(parsed.commands)];
	const polled = [...listOf(parsed.observed).map((observed) => observed.ps), parsed.ps_after].filter(
		(ps) => ps !== undefined,
	);
	return {
		version,
		name,
		exchanges: [
			...entries.flatMap((entry, index) => readExchange(entry, { version, scenario: name, index })),
			...polled.map((ps, index) => ({
				version,
				scenario: name,
				id: `${version}/${name} ps ${index}`,
				method: "GET",
				path: "/api/ps",
				body: undefined,
				headers: {},
				clientLeft: false,
				response: { status: 200, json: ps },
			})),
		],
	};
}

/** None for an entry that only tells what was done to the server. */
function readExchange(
	entry: Json,
	at: { readonly version: string; readonly scenario: string; readonly index: number },
): readonly RecordedExchange[] {
	const request = isJson(entry.request) ? entry.request : entry;
	if (typeof request.path !== "string") return [];
	const response: Json = isJson(entry.response) ? entry.response : entry;
	const method = request.method ?? (request.body === undefined ? "GET" : "POST");
	return [
		{
			version: at.version,
			scenario: at.scenario,
			id: `${at.version}/${at.scenario} ${at.index} ${String(entry.label ?? entry.command ?? request.path)}`,
			method: String(method),
			path: request.path,
			body: request.body,
			headers: (request.headers ?? {}) as Readonly<Record<string, string>>,
			clientLeft: entry.client_aborted_at_ms !== undefined || entry.client_left === true,
			response: response as RecordedResponse,
		},
	];
}

/** The whole text of an answer. */
export function textOf(response: RecordedResponse): string {
	return piecesOf(response).join("");
}

/** The pieces of an answer in their order; one where it came whole. */
export function piecesOf(response: RecordedResponse): readonly string[] {
	if (Array.isArray(response.chunks)) return response.chunks.map((piece: RecordedPiece) => piece.text);
	if (response.json !== undefined) return [JSON.stringify(response.json)];
	return response.text === undefined || response.text === "" ? [] : [response.text];
}

/** The lines of a streamed answer, parsed. */
export function linesOf(response: RecordedResponse): readonly Json[] {
	return textOf(response)
		.split("\n")
		.filter((line) => line.trim() !== "")
		.map((line): unknown => JSON.parse(line))
		.filter(isJson);
}
