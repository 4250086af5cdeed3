import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { createEngine, type EngineTimeouts } from "./create-engine.ts";
import type { Engine } from "./engine.ts";
import { json, type StubServer, startStubServer } from "./testing/stub-server.ts";

const NEVER = new AbortController().signal;
const LOADED = {
	model: "m",
	created_at: "2026-11-23T18:00:00Z",
	response: "",
	done: true,
	done_reason: "load",
};

let server: StubServer;
let engine: Engine;

function open(timeouts: Partial<EngineTimeouts> = {}, ownInstance: string | null = null): Engine {
	return createEngine({
		url: server.url,
		engineId: "test",
		clock: systemClock,
		log: keptLog(),
		ownInstance,
		timeouts,
	});
}

beforeEach(async () => {
	server = await startStubServer((_request, response) => json(response, LOADED));
	engine = open();
});

afterEach(async () => {
	await engine.close();
	await server.stop();
});

describe("a load", () => {
	it("names no context and no keep-alive that nobody asked for", async () => {
		await engine.load({ name: "m", runner: null, embedding: false }, NEVER);
		expect(server.requests[0]).toMatchObject({ method: "POST", path: "/api/generate" });
		expect(server.requests[0]?.body).toEqual({ model: "m", prompt: "", stream: false });
	});

	it("sends context, keep-alive in seconds and the runner where they are given", async () => {
		const load = { name: "m", runner: "mlx", embedding: false, contextLength: 8192, keepAliveMs: 90_500 };
		await engine.load(load, NEVER);
		expect(server.requests[0]?.body).toEqual({
			model: "m",
			prompt: "",
			stream: false,
			options: { num_ctx: 8192 },
			keep_alive: 90.5,
			runner: "mlx",
		});
	});

	it("for ever is a keep-alive of minus one", async () => {
		await engine.load({ name: "m", runner: null, embedding: false, keepAliveMs: -1 }, NEVER);
		expect(server.requests[0]?.body).toMatchObject({ keep_alive: -1 });
	});

	it("of an embedding model goes through embed", async () => {
		server.answer((_request, response) => json(response, { model: "m", embeddings: [] }));
		await engine.load({ name: "m", runner: null, embedding: true, keepAliveMs: 60_000 }, NEVER);
		expect(server.requests.map((request) => [request.path, request.body])).toEqual([
			["/api/embed", { model: "m", input: "", keep_alive: 60 }],
		]);
	});

	it("goes through embed after all where the engine says that the model cannot generate", async () => {
		server.answer((request, response) =>
			request.path === "/api/embed"
				? json(response, { model: "m", embeddings: [] })
				: json(response, { error: '"m" does not support generate' }, 400),
		);
		await engine.load({ name: "m", runner: null, embedding: false }, NEVER);
		expect(server.requests.map((request) => request.path)).toEqual(["/api/generate", "/api/embed"]);
	});

	it("that is cancelled closes its request", async () => {
		server.answer(() => {});
		const cancel = new AbortController();
		const loading = engine.load({ name: "m", runner: null, embedding: false }, cancel.signal);
		await vi.waitFor(() => expect(server.requests).toHaveLength(1));
		cancel.abort();
		await expect(loading).rejects.toMatchObject({ code: "cancelled" });
		await server.requests[0]?.closed;
	});

	it("that was cancelled before it began sends nothing", async () => {
		const loading = engine.load({ name: "m", runner: null, embedding: false }, AbortSignal.abort());
		await expect(loading).rejects.toMatchObject({ code: "cancelled" });
		expect(server.requests).toHaveLength(0);
	});

	it("may take longer than the process-wide limit for headers", async () => {
		const before = getGlobalDispatcher();
		setGlobalDispatcher(new Agent({ headersTimeout: 1000, bodyTimeout: 1000 }));
		try {
			server.answer((_request, response) => {
				setTimeout(() => json(response, LOADED), 2500);
			});
			// The limit really is in force for everybody else: undici checks it about once a second.
			const foreign = fetch(server.url).then(
				() => "answered",
				(error: unknown) => (error instanceof Error && error.cause instanceof Error ? error.cause.name : "?"),
			);
			await engine.load({ name: "m", runner: null, embedding: false }, NEVER);
			expect(await foreign).toBe("HeadersTimeoutError");
		} finally {
			await getGlobalDispatcher().close();
			setGlobalDispatcher(before);
		}
	});

	it.each([
		[
			500,
			{ error: "model requires more system memory (32.1 GiB) than is available (22.1 GiB)" },
			"engine-out-of-memory",
		],
		[500, { error: "llama runner process has terminated: signal: killed" }, "engine-out-of-memory"],
		[500, { error: "llama-server process has terminated: signal: killed" }, "engine-out-of-memory"],
		[500, { error: "llama-server reported out-of-memory during startup: x" }, "engine-out-of-memory"],
		[500, { error: "memory layout cannot be allocated with num_gpu = 3" }, "engine-out-of-memory"],
		[500, { error: "failed to allocate memory for model" }, "engine-out-of-memory"],
		[
			500,
			{ error: "model requires 9 GiB but only 5 GiB are available (after 1 GiB overhead)" },
			"engine-out-of-memory",
		],
		[500, { error: "CUDA error: Out Of Memory" }, "engine-out-of-memory"],
		[500, { error: "timed out waiting for llama-server to start" }, "engine-error"],
		[404, { error: "model 'm' not found" }, "model-not-found"],
		[404, { error: 'model "m" not found, try pulling it first' }, "model-not-found"],
		[
			503,
			{ error: "server busy, please try again.  maximum pending requests exceeded" },
			"engine-queue-full",
		],
		[400, { error: "invalid options" }, "engine-error"],
		[200, { error: "insufficient memory" }, "engine-out-of-memory"],
	] as const)("answered with %i %j is %s", async (status, body, code) => {
		server.answer((_request, response) => json(response, body, status));
		const loading = engine.load({ name: "m", runner: null, embedding: false }, NEVER);
		await expect(loading).rejects.toMatchObject({ code });
	});
});

describe("an unload", () => {
	it("has its keep-alive at top level and names the runner where there is one", async () => {
		await engine.unload({ name: "m", runner: null });
		await engine.unload({ name: "m", runner: "mlx" });
		expect(server.requests.map((request) => request.body)).toEqual([
			{ model: "m", prompt: "", stream: false, keep_alive: 0 },
			{ model: "m", prompt: "", stream: false, keep_alive: 0, runner: "mlx" },
		]);
	});

	it("never goes through embed, which would load first", async () => {
		server.answer((_request, response) => json(response, { error: '"m" does not support generate' }, 400));
		await expect(engine.unload({ name: "m", runner: null })).rejects.toMatchObject({ code: "engine-error" });
		expect(server.requests.map((request) => request.path)).toEqual(["/api/generate"]);
	});

	it("that is not answered ends by its time-out", async () => {
		server.answer(() => {});
		engine = open({ unloadMs: 50 });
		await expect(engine.unload({ name: "m", runner: null })).rejects.toMatchObject({
			code: "engine-timeout",
		});
	});
});

describe("a touch", () => {
	it("sends the context the model is loaded with, so that nothing reloads", async () => {
		await engine.touch({
			name: "m",
			runner: null,
			embedding: false,
			contextLength: 4096,
			keepAliveMs: 300_000,
		});
		expect(server.requests[0]?.body).toEqual({
			model: "m",
			prompt: "",
			stream: false,
			options: { num_ctx: 4096 },
			keep_alive: 300,
		});
	});

	it("of an embedding model goes through embed, with its context", async () => {
		await engine.touch({ name: "m", runner: null, embedding: true, contextLength: 512, keepAliveMs: -1 });
		expect(server.requests[0]?.path).toBe("/api/embed");
		expect(server.requests[0]?.body).toMatchObject({ input: "", options: { num_ctx: 512 }, keep_alive: -1 });
	});
});

describe("what an engine says of itself", () => {
	it("is Ollama with a version, unless a header says otherwise", async () => {
		server.answer((_request, response) => json(response, { version: "0.33.0" }));
		expect(await engine.identify()).toEqual({ kind: "ollama", version: "0.33.0", plimsollInstance: null });
		server.answer((_request, response) =>
			json(response, { version: "0.33.0" }, 200, { "Plimsoll-Demo": "1" }),
		);
		expect(await engine.identify()).toMatchObject({ kind: "demo" });
		server.answer((_request, response) =>
			json(response, { version: "1" }, 200, { "Plimsoll-Instance": "abc" }),
		);
		expect(await engine.identify()).toMatchObject({ plimsollInstance: "abc" });
	});

	it("is Plimsoll also where that has no engine to hand it on to", async () => {
		server.answer((_request, response) =>
			json(response, { error: "x" }, 502, { "Plimsoll-Instance": "abc" }),
		);
		await expect(engine.identify()).rejects.toMatchObject({ code: "engine-is-plimsoll" });
	});

	it("is asked with the own instance's name, so that a request that comes round is recognised", async () => {
		engine = open({}, "mine");
		await engine.unload({ name: "m", runner: null });
		expect(server.requests[0]?.headers["plimsoll-instance"]).toBe("mine");
	});

	it.each([
		["a web page", "text/html", "<html>hello</html>", 200],
		["garbage", "application/json", '{"version":', 200],
		["another shape", "application/json", '{"hello":1}', 200],
		["an error page", "text/html", "<html>no</html>", 502],
		["nothing", "text/plain", "", 403],
	] as const)("is unreadable where it is %s", async (_what, type, body, status) => {
		server.answer((_request, response) => {
			response.writeHead(status, { "content-type": type });
			response.end(body);
		});
		await expect(engine.identify()).rejects.toMatchObject({ code: "engine-bad-answer" });
	});

	it("takes too long after the time-out", async () => {
		engine = open({ versionMs: 50 });
		server.answer(() => {});
		await expect(engine.identify()).rejects.toMatchObject({
			code: "engine-timeout",
			params: { seconds: 0.05 },
		});
		server.answer((_request, response) => {
			response.writeHead(200, { "content-type": "application/json" });
			response.write("{");
		});
		await expect(engine.identify()).rejects.toMatchObject({ code: "engine-timeout" });
	});

	it("is nothing where nobody listens", async () => {
		await server.stop();
		await expect(engine.identify()).rejects.toMatchObject({ code: "engine-unreachable" });
		await server.restart();
	});

	it("ends with cancelled when the client closes", async () => {
		server.answer(() => {});
		const asked = engine.loadedRows();
		await vi.waitFor(() => expect(server.requests).toHaveLength(1));
		await engine.close();
		await expect(asked).rejects.toMatchObject({ code: "cancelled" });
	});
});

function variant(digest: string, runner: string): unknown {
	return { name: "m:latest", digest, size: 1, details: { runner } };
}

describe("rows", () => {
	it("bear missing fields, null families and an empty runner", async () => {
		server.answer((_request, response) =>
			json(response, {
				models: [
					{ name: "a:latest", future: 1 },
					{ name: "B:q4", digest: "d", details: { families: null, family: "" }, runner: "", size: 5 },
				],
			}),
		);
		expect(await engine.loadedRows()).toMatchObject([
			{ key: "a:latest@@", contextLength: 0, reportedBytes: 0, expiresAt: null, runner: null },
			{ key: "b:q4@d@", runner: null, reportedBytes: 5 },
		]);
	});

	it("of rollback copies are hidden, in both lists", async () => {
		const rollback = { name: `llamacpp:${"0a".repeat(32)}`, digest: "x" };
		server.answer((_request, response) => json(response, { models: [rollback, { name: "a" }] }));
		expect((await engine.loadedRows()).map((row) => row.name)).toEqual(["a"]);
		expect((await engine.installed()).map((row) => row.name)).toEqual(["a"]);
	});

	it("of the cloud are not loaded here, and are listed apart", async () => {
		const rows = [{ name: "big:cloud" }, { name: "stub", remote_host: "https://ollama.com" }, { name: "a" }];
		server.answer((_request, response) => json(response, { models: rows }));
		expect((await engine.loadedRows()).map((row) => row.name)).toEqual(["a"]);
		expect((await engine.installed()).map(({ location }) => location)).toEqual(["cloud", "cloud", "local"]);
	});

	it("are none where the list is null, and unreadable where there is no list", async () => {
		server.answer((_request, response) => json(response, { models: null }));
		expect(await engine.loadedRows()).toEqual([]);
		server.answer((_request, response) => json(response, {}));
		await expect(engine.loadedRows()).rejects.toMatchObject({ code: "engine-bad-answer" });
	});

	it("of one name are told apart by digest and runner", async () => {
		server.answer((_request, response) =>
			json(response, { models: [variant("1", "mlx"), variant("2", "llamacpp")] }),
		);
		expect((await engine.installed()).map((model) => model.key)).toEqual([
			"m:latest@1@mlx",
			"m:latest@2@llamacpp",
		]);
	});

	it.each([
		[{ name: "x", remote_host: "https://ollama.com" }, "cloud"],
		[{ name: "x:cloud" }, "cloud"],
		[{ name: "x:120b-cloud" }, "cloud"],
		[{ name: "x-cloudy" }, "local"],
	] as const)("%j is %s", async (row, location) => {
		server.answer((_request, response) => json(response, { models: [row] }));
		expect((await engine.installed())[0]?.location).toBe(location);
	});
});

describe("a delete", () => {
	it("names the model and takes an empty answer", async () => {
		server.answer((_request, response) => void response.end());
		await engine.remove("m");
		expect(server.requests[0]).toMatchObject({ method: "DELETE", path: "/api/delete", body: { model: "m" } });
	});
});
