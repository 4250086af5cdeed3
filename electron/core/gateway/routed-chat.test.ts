import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { message } from "../../../shared/messages/message.ts";
import type { Member, RouteDecision } from "../../../shared/router.ts";
import { decisionSchema, membersSchema, requirementsSchema, teamStatusSchema } from "./api-shapes.ts";
import { type EngineStub, startEngineStub } from "./testing/engine-stub.ts";
import { decisionFor, type GatewayUnderTest, startGateway } from "./testing/gateway-under-test.ts";
import { call, callJson } from "./testing/raw-http.ts";
import { sampleState } from "./testing/sample-state.ts";

let engine: EngineStub;
let under: GatewayUnderTest;

beforeAll(async () => {
	engine = await startEngineStub();
});

afterAll(async () => {
	await engine.close();
});

beforeEach(async () => {
	under = await startGateway(engine.url);
	engine.answer((received, response) => {
		void received.body.then((body) => {
			response.setHeader("Content-Type", "application/json");
			response.end(body);
		});
	});
	return () => under.close();
});

const tooLow = AppError.of("memory-too-low", { model: "m", neededBytes: 2, availableBytes: 1 });

function chat(body: unknown) {
	return callJson(under.port, "POST", "/api/chat", body);
}

function withMember(change: Partial<Member>): RouteDecision {
	const decision = decisionFor("mistral_versatile");
	return { ...decision, member: decision.member === null ? null : { ...decision.member, ...change } };
}

describe("the original API's chat", () => {
	it("answers with the member that was chosen and the original keys", async () => {
		const answer = await chat({ prompt: "Hi there", context: { priority: "high" } });
		expect(answer.status).toBe(200);
		const { response, metadata } = answer.json() as { response: string; metadata: Record<string, unknown> };
		expect(response).toBe("Hello there");
		expect(metadata).toMatchObject({
			model: "mistral:latest",
			member: "Mistral Versatile",
			member_id: "mistral_versatile",
			phase: "4B",
			http_client: "node:http",
		});
		expect(metadata.elapsed_time).toBeTypeOf("number");
		const requirements = requirementsSchema.parse(metadata.requirements);
		expect(requirements).toMatchObject({
			domain: "coding",
			plimsoll_domain: "coding",
			priority: "high",
			prompt: "Hi there",
		});
		expect(under.knobs.answered).toEqual(["mistral_versatile"]);
		expect(under.knobs.admitted[0]).toMatchObject({ model: "mistral:latest", requestedBy: "gateway" });
		expect(under.knobs.inFlight).toEqual([]);
		expect(under.knobs.ticketsReleased).toBeGreaterThan(0);
	});

	it("streams lines when asked to, the last of which carries the metadata", async () => {
		const answer = await chat({ prompt: "Hi", stream: true });
		expect(answer.headers["content-type"]).toBe("application/x-ndjson");
		expect(answer.headers["plimsoll-member"]).toBe("mistral_versatile");
		const lines = answer.body
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(lines.map(({ response, done }) => [response, done])).toEqual([
			["Hello", false],
			[" there", false],
			["", true],
		]);
		expect(lines.at(-1).metadata.member).toBe("Mistral Versatile");
	});

	it("sends temperature, pictures and the member's own prompt", async () => {
		const asked: unknown[] = [];
		under.knobs.decide = async () => withMember({ systemPrompt: "Be brief.", temperature: 0.2 });
		under.knobs.chat = async function* sees(request) {
			asked.push(request);
			yield { kind: "text", text: "ok" };
		};
		await chat({ prompt: "What is it?", images: ["aGk="] });
		await chat({ prompt: "What is it?", context: { temperature: 1.1 } });
		expect(asked[0]).toMatchObject({
			temperature: 0.2,
			turns: [
				{ role: "system", content: "Be brief." },
				{ role: "user", content: "What is it?", images: ["aGk="] },
			],
		});
		expect(asked[1]).toMatchObject({ temperature: 1.1 });
	});

	it("passes over a member that the gate refuses for memory", async () => {
		under.knobs.decide = async ({ without }) =>
			decisionFor(without?.has("mistral_versatile") ? "gemma_tiny" : "mistral_versatile");
		const admit = under.knobs.admit;
		under.knobs.admit = async (request) =>
			request.model === "mistral:latest" ? { kind: "refusal", error: tooLow } : admit(request);
		expect((await chat({ prompt: "Hi" })).json().metadata).toMatchObject({ member_id: "gemma_tiny" });
	});

	it("does not pass over the member that was asked for", async () => {
		under.knobs.admit = async () => ({ kind: "refusal", error: tooLow });
		const answer = await chat({ prompt: "Hi", member: "mistral_versatile" });
		expect(answer.status).toBe(507);
	});

	it.each([
		["nothing fits", { ...decisionFor("nobody"), why: message("route.none-fits") }, 507, "no-member-fits"],
		["nobody sees", { ...decisionFor("nobody"), why: message("route.none-vision") }, 404, "no-member"],
	] as const)(
		"fails with the original keys and a real status where %s",
		async (_what, decision, status, code) => {
			under.knobs.decide = async () => decision;
			const answer = await chat({ prompt: "Hi" });
			expect(answer.status).toBe(status);
			expect(answer.json()).toMatchObject({ response: "Router error occurred", code });
			expect(answer.json().error).toBe((answer.json().metadata as { error: string }).error);
			expect(answer.json().error).not.toContain("$t(");
		},
	);

	it("says what went wrong where the answer breaks off, and keeps what came", async () => {
		under.knobs.chat = async function* breaks() {
			yield { kind: "text", text: "half" };
			throw AppError.of("stream-broken", {});
		};
		const whole = await chat({ prompt: "Hi" });
		expect(whole.status).toBe(502);
		expect(whole.json()).toMatchObject({
			response: "Error occurred during generation",
			metadata: { model: "mistral:latest", member: "Mistral Versatile", partial: "half" },
			code: "stream-broken",
		});
		const last = (await chat({ prompt: "Hi", stream: true })).body.trim().split("\n").at(-1) ?? "";
		expect(JSON.parse(last)).toMatchObject({ code: "stream-broken", done: true });
		expect(under.knobs.answered).toEqual([]);
	});

	it("tells when to come back while an emergency runs", async () => {
		const error = AppError.of("memory-critical", { retrySeconds: 7 });
		under.knobs.admit = async () => ({ kind: "refusal", error });
		const answer = await chat({ prompt: "Hi" });
		expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "7"]);
	});

	it("is told of an answer that an emergency ends", async () => {
		under.knobs.chat = async function* waits(_request, signal) {
			yield { kind: "text", text: "half" };
			await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
		};
		const answered = chat({ prompt: "Hi" });
		await expect.poll(() => under.gateway.carried().length).toBe(1);
		expect(under.gateway.carried()[0]?.loads()).toBe(false);
		under.gateway.carried()[0]?.end(AppError.of("ended-for-memory", { retrySeconds: 5 }));
		expect((await answered).json()).toMatchObject({ code: "ended-for-memory" });
		expect(under.gateway.carried()).toEqual([]);
	});

	it("refuses what it cannot read", async () => {
		const answer = await chat({ prompt: 7 });
		expect(answer.status).toBe(400);
		expect(answer.json()).toMatchObject({ response: "Router error occurred", code: "invalid-argument" });
	});
});

describe("model names that are routed", () => {
	it.each([
		["/api/chat", { messages: [{ role: "user", content: "Hi" }] }],
		["/api/generate", { prompt: "Hi" }],
		["/v1/chat/completions", { messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] }],
		["/v1/completions", { prompt: "Hi" }],
		["/v1/messages", { messages: [{ role: "user", content: "Hi" }] }],
		["/v1/responses", { input: "Hi" }],
	])("%s is passed on with the chosen member's model", async (path, body) => {
		let asked: unknown;
		under.knobs.decide = async (ask) => {
			asked = ask;
			return withMember({ temperature: 0.3, systemPrompt: "Be brief." });
		};
		const answer = await callJson(under.port, "POST", path, { model: "auto", stream: false, ...body });
		expect(answer.status).toBe(200);
		expect(asked).toMatchObject({ prompt: "Hi", imageCount: 0, override: null });
		expect(answer.json()).toMatchObject({ model: "mistral:latest", stream: false });
		expect(answer.body).toContain(path === "/v1/completions" ? "temperature" : "Be brief.");
		expect(answer.headers["plimsoll-member"]).toBe("mistral_versatile");
		expect(under.knobs.admitted.map(({ model }) => model)).toEqual(["mistral:latest"]);
		await expect.poll(() => under.knobs.answered).toEqual(["mistral_versatile"]);
	});

	it("takes a domain and a member's id, and sees pictures, tools and the conversation", async () => {
		const asks: unknown[] = [];
		under.knobs.decide = async (ask) => {
			asks.push(ask);
			return decisionFor("gemma_medium");
		};
		const first = { role: "user", content: "First" };
		const picture = { role: "user", content: [{ type: "image_url" }, { type: "text", text: "And this?" }] };
		const messages = [first, { role: "assistant", content: "x".repeat(350) }, picture];
		const path = "/v1/chat/completions";
		await callJson(under.port, "POST", path, { model: "auto:coding", messages: [first] });
		await callJson(under.port, "POST", path, { model: "gemma_medium", messages, tools: [{}] });
		expect(asks).toMatchObject([
			{ domain: "coding", override: null, tools: false, contextTokens: 0 },
			{ override: "gemma_medium", prompt: "And this?", imageCount: 1, tools: true, contextTokens: 102 },
		]);
		const [one, other] = asks as { conversation: { id: string } }[];
		expect(one?.conversation.id).toBe(other?.conversation.id);
	});

	it("leaves the client's own words in place", async () => {
		under.knobs.decide = async () =>
			withMember({ temperature: 0.3, systemPrompt: "Be brief.", keepAliveMinutes: 2 });
		const body = { model: "auto", prompt: "Hi", system: "Be long.", options: { temperature: 1 } };
		const answer = await callJson(under.port, "POST", "/api/generate", body);
		expect(answer.json()).toMatchObject({ system: "Be long.", options: { temperature: 1 }, keep_alive: 120 });
	});

	it("does not touch a name that is installed, nor embeddings", async () => {
		under.knobs.decide = async () => {
			throw new Error("not to be asked");
		};
		const mine = { model: "some-model", messages: [] };
		expect((await callJson(under.port, "POST", "/api/chat", mine)).json()).toEqual(mine);
		const embed = { model: "auto", input: "Hi" };
		expect((await callJson(under.port, "POST", "/api/embed", embed)).json()).toEqual(embed);
	});

	it("tells a refusal in the client's dialect", async () => {
		under.knobs.decide = async () => ({ ...decisionFor("nobody"), why: message("route.none-fits") });
		const answer = await callJson(under.port, "POST", "/v1/messages", {
			model: "auto",
			messages: [{ role: "user", content: "Hi" }],
		});
		expect(answer.status).toBe(507);
		expect(answer.json()).toMatchObject({ type: "error" });
	});
});

describe("Plimsoll's own routes over the team", () => {
	it("POST /api/route tells the whole decision and asks nobody", async () => {
		const asked: unknown[] = [];
		under.knobs.decide = async (ask) => {
			asked.push(ask);
			return decisionFor("qwen_analyst");
		};
		const answer = await callJson(under.port, "POST", "/api/route", {
			prompt: "Hi",
			images: ["a"],
			team: "original",
			assume_installed: true,
			context: { tokens: 90, last_member: "gemma_tiny" },
		});
		expect(decisionSchema.parse(answer.json())).toMatchObject({
			member: "qwen_analyst",
			model: "qwen2.5:14b",
		});
		expect(asked[0]).toMatchObject({
			imageCount: 1,
			contextTokens: 90,
			team: "original",
			assumeInstalled: true,
			conversation: { lastMember: "gemma_tiny" },
		});
		expect(under.knobs.admitted).toEqual([]);
		expect(engine.received.filter(({ url }) => url === "/api/route")).toEqual([]);
	});

	it("GET /api/team/members is an object by id, in the original shape", async () => {
		const answer = membersSchema.parse((await call(under.port, "/api/team/members")).json());
		expect(Object.keys(answer)).toHaveLength(11);
		expect(answer.deepseek_abliterated).toMatchObject({
			name: "DeepSeek Uncensored",
			model_id: "huihui_ai/deepseek-r1-abliterated:latest",
			memory_gb: 5,
			context_tokens: 32_768,
			performance_rating: 8,
			is_abliterated: true,
			installed: false,
		});
		expect(answer.granite_vision).toMatchObject({ loaded: true, is_abliterated: false });
	});

	it("GET /api/team/status has the original keys", async () => {
		under.knobs.state = { ...sampleState(), router: { activeMember: "granite_vision", lastUnloadAt: 0 } };
		const answer = teamStatusSchema.parse((await call(under.port, "/api/team/status")).json());
		expect(answer).toMatchObject({
			active_member: "granite_vision",
			team_size: 11,
			system: { platform: "Linux", total_memory_gb: 18, available_memory_gb: 5.2 },
			phase: "4B",
			source: "original",
		});
		const { router } = (await call(under.port, "/api/memory/status")).json();
		expect(router).toEqual({ active_member: "granite_vision", last_unload: "1970-01-01T00:00:00.000Z" });
	});
});
