import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import { modelKey } from "../../../shared/model.ts";
import { isRollbackName } from "../../../shared/model-name.ts";
import { systemClock } from "../clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { createEngine } from "./create-engine.ts";
import type { Engine } from "./engine.ts";
import { readTime } from "./engine-time.ts";
import {
	linesOf,
	piecesOf,
	type RecordedExchange,
	recordedScenarios,
	recordedVersions,
	textOf,
} from "./testing/recording.ts";
import { type StubRequest, type StubServer, startStubServer, writePieces } from "./testing/stub-server.ts";

/** Exchanges that no call of the client makes, each with its reason. An entry that fits nothing fails the test. */
const NOT_CLIENT_CALLS: readonly {
	readonly why: string;
	readonly fits: (exchange: RecordedExchange) => boolean;
}[] = [
	{
		why: "models are made and copied by other programs; the gateway passes these routes on unread",
		fits: ({ path }) => /^\/api\/(create|copy|blobs\/)/.test(path),
	},
	{
		why: "OpenAI and Anthropic routes are passed on unread",
		fits: ({ path }) => path.startsWith("/v1/"),
	},
	{
		why: "liveness is asked of /api/version, which names the version too",
		fits: ({ path }) => path === "/",
	},
	{
		why: "the account in the cloud is none of Plimsoll's business",
		fits: ({ path }) => path === "/api/status",
	},
	{
		why: "vectors are asked for by other programs; the client embeds nothing but the empty text that loads",
		fits: ({ path, body }) =>
			path === "/api/embeddings" ||
			(path === "/api/embed" && textField(body, "input") !== "" && textField(body, "model") !== "not-there"),
	},
	{
		why: "a browser's preflight",
		fits: ({ method }) => method === "OPTIONS",
	},
];

/** What the client must make of each error text that was recorded. */
const EXPECTED_CODES: readonly (readonly [RegExp, ErrorCode])[] = [
	[/requires more system memory|insufficient memory/, "engine-out-of-memory"],
	[/^server busy/, "engine-queue-full"],
	[/^model ['"].*['"] not found/, "model-not-found"],
	[/does not support (generate|chat|thinking|tools)/, "engine-error"],
	[/^(Unsupported type|time: missing unit|json: cannot unmarshal|unexpected EOF$)/, "engine-error"],
	[/^(missing request body|model is required|invalid model name|illegal base64)/, "engine-error"],
	[/^(an error was encountered while running|model runner has unexpectedly stopped)/, "engine-error"],
	[/^pull model manifest: (Get|file does not exist)/, "engine-error"],
	[/^ollama cloud is disabled/, "engine-error"],
	[/^runner and all_manifests cannot be used together/, "engine-error"],
	[/image input is not supported|multimodal/, "engine-error"],
];

let server: StubServer;
let engine: Engine;
let current: RecordedExchange;
/** Makes the client leave; called by the server once everything recorded is on its way. */
let leave: () => void = () => undefined;

beforeAll(async () => {
	server = await startStubServer((request, response) => replay(current, request, response));
	engine = createEngine({ url: server.url, engineId: "replay", clock: systemClock, log: keptLog() });
});

afterAll(async () => {
	await engine.close();
	await server.stop();
});

/** Answers as it was recorded: status, headers, every piece in a packet of its own, and the same end. */
async function replay(
	exchange: RecordedExchange,
	request: StubRequest,
	response: ServerResponse,
): Promise<void> {
	const recorded = exchange.response;
	if (recorded.error === "ECONNREFUSED") {
		response.destroy();
		return;
	}
	if (recorded.status === undefined) {
		leave();
		await request.closed;
		return;
	}
	const { "content-length": _length, "transfer-encoding": _encoding, ...headers } = recorded.headers ?? {};
	response.writeHead(recorded.status, headers);
	await writePieces(response, piecesOf(recorded));
	if (exchange.clientLeft) {
		leave();
		await request.closed;
	} else if (recorded.end === undefined || recorded.end === "complete") response.end();
	else response.destroy();
}

function field(body: unknown, name: string): unknown {
	return typeof body === "object" && body !== null
		? (body as Readonly<Record<string, unknown>>)[name]
		: undefined;
}

function textField(body: unknown, name: string): string {
	const value = field(body, name);
	return typeof value === "string" ? value : "";
}

/** The name a request is about; the command line uses the older key. */
function modelOf(body: unknown): string {
	return textField(body, "model") || textField(body, "name");
}

/** Error text of an answer that reports one, by its own shape. */
function recordedError(exchange: RecordedExchange): string | null {
	const { response } = exchange;
	const status = response.status ?? 0;
	const last = status === 200 ? tryLines(exchange).at(-1) : (tryLines(exchange)[0] ?? {});
	const error = last?.error;
	if (typeof error !== "string") return null;
	const inner = error.startsWith("{") ? (JSON.parse(error) as { error: { message: string } }) : null;
	return inner === null ? error : inner.error.message;
}

function tryLines(exchange: RecordedExchange): readonly Readonly<Record<string, unknown>>[] {
	try {
		return linesOf(exchange.response);
	} catch {
		return [];
	}
}

/** Code that the client has to report, or null where the call has to succeed. */
function expectedCode(exchange: RecordedExchange): ErrorCode | null {
	const { response } = exchange;
	if (exchange.clientLeft) return "cancelled";
	if (response.error !== undefined) return "engine-unreachable";
	const error = recordedError(exchange);
	if (error !== null) {
		const known = EXPECTED_CODES.find(([pattern]) => pattern.test(error));
		if (known === undefined) throw new Error(`no code is laid down for: ${error}`);
		return known[1];
	}
	return response.status !== 200 ? "engine-bad-answer" : null;
}

async function codeFrom(call: Promise<unknown>): Promise<ErrorCode | null> {
	try {
		await call;
		return null;
	} catch (error) {
		if (error instanceof AppError) return error.code;
		throw error;
	}
}

async function expectOutcome(exchange: RecordedExchange, call: Promise<unknown>): Promise<void> {
	expect(await codeFrom(call), exchange.id).toBe(expectedCode(exchange));
}

/** A request that the recorded client left is left by ours too. */
function leaving(): AbortSignal {
	const controller = new AbortController();
	leave = () => controller.abort();
	return controller.signal;
}

async function replayRows(exchange: RecordedExchange): Promise<void> {
	if (expectedCode(exchange) !== null) return expectOutcome(exchange, engine.loadedRows());
	const rows = await engine.loadedRows();
	const raw = field(JSON.parse(textOf(exchange.response)), "models") as readonly Readonly<
		Record<string, unknown>
	>[];
	expect(
		rows.map((row) => ({ ...row, details: undefined })),
		exchange.id,
	).toEqual(
		raw.map((row) => ({
			key: modelKey(String(row.name), String(row.digest), (row.runner as string | undefined) ?? null),
			name: row.name,
			digest: row.digest,
			runner: row.runner ?? null,
			reportedBytes: row.size,
			reportedGpuBytes: row.size_vram,
			contextLength: row.context_length,
			expiresAt: String(row.expires_at) > "2127" ? null : readTime(String(row.expires_at)),
			details: undefined,
		})),
	);
}

async function replayInstalled(exchange: RecordedExchange): Promise<void> {
	const models = await engine.installed();
	const raw = field(JSON.parse(textOf(exchange.response)), "models") as readonly Readonly<
		Record<string, unknown>
	>[];
	const shown = raw.filter((row) => !isRollbackName(String(row.name)));
	expect(
		models.map(({ name, digest, sizeBytes, modifiedAt, location, runner }) => ({
			name,
			digest,
			sizeBytes,
			modifiedAt,
			location,
			runner,
		})),
		exchange.id,
	).toEqual(
		shown.map((row) => ({
			name: row.name,
			digest: row.digest,
			sizeBytes: row.size,
			modifiedAt: readTime(String(row.modified_at)),
			location: row.remote_host === undefined ? "local" : "cloud",
			runner: field(row.details, "runner") ?? null,
		})),
	);
}

async function replayShow(exchange: RecordedExchange): Promise<void> {
	if (expectedCode(exchange) !== null)
		return expectOutcome(
			exchange,
			engine.show(modelOf(exchange.body), { runner: textField(exchange.body, "runner") || null }),
		);
	const facts = await engine.show(modelOf(exchange.body), {
		runner: textField(exchange.body, "runner") || null,
	});
	const raw = JSON.parse(textOf(exchange.response)) as Readonly<Record<string, unknown>>;
	const parameters = new Map(
		textField(raw, "parameters")
			.split("\n")
			.map((line) => line.split(/\s+/, 2) as [string, string]),
	);
	const blob = textField(raw, "modelfile")
		.split("\n")
		.find((line) => line.startsWith("FROM "))
		?.split("sha256-")[1];
	expect(facts, exchange.id).toMatchObject({
		capabilities: raw.capabilities ?? [],
		info: raw.model_info ?? {},
		modelfileContextLength: parameters.has("num_ctx") ? Number(parameters.get("num_ctx")) : null,
		weightsBlob: blob ?? null,
	});
	expect(facts.tensors).toHaveLength(((raw.tensors as readonly unknown[] | undefined) ?? []).length);
	expect(facts.manifests).toHaveLength(((raw.manifests as readonly unknown[] | undefined) ?? []).length);
}

function inMs(durationNs: unknown): number | null {
	return typeof durationNs === "number" ? durationNs / 1e6 : null;
}

/** Answers of generate and chat go through the client's one streaming call, which minds lines, ends and errors. */
async function replayStream(exchange: RecordedExchange): Promise<void> {
	const signal = leaving();
	const text: string[] = [];
	let done: unknown = null;
	const reading = (async () => {
		const model = modelOf(exchange.body);
		for await (const chunk of engine.chat({ model, turns: [{ role: "user", content: "x" }] }, signal)) {
			if (chunk.kind === "text") text.push(chunk.text);
			if (chunk.kind === "done") done = chunk;
		}
	})();
	await expectOutcome(exchange, reading);
	if (exchange.response.status !== 200 || exchange.clientLeft) return;
	const lines = tryLines(exchange);
	expect(text, exchange.id).toEqual(
		lines.map((line) => textField(line.message, "content")).filter((content) => content !== ""),
	);
	const last = lines.at(-1);
	if (last?.done !== true) return expect(done, exchange.id).toBeNull();
	expect(done, exchange.id).toEqual({
		kind: "done",
		reason: last.done_reason,
		promptTokens: last.prompt_eval_count ?? null,
		answerTokens: last.eval_count ?? null,
		loadMs: inMs(last.load_duration),
		promptMs: inMs(last.prompt_eval_duration),
		answerMs: inMs(last.eval_duration),
	});
}

/** An empty generate, chat or embed: the client loads, touches or unloads with it. */
async function replayResidency(exchange: RecordedExchange): Promise<void> {
	const { body } = exchange;
	const name = modelOf(body);
	const keepAlive = field(body, "keep_alive");
	const contextLength = field(field(body, "options"), "num_ctx");
	const runner = textField(body, "runner") || null;
	if (keepAlive === 0 || keepAlive === "0s") {
		await expectOutcome(exchange, engine.unload({ name, runner }));
		expect(textField(server.requests.at(-1)?.body, "runner") || null, exchange.id).toBe(runner);
		return;
	}
	const signal = leaving();
	const embedding = exchange.path === "/api/embed" || /does not support/.test(textOf(exchange.response));
	const context = typeof contextLength === "number" ? { contextLength } : {};
	await expectOutcome(exchange, engine.load({ name, runner, embedding, ...context }, signal));
	expect(textField(server.requests.at(-1)?.body, "runner") || null, exchange.id).toBe(runner);
	if (contextLength !== undefined)
		expect(field(server.requests.at(-1)?.body, "options"), exchange.id).toEqual({ num_ctx: contextLength });
}

async function replayPull(exchange: RecordedExchange): Promise<void> {
	const steps: string[] = [];
	const reading = (async () => {
		for await (const step of engine.pull(modelOf(exchange.body), new AbortController().signal))
			steps.push(step.status);
	})();
	await expectOutcome(exchange, reading);
	const told = tryLines(exchange).filter((line) => typeof line.status === "string");
	expect(steps, exchange.id).toEqual(told.map((line) => line.status));
}

/** The call that meets this exchange, or null where none does. */
function callFor(exchange: RecordedExchange): ((exchange: RecordedExchange) => Promise<void>) | null {
	const { method, path, body } = exchange;
	if (path === "/api/ps") return replayRows;
	if (path === "/api/tags") return replayInstalled;
	if (path === "/api/show") return replayShow;
	if (path === "/api/pull") return replayPull;
	if (path === "/api/delete") return (at) => expectOutcome(at, engine.remove(modelOf(body)));
	if (path === "/api/version" || method === "GET")
		return async (at) => {
			await expectOutcome(at, engine.identify());
			if (at.response.status === 200)
				expect((await engine.identify()).version).toBe(field(JSON.parse(textOf(at.response)), "version"));
		};
	if (path === "/api/embed") return replayResidency;
	const messages = field(body, "messages");
	const empty =
		path === "/api/chat"
			? Array.isArray(messages) && messages.length === 0
			: textField(body, "prompt") === "";
	if (path === "/api/generate" || path === "/api/chat") return empty ? replayResidency : replayStream;
	return null;
}

const scenarios = recordedVersions().flatMap((version) => recordedScenarios(version));
const exchanges = scenarios.flatMap((scenario) => scenario.exchanges);

describe.each(recordedVersions())("Ollama %s", (version) => {
	it.each(scenarios.filter((scenario) => scenario.version === version))("$name", async (scenario) => {
		for (const exchange of scenario.exchanges) {
			if (NOT_CLIENT_CALLS.some((entry) => entry.fits(exchange))) continue;
			const call = callFor(exchange);
			if (call === null) throw new Error(`${exchange.id} is neither replayed nor excepted`);
			current = exchange;
			const askedBefore = server.requests.length;
			await call(exchange);
			expect(server.requests.length, exchange.id).toBeGreaterThan(askedBefore);
		}
	});
});

describe("the replay", () => {
	it("sees all three versions, all their scenarios and hundreds of exchanges", () => {
		expect(recordedVersions()).toEqual(expect.arrayContaining(["0.24.0", "0.33.0", "0.40.0"]));
		for (const version of ["0.24.0", "0.33.0"])
			expect(scenarios.filter((scenario) => scenario.version === version)).toHaveLength(32);
		expect(exchanges.length).toBeGreaterThan(500);
	});

	it("has no code laid down for a text that was never recorded", () => {
		const texts = exchanges.map((exchange) => recordedError(exchange) ?? "");
		const stale = EXPECTED_CODES.filter(([pattern]) => !texts.some((text) => pattern.test(text)));
		expect(stale.map(([pattern]) => pattern.source)).toEqual([]);
	});

	it("has no exception that fits nothing", () => {
		const stale = NOT_CLIENT_CALLS.filter((entry) => !exchanges.some((exchange) => entry.fits(exchange)));
		expect(stale.map((entry) => entry.why)).toEqual([]);
	});
});
