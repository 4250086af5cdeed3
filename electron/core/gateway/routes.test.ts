import { beforeEach, describe, expect, it } from "vitest";
import { problemSchema } from "./api-shapes.ts";
import { declared } from "./testing/declared.ts";
import { call } from "./testing/raw-http.ts";
import { sampleState } from "./testing/sample-state.ts";
import { servedGateway } from "./testing/served-gateway.ts";

const under = servedGateway();

beforeEach(() => {
	under.knobs.state = sampleState();
});

describe("what Plimsoll says of itself", () => {
	it("GET / is the original's JSON and carries the words that clients of Ollama look for", async () => {
		const answer = await call(under.port, "/");
		expect(answer.status).toBe(200);
		expect(declared(answer, "root")).toMatchObject({
			name: "Plimsoll",
			version: "0.1.0",
			models: 0,
			endpoints: { health: "GET /health", memory_flush: "POST /api/memory/flush" },
			status: "Ollama is running",
		});
	});

	it("HEAD / answers 200 without a body", async () => {
		const answer = await call(under.port, "/", { method: "HEAD" });
		expect([answer.status, answer.body]).toEqual([200, ""]);
	});

	it("health is degraded while the engine does not answer", async () => {
		expect(declared(await call(under.port, "/health"), "health")).toMatchObject({ status: "healthy" });
		const state = sampleState();
		under.knobs.state = {
			...state,
			engine: { ...state.engine, connection: { state: "starting", sinceAt: 0 } },
		};
		expect(declared(await call(under.port, "/health"), "health")).toMatchObject({ status: "degraded" });
	});

	it("every answer carries the instance, and every own one the headers that keep pages out", async () => {
		for (const path of [
			"/",
			"/health",
			"/nothing",
			"/api/version",
			"/api/memory/status",
			"/api/memory/nothing",
		]) {
			const { headers } = await call(under.port, path);
			expect(headers["plimsoll-instance"], path).toBe("instance-of-the-test");
			expect(headers["x-content-type-options"], path).toBe("nosniff");
			if (path === "/api/version") continue;
			expect(headers, path).toMatchObject({
				"cache-control": "no-store",
				"x-frame-options": "DENY",
				"content-security-policy": "default-src 'none'; frame-ancestors 'none'",
			});
			expect(headers["x-powered-by"]).toBeUndefined();
		}
	});
});

describe("what is not there", () => {
	it.each(["/nothing", "/api/memory", "/api/memory/nothing", "/apix", "/popover/"])(
		"%s is 404",
		async (path) => {
			const before = under.engine.received.length;
			const answer = await call(under.port, path);
			expect(answer.status).toBe(404);
			expect(problemSchema.parse(answer.json())).toMatchObject({ code: "not-found" });
			expect(under.engine.received.length).toBe(before);
		},
	);

	it.each([
		["POST", "/health", "GET, HEAD"],
		["GET", "/api/memory/flush", "POST"],
		["PUT", "/api/memory/models/a/b:c", "DELETE"],
		["GET", "/api/memory/models/a/load", "DELETE, POST"],
		["OPTIONS", "/", "GET, HEAD"],
	])("%s %s is 405 and says what is taken", async (method, path, allow) => {
		const answer = await call(under.port, path, { method });
		expect(answer.status).toBe(405);
		expect(answer.headers.allow).toBe(allow);
	});
});
