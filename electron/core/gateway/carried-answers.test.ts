import http from "node:http";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { servedGateway } from "./testing/served-gateway.ts";

const under = servedGateway();
let engineLost = 0;

beforeEach(() => {
	engineLost = 0;
});

const ended = AppError.of("ended-for-memory", { retrySeconds: 30 });

/** An answer that begins with some text and then goes on for ever. */
function goesOn(contentType: string, begin: string): void {
	under.engine.answer((_received, response) => {
		response.on("close", () => {
			engineLost += 1;
		});
		response.writeHead(200, { "Content-Type": contentType });
		response.write(begin);
	});
}

interface Ended {
	readonly status: number;
	readonly headers: http.IncomingHttpHeaders;
	readonly text: string;
	/** The answer came to a proper end. */
	readonly complete: boolean;
}

/** Asks, ends what is carried once `when` says so, and tells what the client got. */
async function endedAnswer(path: string, until: (text: string) => boolean): Promise<Ended> {
	const body = JSON.stringify({ model: "a", prompt: "x", messages: [{}], stream: true });
	const answer = new Promise<Ended>((resolve, reject) => {
		const request = http.request(
			{ host: "127.0.0.1", port: under.port, method: "POST", path, agent: false },
			(response) => {
				let text = "";
				response.on("data", (piece: Buffer) => {
					text += piece.toString();
					if (until(text)) end();
				});
				response.on("close", () =>
					resolve({
						status: response.statusCode ?? 0,
						headers: response.headers,
						text,
						complete: response.complete,
					}),
				);
				response.on("error", () => undefined);
			},
		);
		request.on("error", reject);
		request.end(body);
	});
	const end = (): void => {
		for (const carried of under.gateway.carried()) {
			carried.end(ended);
			carried.end(ended);
		}
	};
	if (until("")) {
		await vi.waitFor(() => expect(under.gateway.carried()).toHaveLength(1));
		end();
	}
	return answer;
}

describe("an answer that is ended for memory", () => {
	it("in Ollama's dialect: what came, then an error line, then a proper end", async () => {
		goesOn("application/x-ndjson", '{"message":{"content":"Hel"}}\n');
		const { text, complete } = await endedAnswer("/api/chat", (got) => got !== "");
		const lines = text.trimEnd().split("\n");
		expect(lines).toHaveLength(2);
		expect(JSON.parse(lines[1] ?? "")).toMatchObject({
			error: expect.stringContaining("memory was critical"),
			code: "ended-for-memory",
		});
		expect(complete).toBe(true);
		await vi.waitFor(() => expect(engineLost).toBe(1));
		await vi.waitFor(() => expect(under.gateway.carried()).toEqual([]));
	});

	it("begins the error on a line of its own where half a line came", async () => {
		goesOn("application/x-ndjson", '{"message":{"con');
		const { text } = await endedAnswer("/api/generate", (got) => got !== "");
		expect(JSON.parse(text.trimEnd().split("\n")[1] ?? "")).toMatchObject({ code: "ended-for-memory" });
	});

	it("in OpenAI's dialect: an event with an error", async () => {
		goesOn("text/event-stream", 'data: {"choices":[]}\n\n');
		const { text, complete } = await endedAnswer("/v1/chat/completions", (got) => got !== "");
		const last = text.trimEnd().split("\n\n").at(-1) ?? "";
		expect(JSON.parse(last.replace(/^data: /, ""))).toMatchObject({
			error: { type: "api_error", code: "ended-for-memory" },
		});
		expect(complete).toBe(true);
	});

	it("in Anthropic's dialect: an error event of an overloaded server", async () => {
		goesOn("text/event-stream", "event: ping\ndata: {}\n\n");
		const { text } = await endedAnswer("/v1/messages", (got) => got !== "");
		const [event, data] = (text.trimEnd().split("\n\n").at(-1) ?? "").split("\n");
		expect(event).toBe("event: error");
		expect(JSON.parse((data ?? "").replace(/^data: /, ""))).toMatchObject({
			type: "error",
			error: { type: "overloaded_error" },
		});
	});

	it("in that of OpenAI's responses: an error event with its code", async () => {
		goesOn("text/event-stream", 'event: response.created\ndata: {"type":"response.created"}\n\n');
		const { text } = await endedAnswer("/v1/responses", (got) => got !== "");
		const [event, data] = (text.trimEnd().split("\n\n").at(-1) ?? "").split("\n");
		expect(event).toBe("event: error");
		expect(JSON.parse((data ?? "").replace(/^data: /, ""))).toMatchObject({
			type: "error",
			code: "ended-for-memory",
		});
	});

	it("before anything came: 503 with the time to come back", async () => {
		under.engine.answer((_received, response) => {
			response.on("close", () => {
				engineLost += 1;
			});
		});
		const answer = await endedAnswer("/api/chat", (got) => got === "");
		expect(answer.status).toBe(503);
		expect(answer.headers["retry-after"]).toBe("30");
		expect(JSON.parse(answer.text)).toMatchObject({ code: "ended-for-memory" });
		await vi.waitFor(() => expect(engineLost).toBe(1));
	});

	it("whose length was announced breaks off, since nothing can be added to it", async () => {
		under.engine.answer((_received, response) => {
			response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "1000" });
			response.write('{"a":');
		});
		const { text, complete } = await endedAnswer("/api/generate", (got) => got !== "");
		expect(text).toBe('{"a":');
		expect(complete).toBe(false);
	});

	it("that waits for its model counts as a load until its head is there", async () => {
		under.knobs.admit = async () => ({
			kind: "ticket",
			basis: "load",
			evicted: [],
			release: () => undefined,
		});
		let begin: (() => void) | null = null;
		under.engine.answer((_received, response) => {
			begin = () => response.writeHead(200, { "Content-Type": "application/x-ndjson" }).write("{}\n");
		});
		const answer = endedAnswer("/api/chat", (got) => got.includes("{}"));
		await vi.waitFor(() => expect(begin).not.toBeNull());
		expect(under.gateway.carried()[0]?.loads()).toBe(true);
		const [carried] = under.gateway.carried();
		(begin as unknown as () => void)();
		await answer;
		expect(carried?.loads()).toBe(false);
	});
});
