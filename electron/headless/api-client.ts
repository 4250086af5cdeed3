import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { AppError, ERROR_TABLE, type ErrorCode } from "../../shared/errors.ts";
import { fromGb } from "../../shared/units.ts";
import type { Paths } from "../core/ports.ts";
import { readApiFile } from "../core/store/api-file.ts";
import { createSecrets } from "../core/store/secrets.ts";

/** An answer of the HTTP API, its JSON read. */
export interface ApiAnswer {
	readonly status: number;
	readonly body: Readonly<Record<string, unknown>>;
}

/** A call of the HTTP API. */
export interface ApiCall {
	readonly method: "GET" | "POST" | "DELETE";
	readonly path: string;
	readonly body?: unknown;
	/** Aborting closes the request, which takes back what it asked for. */
	readonly signal?: AbortSignal;
}

/** A running Plimsoll as the command line speaks to it. */
export interface ApiClient {
	/**
	 * Waits as long as the answer takes, because a load may take many minutes. Rejects with the error the API
	 * answered, with `cancelled`, or with `not-running` where nobody listens any more. Answers that tell what came of
	 * a release resolve, whatever their status.
	 */
	call(call: ApiCall): Promise<ApiAnswer>;
	/**
	 * A call whose answer is a stream of JSON lines, each told as it comes; resolves with the answer's headers at its end.
	 * Rejects like {@link call}, also with an error that a line tells.
	 */
	stream(
		call: ApiCall,
		onLine: (line: Readonly<Record<string, unknown>>) => void,
	): Promise<IncomingHttpHeaders>;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object from its JSON text, or null. */
function readObject(text: string): Readonly<Record<string, unknown>> | null {
	try {
		const parsed: unknown = JSON.parse(text);
		return isRecord(parsed) ? parsed : null;
	} catch {
		return null;
	}
}

function isErrorCode(code: unknown): code is ErrorCode {
	return typeof code === "string" && Object.hasOwn(ERROR_TABLE, code);
}

/** Figures of the API by their names in an error: `needed_gb` becomes `neededBytes`. */
function paramsOf(figures: unknown): Readonly<Record<string, string | number>> {
	if (!isRecord(figures)) return {};
	return Object.fromEntries(
		Object.entries(figures).map(([name, value]) => {
			const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
			return camel.endsWith("Gb") && typeof value === "number"
				? [`${camel.slice(0, -2)}Bytes`, fromGb(value)]
				: [camel, typeof value === "number" ? value : String(value)];
		}),
	);
}

/** The error an answer stands for. */
export function errorOfAnswer({ status, body }: ApiAnswer): AppError {
	const { code } = body;
	if (isErrorCode(code)) return AppError.from({ code, params: paramsOf(body.figures) });
	return AppError.of("internal", { problem: String(body.detail ?? body.error ?? `HTTP ${status}`) });
}

/** Sends a call and hands out its answer as soon as the head is there. */
function open(
	port: number,
	call: ApiCall,
	token: string | null,
	onFail: (thrown: unknown) => void,
	onAnswer: (response: IncomingMessage) => void,
): void {
	const text = call.body === undefined ? null : JSON.stringify(call.body);
	const sent = request(
		{
			host: "127.0.0.1",
			port,
			path: call.path,
			method: call.method,
			...(call.signal && { signal: call.signal }),
			headers: {
				...(text !== null && {
					"content-type": "application/json",
					"content-length": Buffer.byteLength(text),
				}),
				...(token !== null && { authorization: `Bearer ${token}` }),
			},
		},
		onAnswer,
	);
	sent.on("error", onFail);
	sent.end(text ?? undefined);
}

function failure(thrown: unknown, { signal }: ApiCall, dataDir: string): AppError {
	return signal?.aborted
		? AppError.of("cancelled", {}, thrown)
		: AppError.of("not-running", { dir: dataDir }, thrown);
}

function readWhole(response: IncomingMessage): Promise<ApiAnswer> {
	return new Promise((resolve, reject) => {
		const parts: Buffer[] = [];
		response.on("data", (part: Buffer) => parts.push(part));
		response.on("error", reject);
		response.on("end", () => {
			const status = response.statusCode ?? 0;
			const body = readObject(Buffer.concat(parts).toString());
			if (body === null) reject(AppError.of("internal", { problem: `HTTP ${status}, and no JSON` }));
			else resolve({ status, body });
		});
	});
}

function send(port: number, call: ApiCall, token: string | null, dataDir: string): Promise<ApiAnswer> {
	return new Promise<ApiAnswer>((resolve, reject) => {
		const fail = (thrown: unknown): void =>
			reject(thrown instanceof AppError ? thrown : failure(thrown, call, dataDir));
		open(port, call, token, fail, (response) => void readWhole(response).then(resolve, fail));
	});
}

function streamLines(
	port: number,
	call: ApiCall,
	token: string | null,
	dataDir: string,
	onLine: (line: Readonly<Record<string, unknown>>) => void,
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders }> {
	return new Promise((resolve, reject) => {
		const fail = (thrown: unknown): void =>
			reject(thrown instanceof AppError ? thrown : failure(thrown, call, dataDir));
		async function follow(response: IncomingMessage): Promise<void> {
			const status = response.statusCode ?? 0;
			if (status >= 400) {
				const answer = await readWhole(response);
				if (status !== 401) throw errorOfAnswer(answer);
			} else
				for await (const text of createInterface({ input: response })) {
					const line = readObject(text);
					if (line?.error !== undefined) throw errorOfAnswer({ status: 502, body: line });
					if (line !== null) onLine(line);
				}
			resolve({ status, headers: response.headers });
		}
		open(port, call, token, fail, (response) => void follow(response).catch(fail));
	});
}

/** Finds the Plimsoll that runs with these files. Rejects with `not-running`. */
export async function connectToPlimsoll(paths: Paths): Promise<ApiClient> {
	const info = await readApiFile(paths);
	if (info === null) throw AppError.of("not-running", { dir: paths.dataDir });
	const { port } = info;
	return {
		async call(call) {
			let answer = await send(port, call, null, paths.dataDir);
			if (answer.status === 401)
				answer = await send(port, call, await createSecrets(paths).gatewayToken(), paths.dataDir);
			if (answer.status >= 400 && typeof answer.body.success !== "boolean") throw errorOfAnswer(answer);
			return answer;
		},
		async stream(call, onLine) {
			const first = await streamLines(port, call, null, paths.dataDir, onLine);
			if (first.status !== 401) return first.headers;
			const token = await createSecrets(paths).gatewayToken();
			const { status, headers } = await streamLines(port, call, token, paths.dataDir, onLine);
			if (status === 401) throw AppError.of("unauthorized", {});
			return headers;
		},
	};
}

/** Path of a model in the API; names may hold anything. */
export function modelPath(model: string, action = ""): string {
	return `/api/memory/models/${encodeURIComponent(model)}${action === "" ? "" : `/${action}`}`;
}
