import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Recordings of real servers, one folder a version. */
const FOLDER = fileURLToPath(new URL("../../../e2e/fixtures/ollama/", import.meta.url));

/** An answer as it was recorded. */
export interface RecordedAnswer {
	readonly status: number;
	/** The headers that were kept; null where none were recorded at all. */
	readonly headers: Readonly<Record<string, string>> | null;
	readonly body: string;
	readonly headersAtMs: number | null;
	readonly endAtMs: number | null;
}

/** One recorded request, whatever shape its file has. */
export interface RecordedRequest {
	/** Label and, where one repeats within a scenario, its number. */
	readonly id: string;
	readonly method: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | null;
	readonly atMs: number;
	/** When the client went away by itself: before or after the answer had begun; null when it stayed. */
	readonly clientLeft: "waiting" | "answering" | null;
	/** Null where the client left before one came. */
	readonly answer: RecordedAnswer | null;
	/** Why it cannot be sent again from the recording alone; null when it can. */
	readonly unreplayable: string | null;
}

/** One recorded scenario. */
export interface Scenario {
	readonly name: string;
	readonly requests: readonly RecordedRequest[];
	/** When a runner was killed from outside. */
	readonly killsAtMs: readonly number[];
	/** Requests were sent at once and which of them was served is chance. */
	readonly unordered: boolean;
	readonly environment: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/** All scenarios of a version, such as `0.33.0`. */
export function readScenarios(version: string): readonly Scenario[] {
	return readdirSync(`${FOLDER}${version}`)
		.filter((file) => file.endsWith(".json"))
		.sort()
		.map((file) => scenarioOf(JSON.parse(readFileSync(`${FOLDER}${version}/${file}`, "utf8")) as Json));
}

function scenarioOf(file: Json): Scenario {
	const lists = (key: string): readonly Json[] => (file[key] ?? []) as readonly Json[];
	const labelled = new Map<string, number>();
	const unique = (label: string): string => {
		const count = (labelled.get(label) ?? 0) + 1;
		labelled.set(label, count);
		return count === 1 ? label : `${label} #${count}`;
	};
	const exchanges = lists("exchanges").map((exchange) =>
		exchange["request"] === undefined ? plainOf(exchange, unique) : exchangeOf(exchange, unique),
	);
	const steps = lists("steps")
		.filter((step) => step["path"] !== undefined)
		.map((step) => ({ ...plainOf(step, unique), unreplayable: "needs the server's own process killed" }));
	const commands = lists("commands").map((command, index) => commandOf(command, index, unique));
	return {
		name: String(file["scenario"]),
		requests: [...exchanges, ...steps, ...commands],
		killsAtMs: ((file["notes"] ?? []) as readonly unknown[]).map((note) =>
			Number(/at ([\d.]+) ms/.exec(typeof note === "string" ? note : JSON.stringify(note))?.[1]),
		),
		unordered: file["env"] !== undefined,
		environment: (file["env"] ?? {}) as Readonly<Record<string, string>>,
	};
}

function exchangeOf(exchange: Json, unique: (label: string) => string): RecordedRequest {
	const request = exchange["request"] as Json;
	const response = (exchange["response"] ?? {}) as Json;
	return {
		id: unique(String(exchange["label"])),
		method: String(request["method"]),
		path: String(request["path"]),
		headers: (request["headers"] ?? {}) as Readonly<Record<string, string>>,
		body: bodyOf(request),
		atMs: Number(exchange["at_ms"]),
		clientLeft:
			exchange["client_aborted_at_ms"] === undefined
				? null
				: response["status"] === undefined
					? "waiting"
					: "answering",
		answer: response["status"] === undefined ? null : answerOf(response),
		unreplayable: request["bodyBytes"] === undefined ? null : "the uploaded bytes were not recorded",
	};
}

/** Requests of scenarios that were written down as path, body, status and answer. */
function plainOf(exchange: Json, unique: (label: string) => string): RecordedRequest {
	const model = (exchange["body"] as Json | undefined)?.["model"];
	return {
		id: unique([exchange["path"], model].filter((part) => part !== undefined).join(" ")),
		method: exchange["body"] === undefined ? "GET" : "POST",
		path: String(exchange["path"]),
		headers: {},
		body: bodyOf(exchange),
		atMs: 0,
		clientLeft: null,
		answer: exchange["status"] === undefined ? null : answerOf({ ...exchange, headers: null }),
		unreplayable: null,
	};
}

function commandOf(command: Json, index: number, unique: (label: string) => string): RecordedRequest {
	const request = command["request"] as Json;
	const response = command["response"] as Json | undefined;
	return {
		id: unique(`${String(command["command"])}: ${String(request["method"])} ${String(request["path"])}`),
		method: String(request["method"]),
		path: String(request["path"]),
		headers: {},
		body: bodyOf(request),
		// The command line sends one request after the other.
		atMs: index * 10,
		clientLeft: command["client_left"] === true ? "answering" : null,
		answer:
			response === undefined
				? null
				: { ...answerOf(response), headersAtMs: index * 10 + 1, endAtMs: index * 10 + 2 },
		unreplayable: null,
	};
}

function bodyOf(request: Json): string | null {
	const body = request["body"];
	if (body === undefined) return null;
	return typeof body === "string" ? body : JSON.stringify(body);
}

function answerOf(response: Json): RecordedAnswer {
	const chunks = response["chunks"];
	const body = Array.isArray(chunks)
		? chunks.map((chunk) => (chunk as { text: string }).text).join("")
		: response["json"] !== undefined
			? JSON.stringify(response["json"])
			: String(response["text"] ?? "");
	const time = (key: string): number | null => (typeof response[key] === "number" ? response[key] : null);
	return {
		status: Number(response["status"]),
		headers: response["headers"] as Readonly<Record<string, string>> | null,
		body,
		headersAtMs: time("headers_at_ms"),
		endAtMs: time("end_at_ms"),
	};
}
