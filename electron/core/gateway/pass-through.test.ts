import { beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import type { AdmissionTicket } from "../residency/admission.ts";
import { call, callJson, openRequest } from "./testing/raw-http.ts";
import { servedGateway } from "./testing/served-gateway.ts";

const under = servedGateway();

beforeEach(() => {
	under.knobs.admitted.length = 0;
	under.knobs.ticketsReleased = 0;
	under.knobs.admit = async () => ({ kind: "ticket", basis: "load", release: under.knobs.countedRelease() });
	under.engine.answer((received, response) => void received.body.then(() => response.end("{}")));
});

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
		expect((await under.engine.received.at(-1)?.body)?.toString()).toBe(JSON.stringify(body));
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
		expect((await under.engine.received.at(-1)?.body)?.toString()).toBe(body ?? "");
	});

	it("the ticket is given back with the head, the model stays in use until the end", async () => {
		let finish: (() => void) | null = null;
		under.engine.answer((_received, response) => {
			response.write("x");
			finish = () => response.end();
		});
		const answer = await openRequest(under.port, "POST", "/api/chat", '{"model":"a","messages":[{}]}');
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
		const before = under.engine.received.length;
		const answer = openRequest(under.port, "POST", "/api/chat", '{"model":"a","messages":[{}]}');
		await vi.waitFor(() => expect(grant).not.toBeNull());
		expect(under.engine.received.length).toBe(before);
		(grant as unknown as (ticket: AdmissionTicket) => void)({
			kind: "ticket",
			basis: "load",
			release: under.knobs.countedRelease(),
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
		expect(under.engine.received.length).toBe(before + 1);
	});
});
