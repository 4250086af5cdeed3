import { randomBytes } from "node:crypto";
import http from "node:http";
import { createServer } from "node:net";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { refusal } from "./testing/gateway-under-test.ts";
import { call, callJson, exchangeBytes, openRequest } from "./testing/raw-http.ts";
import { servedGateway } from "./testing/served-gateway.ts";

const under = servedGateway({ connectMs: 300 });

beforeEach(() => {
	under.knobs.engineUrl = under.engine.url;
	under.knobs.admitted.length = 0;
	under.knobs.ticketsReleased = 0;
	under.knobs.admit = async () => ({ kind: "ticket", basis: "load", release: under.knobs.countedRelease() });
	under.engine.answer((received, response) => void received.body.then(() => response.end("{}")));
});

describe("what goes to the engine", () => {
	it("keeps order, spelling and repetition of headers, drops those of one hop, and names the engine as Host", async () => {
		const request = http.request({
			host: "127.0.0.1",
			port: under.port,
			method: "POST",
			path: "/api/pull?x=%20y&x=2",
			agent: false,
			setHost: false,
			headers: [
				"Host",
				`127.0.0.1:${under.port}`,
				"X-Thing",
				"1",
				"x-THING",
				"2",
				"Authorization",
				"Bearer ollama",
				"Cookie",
				"a=b",
				"Connection",
				"close, X-Once",
				"X-Once",
				"gone",
				"TE",
				"trailers",
				"Keep-Alive",
				"timeout=1",
				"Sec-Fetch-Site",
				"same-origin",
				"Origin",
				`http://localhost:${under.port}`,
				"Content-Length",
				"2",
			],
		});
		await new Promise((resolve) => request.on("response", resolve).end("{}"));
		const got = under.engine.received.at(-1);
		expect(got?.url).toBe("/api/pull?x=%20y&x=2");
		expect(got?.rawHeaders).toEqual([
			"Host",
			new URL(under.engine.url).host,
			"X-Thing",
			"1",
			"x-THING",
			"2",
			"Authorization",
			"Bearer ollama",
			"Cookie",
			"a=b",
			"Content-Length",
			"2",
			"Plimsoll-Instance",
			"instance-of-the-test",
			"Connection",
			"keep-alive",
		]);
	});

	it.each([
		["whole", { "Content-Length": String(3 * 1024 * 1024) }],
		["in pieces", { "Transfer-Encoding": "chunked" }],
	])("carries big bodies that load nothing, %s", async (_how, headers) => {
		const body = randomBytes(3 * 1024 * 1024);
		await call(under.port, "/api/blobs/sha256:ab", { method: "POST", headers, body });
		const got = under.engine.received.at(-1);
		expect((await got?.body)?.equals(body)).toBe(true);
	});

	it.each(["POST", "DELETE", "GET", "PUT"])(
		"sends a %s without a body as one without a body",
		async (method) => {
			await call(under.port, "/api/anything", { method });
			const got = under.engine.received.at(-1);
			expect(got?.method).toBe(method);
			expect(got?.request.headers["transfer-encoding"]).toBeUndefined();
			expect((await got?.body)?.length).toBe(0);
		},
	);

	it("carries the body of a DELETE", async () => {
		for (const headers of [{ "Content-Length": "13" }, { "Transfer-Encoding": "chunked" }]) {
			await call(under.port, "/api/delete", { method: "DELETE", headers, body: '{"model":"a"}' });
			expect((await under.engine.received.at(-1)?.body)?.toString()).toBe('{"model":"a"}');
		}
	});

	it("puts the path of the engine's address in front", async () => {
		under.knobs.engineUrl = `${under.engine.url}/behind/a/proxy/`;
		await call(under.port, "/v1/models");
		expect(under.engine.received.at(-1)?.url).toBe("/behind/a/proxy/v1/models");
	});
});

describe("what comes back", () => {
	it("keeps status, its words, headers in their spelling, and drops those of one hop", async () => {
		under.engine.answer((_received, response) => {
			response.sendDate = false;
			response.writeHead(418, "As the engine says", [
				"X-Thing",
				"1",
				"x-thing",
				"2",
				"Date",
				"Thu, 01 Jan 1970 00:00:00 GMT",
				"Connection",
				"x-once",
				"X-Once",
				"gone",
				"Access-Control-Allow-Origin",
				"*",
				"Plimsoll-Demo",
				"1",
				"Content-Type",
				"text/html",
			]);
			response.end("<h1>Not JSON at all</h1>");
		});
		const answer = await call(under.port, "/api/whatever");
		expect(answer).toMatchObject({
			status: 418,
			statusMessage: "As the engine says",
			body: "<h1>Not JSON at all</h1>",
		});
		expect(answer.rawHeaders.slice(0, 8)).toEqual([
			"X-Thing",
			"1",
			"x-thing",
			"2",
			"Plimsoll-Demo",
			"1",
			"Content-Type",
			"text/html",
		]);
		expect(answer.headers).toMatchObject({ "plimsoll-instance": "instance-of-the-test" });
		expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
		expect(answer.headers["x-once"]).toBeUndefined();
		expect(new Date(answer.headers.date ?? 0).getFullYear()).toBeGreaterThan(2000);
	});

	it("comes piece by piece, as the engine sends it, without waiting for more", async () => {
		let more: (() => void) | null = null;
		under.engine.answer((_received, response) => {
			response.writeHead(200, { "Content-Type": "application/x-ndjson" });
			response.write('{"a":1}\n');
			more = () => response.write('{"b":2}\n');
		});
		const answer = await openRequest(under.port, "GET", "/api/stream");
		const pieces: string[] = [];
		answer.on("data", (piece: Buffer) => pieces.push(piece.toString())).on("error", () => undefined);
		await vi.waitFor(() => expect(pieces).toEqual(['{"a":1}\n']));
		(more as unknown as () => void)();
		await vi.waitFor(() => expect(pieces).toEqual(['{"a":1}\n', '{"b":2}\n']));
		answer.destroy();
	});

	it("keeps the boundaries of pieces that arrive together", async () => {
		const pieces = ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"];
		const raw = createServer((socket) => {
			const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
			const body = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
			socket.once("data", () => socket.end(`${head}${body}0\r\n\r\n`));
		});
		await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
		under.knobs.engineUrl = `http://127.0.0.1:${(raw.address() as { port: number }).port}`;
		const answer = await openRequest(under.port, "GET", "/v1/stream");
		const got: string[] = [];
		answer.on("data", (piece: Buffer) => got.push(piece.toString()));
		await new Promise((resolve) => answer.on("end", resolve));
		expect(got).toEqual(pieces);
		raw.close();
	});

	it("sends the head before there is a body", async () => {
		under.engine.answer((_received, response) => response.flushHeaders());
		const answer = await openRequest(under.port, "GET", "/api/slow");
		expect(answer.statusCode).toBe(200);
		answer.on("error", () => undefined).destroy();
	});

	it("holds the engine back while the client does not read, and goes on where it was", async () => {
		const piece = Buffer.alloc(64 * 1024, "x");
		const total = 1024;
		let written = 0;
		let held = false;
		under.engine.answer((_received, response) => {
			const fill = (): void => {
				held = false;
				while (written < total && !response.destroyed) {
					written += 1;
					if (response.write(piece)) continue;
					held = true;
					response.once("drain", fill);
					return;
				}
				response.end();
			};
			fill();
		});
		const answer = await openRequest(under.port, "GET", "/api/flood");
		answer.pause();
		let before = -1;
		await vi.waitFor(
			() => {
				const settled = held && written === before;
				before = written;
				expect(settled).toBe(true);
			},
			{ interval: 200, timeout: 10_000 },
		);
		expect(written).toBeLessThan(total);
		let bytes = 0;
		for await (const part of answer) bytes += (part as Buffer).length;
		expect(bytes).toBe(total * piece.length);
	});

	it.each([204, 304])("has no body and no framing of one where the engine says %d", async (status) => {
		under.engine.answer((_received, response) => response.writeHead(status).end());
		const text = await exchangeBytes(
			under.port,
			`GET /api/x HTTP/1.1\r\nHost: 127.0.0.1:${under.port}\r\nConnection: close\r\n\r\n`,
		);
		expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
		expect(text.toLowerCase()).not.toContain("transfer-encoding");
		expect(text.endsWith("\r\n\r\n")).toBe(true);
		expect(text).not.toContain("0\r\n\r\n");
	});

	it("comes without chunks to a client that knows none", async () => {
		under.engine.answer((_received, response) => {
			response.write("one ");
			response.end("two");
		});
		const text = await exchangeBytes(
			under.port,
			`GET /api/x HTTP/1.0\r\nHost: 127.0.0.1:${under.port}\r\n\r\n`,
		);
		expect(text.toLowerCase()).not.toContain("transfer-encoding");
		expect(text.endsWith("\r\n\r\none two")).toBe(true);
	});

	it("answers HEAD with the engine's headers and no body", async () => {
		under.engine.answer((_received, response) => response.writeHead(200, { "Content-Length": "17" }).end());
		const answer = await call(under.port, "/api/version", { method: "HEAD" });
		expect([answer.status, answer.headers["content-length"], answer.body]).toEqual([200, "17", ""]);
	});
});

describe("when one side leaves", () => {
	it("a client that goes away ends the engine's work, before and after the head", async () => {
		for (const headFirst of [false, true]) {
			let gone = false;
			under.engine.answer((received, response) => {
				received.request.socket.on("close", () => {
					gone = true;
				});
				if (headFirst) response.write("x");
			});
			const count = under.engine.received.length;
			const request = http.request({
				host: "127.0.0.1",
				port: under.port,
				path: "/api/generate",
				method: "POST",
				agent: false,
			});
			let headSeen = false;
			request.on("error", () => undefined);
			request.on("response", (answer) => {
				headSeen = true;
				answer.on("error", () => undefined);
			});
			request.end('{"model":"a","prompt":"b"}');
			await vi.waitFor(() => expect(under.engine.received.length).toBe(count + 1));
			if (headFirst) await vi.waitFor(() => expect(headSeen).toBe(true));
			expect(under.knobs.inFlight).toEqual(["a"]);
			request.destroy();
			await vi.waitFor(() => expect(gone).toBe(true));
			await vi.waitFor(() => expect(under.knobs.inFlight).toEqual([]));
		}
		expect(under.knobs.ticketsReleased).toBe(2);
	});

	it("a client that goes away while it uploads ends the upload", async () => {
		for (const answersEarly of [false, true]) {
			if (answersEarly) under.engine.answer((_received, response) => response.end("{}"));
			const request = http.request({
				host: "127.0.0.1",
				port: under.port,
				path: "/api/blobs/sha256:ab",
				method: "POST",
				headers: { "Content-Length": "1000000" },
				agent: false,
			});
			request.on("error", () => undefined);
			const count = under.engine.received.length;
			request.write("x");
			await vi.waitFor(() => expect(under.engine.received.length).toBe(count + 1));
			const upload = under.engine.received.at(-1)?.request;
			const connection = upload?.socket;
			request.destroy();
			await vi.waitFor(() => expect(connection?.destroyed).toBe(true));
			expect(upload?.complete).toBe(false);
		}
	});

	it("an engine that breaks off in the middle breaks the answer off, so that no client takes it for whole", async () => {
		under.engine.answer((received, response) => {
			response.write('{"a":1}\n');
			setTimeout(() => received.request.socket.destroy(), 50);
		});
		const answer = await openRequest(under.port, "POST", "/api/chat", '{"model":"a","messages":[{}]}');
		const ended = await new Promise<string>((resolve) => {
			answer.resume();
			answer.on("error", () => resolve("broken"));
			answer.on("end", () => resolve("whole"));
		});
		expect(ended).toBe("broken");
	});

	it("an idle connection that the engine has closed meanwhile costs the client nothing", async () => {
		const raw = createServer((socket) => {
			let asked = 0;
			socket.on("error", () => undefined);
			socket.on("data", () => {
				asked += 1;
				if (asked > 1) socket.resetAndDestroy();
				else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
			});
		});
		await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
		under.knobs.engineUrl = `http://127.0.0.1:${(raw.address() as { port: number }).port}`;
		for (let round = 0; round < 3; round += 1) {
			expect((await call(under.port, "/api/version")).status).toBe(200);
			expect((await callJson(under.port, "POST", "/api/chat", { model: "a" })).status).toBe(200);
		}
		raw.close();
	});
});

describe("errors before the first byte speak the client's dialect", () => {
	const wanted = [
		["/api/chat", (error: string) => ({ error: expect.stringContaining(error) as string })],
		[
			"/v1/chat/completions",
			(error: string) => ({ error: { message: expect.stringContaining(error) as string, param: null } }),
		],
		[
			"/v1/messages",
			(error: string) => ({
				type: "error",
				error: { type: expect.any(String) as string, message: expect.stringContaining(error) as string },
			}),
		],
	] as const;

	it.each(wanted)("%s: the engine is away", async (path, shape) => {
		under.knobs.engineUrl = "http://127.0.0.1:9";
		const answer = await callJson(under.port, "POST", path, { model: "a" });
		expect(answer.status).toBe(502);
		expect(answer.json()).toMatchObject(shape("Nothing answers at http://127.0.0.1:9."));
		expect(under.knobs.ticketsReleased).toBe(1);
	});

	it.each(wanted)("%s: the engine hangs up without an answer", async (path, shape) => {
		under.engine.answer((received) => received.request.socket.destroy());
		const answer = await callJson(under.port, "POST", path, { model: "a" });
		expect(answer.status).toBe(502);
		expect(answer.json()).toMatchObject(shape("broke off"));
	});

	it.each(wanted)("%s: the memory is too low, with the figures", async (path, shape) => {
		under.knobs.admit = async ({ model }) => refusal(model);
		const before = under.engine.received.length;
		const answer = await callJson(under.port, "POST", path, { model: "big:70b" });
		expect(answer.status).toBe(507);
		expect(answer.json()).toMatchObject(
			shape("big:70b needs 9.6\u00a0GB, but only 5.2\u00a0GB are available."),
		);
		expect(under.engine.received.length).toBe(before);
	});

	it("an answer that is no HTTP is said to be unreadable", async () => {
		const raw = createServer((socket) => socket.once("data", () => socket.end("HELO there\r\n\r\n")));
		await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
		under.knobs.engineUrl = `http://127.0.0.1:${(raw.address() as { port: number }).port}`;
		const answer = await call(under.port, "/api/tags");
		expect([answer.status, answer.json().code]).toEqual([502, "engine-bad-answer"]);
		raw.close();
	});
});
