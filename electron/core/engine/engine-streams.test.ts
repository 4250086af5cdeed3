import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { systemClock } from "../clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { createEngine, type EngineTimeouts } from "./create-engine.ts";
import type { ChatChunk, Engine, PullProgress } from "./engine.ts";
import { type StubServer, startStubServer, writePieces } from "./testing/stub-server.ts";

const NEVER = new AbortController().signal;
let server: StubServer;
let engine: Engine;

function open(timeouts: Partial<EngineTimeouts> = {}): Engine {
	return createEngine({
		url: server.url,
		engineId: "test",
		clock: systemClock,
		log: keptLog(),
		timeouts,
	});
}

beforeEach(async () => {
	server = await startStubServer((_request, response) => void response.end());
	engine = open();
});

afterEach(async () => {
	await engine.close();
	await server.stop();
});

/** What came of a stream before it ended, and how it ended. */
async function drain<Piece>(
	stream: AsyncIterable<Piece>,
): Promise<{ pieces: Piece[]; error: AppError | null }> {
	const pieces: Piece[] = [];
	try {
		for await (const piece of stream) pieces.push(piece);
		return { pieces, error: null };
	} catch (error) {
		if (error instanceof AppError) return { pieces, error };
		throw error;
	}
}

function chat(signal: AbortSignal = NEVER): AsyncIterable<ChatChunk> {
	return engine.chat({ model: "m", turns: [{ role: "user", content: "hello" }] }, signal);
}

function textLine(content: string): string {
	return `${JSON.stringify({ model: "m", message: { role: "assistant", content }, done: false })}\n`;
}

const DONE_LINE = `${JSON.stringify({ message: { content: "" }, done: true, done_reason: "stop", eval_count: 3 })}\n`;

describe("a stream", () => {
	it("gives text, thinking and the figures of its end", async () => {
		server.answer(async (_request, response) => {
			response.setHeader("content-type", "application/x-ndjson");
			const thinking = `${JSON.stringify({ message: { content: "", thinking: "hm" }, done: false })}\n`;
			await writePieces(response, [thinking, textLine("a"), textLine("b"), DONE_LINE]);
			response.end();
		});
		const { pieces, error } = await drain(chat());
		expect(error).toBeNull();
		expect(pieces).toEqual([
			{ kind: "thinking", text: "hm" },
			{ kind: "text", text: "a" },
			{ kind: "text", text: "b" },
			{
				kind: "done",
				reason: "stop",
				promptTokens: null,
				answerTokens: 3,
				loadMs: null,
				promptMs: null,
				answerMs: null,
			},
		]);
	});

	it("is put together again however it was cut, within a character too", async () => {
		const whole = Buffer.from(textLine("Größe 😀") + DONE_LINE);
		server.answer(async (_request, response) => {
			for (const byte of whole)
				await new Promise<void>((resolve) =>
					response.write(Buffer.from([byte]), () => setImmediate(resolve)),
				);
			response.end();
		});
		const { pieces } = await drain(chat());
		expect(pieces[0]).toEqual({ kind: "text", text: "Größe 😀" });
		expect(pieces[1]).toMatchObject({ kind: "done" });
	});

	it.each([
		["an error line", `${JSON.stringify({ error: "an error was encountered" })}\n`, "engine-error"],
		["an error line about memory", `${JSON.stringify({ error: "out of memory" })}\n`, "engine-out-of-memory"],
		["a line that is no JSON", "<html>\n", "engine-bad-answer"],
		["a line of another shape", '{"message":7}\n', "engine-bad-answer"],
		["no end", "", "stream-broken"],
	] as const)("with %s gives what came, then fails", async (_what, last, code) => {
		server.answer(async (_request, response) => {
			await writePieces(response, [textLine("kept")]);
			response.end(last);
		});
		const { pieces, error } = await drain(chat());
		expect(pieces).toEqual([{ kind: "text", text: "kept" }]);
		expect(error?.code).toBe(code);
	});

	it("whose connection breaks gives what came, then fails", async () => {
		server.answer(async (_request, response) => {
			await writePieces(response, [textLine("kept")]);
			response.destroy();
		});
		const { pieces, error } = await drain(chat());
		expect(pieces).toEqual([{ kind: "text", text: "kept" }]);
		expect(error?.code).toBe("stream-broken");
	});

	it("that falls silent once begun ends by the stall timer", async () => {
		engine = open({ stallMs: 50 });
		server.answer((_request, response) => writePieces(response, [textLine("kept")]));
		const { pieces, error } = await drain(chat());
		expect(pieces).toHaveLength(1);
		expect(error?.code).toBe("engine-timeout");
		await server.requests[0]?.closed;
	});

	it("has no stall timer before its first piece", async () => {
		engine = open({ stallMs: 50 });
		server.answer((_request, response) => {
			setTimeout(() => response.end(DONE_LINE), 300);
		});
		expect((await drain(chat())).error).toBeNull();
	});

	it("that is aborted closes its request and says cancelled", async () => {
		server.answer((_request, response) => writePieces(response, [textLine("kept")]));
		const cancel = new AbortController();
		const pieces: ChatChunk[] = [];
		const reading = (async () => {
			for await (const piece of chat(cancel.signal)) {
				pieces.push(piece);
				cancel.abort();
			}
		})();
		await expect(reading).rejects.toMatchObject({ code: "cancelled" });
		expect(pieces).toHaveLength(1);
		await server.requests[0]?.closed;
	});

	it("that is left early closes its request", async () => {
		server.answer((_request, response) => writePieces(response, [textLine("one"), textLine("two")]));
		for await (const _piece of chat()) break;
		await server.requests[0]?.closed;
	});

	it("sends the turns and only the options that were set", async () => {
		server.answer((_request, response) => void response.end(DONE_LINE));
		const turns = [
			{ role: "system", content: "s" },
			{ role: "user", content: "u", images: ["AAAA"] },
		] as const;
		await drain(engine.chat({ model: "m", turns }, NEVER));
		await drain(
			engine.chat({ model: "m", turns, contextLength: 2048, keepAliveMs: 1000, temperature: 0 }, NEVER),
		);
		expect(server.requests.map((request) => request.body)).toEqual([
			{ model: "m", messages: turns, stream: true },
			{
				model: "m",
				messages: turns,
				stream: true,
				keep_alive: 1,
				options: { num_ctx: 2048, temperature: 0 },
			},
		]);
	});
});

describe("a pull", () => {
	it("tells its steps and ends with success", async () => {
		server.answer((_request, response) => {
			response.write('{"status":"pulling manifest"}\n');
			response.write('{"status":"pulling 6a07","digest":"sha256:6a07","total":10,"completed":4}\n');
			response.end('{"status":"success"}\n');
		});
		const { pieces, error } = await drain<PullProgress>(engine.pull("m", NEVER));
		expect(error).toBeNull();
		expect(pieces).toEqual([
			{ status: "pulling manifest", digest: null, totalBytes: null, doneBytes: null },
			{ status: "pulling 6a07", digest: "sha256:6a07", totalBytes: 10, doneBytes: 4 },
			{ status: "success", digest: null, totalBytes: null, doneBytes: null },
		]);
	});

	it.each([
		['{"error":"pull model manifest: file does not exist"}\n', "model-not-found"],
		['{"error":"no space left on device"}\n', "engine-error"],
		["", "stream-broken"],
	] as const)("that ends with %j fails", async (last, code) => {
		server.answer((_request, response) => {
			response.write('{"status":"pulling manifest"}\n');
			response.end(last);
		});
		const { pieces, error } = await drain(engine.pull("m", NEVER));
		expect(pieces).toHaveLength(1);
		expect(error?.code).toBe(code);
	});
});
