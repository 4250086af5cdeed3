import http from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import type { AdmissionTicket } from "../residency/admission.ts";
import { type EngineStub, startEngineStub } from "./testing/engine-stub.ts";
import { type GatewayUnderTest, startGateway } from "./testing/gateway-under-test.ts";
import { call, callJson } from "./testing/raw-http.ts";

let engine: EngineStub;
let under: GatewayUnderTest;

beforeAll(async () => {
	engine = await startEngineStub();
	under = await startGateway(engine.url);
});

afterAll(async () => {
	await under.close();
	await engine.close();
});

beforeEach(() => {
	under.knobs.admitted.length = 0;
	under.knobs.ticketsReleased = 0;
	under.knobs.admit = async () => ({ kind: "ticket", basis: "load", release: countRelease() });
	engine.answer((received, response) => void received.body.then(() => response.end("{}")));
});

/** A release that counts once, as admission's own does. */
function countRelease(): () => void {
	let given = true;
	return () => {
		if (given) under.knobs.ticketsReleased += 1;
		given = false;
	};
}

/** Opens a request and hands out its answer as soon as the head is there. */
function open(method: string, path: string, body?: string): Promise<http.IncomingMessage> {
	return new Promise((resolve, reject) => {
		const request = http.request(
			{ host: "127.0.0.1", port: under.port, method, path, agent: false },
			resolve,
		);
		request.on("error", reject);
		request.end(body);
	});
}

describe("admission", () => {
	it.each([
		["/api/generate", { model: "a", prompt: "x" }, { model: "a" }],
		["/api/generate", { model: "a" }, { model: "a" }],
		[
			"/api/chat",
			{ model: "a", messages: [{}], options: { num_ctx: 8192 } },
			{ model: "a", contextLength: 8192 },
		],
		["/api/embed", { model: "a", input: "", keep_alive: 0 }, { model: "a" }],
		["/api/embeddings", { model: "a", prompt: "x" }, { model: "a" }],
		["/v1/chat/completions", { model: "a", messages: [] }, { model: "a" }],
		["/v1/completions", { model: "a" }, { model: "a" }],
		["/v1/embeddings", { model: "a" }, { model: "a" }],
		["/v1/responses", { model: "a" }, { model: "a" }],
		["/v1/messages", { model: "a" }, { model: "a" }],
		["/v1/systemone", { model: "a" }, { model: "a" }],
		["/api/ch%61t", { Model: "a", messages: [{}] }, { model: "a" }],
	])("is asked before %s %j is passed on, byte for byte", async (path, body, asked) => {
		const answer = await callJson(under.port, "POST", path, body);
		expect(answer.status).toBe(200);
		expect(under.knobs.admitted).toEqual([
			{ ...asked, requestedBy: "gateway", force: false, cancel: expect.any(Function) },
		]);
		expect((await engine.received.at(-1)?.body)?.toString()).toBe(JSON.stringify(body));
	});

	it.each([
		["GET", "/api/tags", undefined],
		["POST", "/api/show", '{"model":"a"}'],
		["POST", "/api/pull", '{"model":"a"}'],
		["POST", "/api/chat", "{"],
		["POST", "/api/chat", ""],
		["POST", "/api/chat", "[]"],
		["POST", "/api/chat", '{"model":1,"messages":[]}'],
		["POST", "/api/generate", '{"model":"a","keep_alive":0}'],
		["POST", "/api/chat", '{"model":"a","messages":[],"keep_alive":"0s"}'],
	])("is not asked for %s %s %s, which is passed on untouched", async (method, path, body) => {
		await call(under.port, path, { method, ...(body === undefined ? {} : { body }) });
		expect(under.knobs.admitted).toEqual([]);
		expect((await engine.received.at(-1)?.body)?.toString()).toBe(body ?? "");
	});

	it("the ticket is given back with the head, the model stays in use until the end", async () => {
		let finish: (() => void) | null = null;
		engine.answer((_received, response) => {
			response.write("x");
			finish = () => response.end();
		});
		const answer = await open("POST", "/api/chat", '{"model":"a","messages":[{}]}');
		expect(under.knobs.ticketsReleased).toBe(1);
		expect(under.knobs.inFlight).toEqual(["a"]);
		answer.resume();
		(finish as unknown as () => void)();
		await vi.waitFor(() => expect(under.knobs.inFlight).toEqual([]));
		expect(under.knobs.ticketsReleased).toBe(1);
	});

	it("waits its turn, and gives its place up where the client leaves", async () => {
		let grant: ((ticket: AdmissionTicket) => void) | null = null;
		let refuse: ((error: AppError) => void) | null = null;
		let left = 0;
		under.knobs.admit = async () => ({
			kind: "wait",
			position: 1,
			ready: new Promise((resolve, reject) => {
				grant = resolve;
				refuse = reject;
			}),
			leave() {
				left += 1;
				refuse?.(AppError.of("cancelled", {}));
			},
		});
		const before = engine.received.length;
		const answer = open("POST", "/api/chat", '{"model":"a","messages":[{}]}');
		await vi.waitFor(() => expect(grant).not.toBeNull());
		expect(engine.received.length).toBe(before);
		(grant as unknown as (ticket: AdmissionTicket) => void)({
			kind: "ticket",
			basis: "load",
			release: countRelease(),
		});
		expect((await answer).statusCode).toBe(200);
		expect(left).toBe(0);

		grant = null;
		const leaving = new AbortController();
		const gone = fetch(`http://127.0.0.1:${under.port}/api/chat`, {
			method: "POST",
			body: '{"model":"a","messages":[{}]}',
			signal: leaving.signal,
		}).catch(() => undefined);
		await vi.waitFor(() => expect(grant).not.toBeNull());
		leaving.abort();
		await gone;
		await vi.waitFor(() => expect(left).toBe(1));
		expect(engine.received.length).toBe(before + 1);
	});
});
