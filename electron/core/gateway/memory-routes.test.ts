import { beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import type { BudgetState, BudgetTerms } from "../../../shared/fit.ts";
import { fromGb } from "../../../shared/units.ts";
import { fitSchema, problemSchema, trimSchema } from "./api-shapes.ts";
import { declared } from "./testing/declared.ts";
import { flushOfReleases, goodLoad, provedRelease, verdictOver } from "./testing/gateway-under-test.ts";
import { call, callJson } from "./testing/raw-http.ts";
import { loadedModel, sampleState } from "./testing/sample-state.ts";
import { servedGateway } from "./testing/served-gateway.ts";

const under = servedGateway();

beforeEach(() => {
	under.knobs.state = sampleState();
	under.knobs.load = async () => goodLoad;
	under.knobs.unload = async () => provedRelease;
	under.knobs.flush = async () => flushOfReleases(provedRelease);
});

describe("memory status", () => {
	it.each(["/api/memory/status", "/api/team/status"])("%s is brought up to date first", async (path) => {
		under.knobs.freshen = async () => {
			const { machine } = sampleState();
			if (machine === null) throw new Error("the sample state has a machine");
			const sample = { ...machine.sample, totalBytes: fromGb(24) };
			under.knobs.state = { ...sampleState(), machine: { ...machine, sample } };
		};
		const answer = await call(under.port, path);
		under.knobs.freshen = async () => undefined;
		expect(JSON.stringify(answer.json())).toMatch(/"total(_memory)?_gb":24\b/);
	});

	it("has the shape of the original plan, with keys added only", async () => {
		const answer = await call(under.port, "/api/memory/status?ignored=1");
		expect(declared(answer, "memory_status")).toMatchObject({
			system: {
				total_gb: 18,
				available_gb: 5.2,
				pressure_percent: 71.1,
				pressure_level: "normal",
				swap_used_gb: 0.5,
			},
			ollama: {
				loaded_models: [
					{
						name: "granite3.2-vision:2b",
						size_gb: 3.6,
						expires_at: "2026-02-03T04:10:06.000Z",
						state: "idle",
					},
				],
				total_loaded_gb: 3.6,
			},
			router: { active_member: null, last_unload: null },
		});
	});

	it("names the processes that no engine lists", async () => {
		const orphan = { kind: "orphan", pid: 815, model: "gemma3:1b", program: "llama-server" } as const;
		const other = { kind: "other", pid: 816, model: null, program: "LM Studio" } as const;
		under.knobs.state = {
			...sampleState(),
			strays: [
				{ ...orphan, startedAt: 0, footprintBytes: fromGb(1.25) },
				{ ...other, startedAt: 0, footprintBytes: null },
			],
		};
		expect(declared(await call(under.port, "/api/memory/status"), "memory_status")).toMatchObject({
			ollama: {
				stray_runners: [
					{ ...orphan, size_gb: 1.25 },
					{ ...other, size_gb: null },
				],
			},
		});
	});

	it("says what may still be loaded, and which models are loaded over and over", async () => {
		const terms = { budgetBytes: fromGb(-1.25) } as BudgetTerms;
		under.knobs.state = {
			...sampleState(),
			budget: { terms, spareBytes: fromGb(-1.75) } as BudgetState,
			reloadLoops: [
				{
					because: "contexts",
					models: ["gemma3:1b"],
					contexts: [4096, 32_768],
					reloads: 4,
					lastAt: Date.parse("2026-02-03T04:05:06.000Z"),
				},
			],
		};
		expect(declared(await call(under.port, "/api/memory/status"), "memory_status")).toMatchObject({
			system: { budget_gb: -1.25, spare_gb: -1.75 },
			ollama: {
				reload_loops: [
					{
						because: "contexts",
						models: ["gemma3:1b"],
						contexts: [4096, 32_768],
						reloads: 4,
						last_at: "2026-02-03T04:05:06.000Z",
					},
				],
			},
		});
		under.knobs.state = { ...sampleState(), budget: null };
		expect(declared(await call(under.port, "/api/memory/status"), "memory_status")).toMatchObject({
			system: { budget_gb: null, spare_gb: null },
			ollama: { reload_loops: [] },
		});
	});

	it("says null, not zero, where the machine has not been read and where a model never expires", async () => {
		under.knobs.state = { ...sampleState(), machine: null, loaded: [{ ...loadedModel, expiresAt: null }] };
		expect(declared(await call(under.port, "/api/memory/status"), "memory_status")).toMatchObject({
			system: { total_gb: null, available_gb: null, pressure_percent: null, pressure_level: null },
			ollama: { loaded_models: [{ expires_at: null }] },
		});
	});
});

describe("flush", () => {
	it("tells the least sure of the grades where one name stands for several models", async () => {
		const stays = {
			...provedRelease,
			key: "other",
			grade: "not-confirmed",
			because: "still-listed",
		} as const;
		under.knobs.flush = async () => flushOfReleases(stays, provedRelease);
		const answer = await callJson(under.port, "POST", "/api/memory/flush", {});
		expect(declared(answer, "memory_flush")).toMatchObject({
			grades: { [provedRelease.name]: "not-confirmed" },
		});
	});

	it("tells what left, how much came back and how long it took", async () => {
		const answer = await call(under.port, "/api/memory/flush", { method: "POST" });
		expect(answer.status).toBe(200);
		expect(declared(answer, "memory_flush")).toMatchObject({
			success: true,
			models_unloaded: ["granite3.2-vision:2b"],
			memory_released_gb: 3.6,
			duration_seconds: 2.1,
			before: { available_gb: 5.2 },
			failed: [],
		});
	});

	it("is 202 where a model still answers and 504 where a release is not confirmed, with the same keys", async () => {
		const draining = {
			...provedRelease,
			grade: "not-confirmed",
			because: "draining",
			releasedBytes: 0,
		} as const;
		under.knobs.flush = async () => flushOfReleases(provedRelease, { ...draining, name: "busy:1b" });
		const waiting = await callJson(under.port, "POST", "/api/memory/flush", {});
		expect(waiting.status).toBe(202);
		expect(declared(waiting, "memory_flush")).toMatchObject({
			success: false,
			models_unloaded: ["granite3.2-vision:2b"],
			failed: [{ name: "busy:1b", because: "draining" }],
		});
		under.knobs.flush = async () => flushOfReleases({ ...draining, because: "process-alive" });
		const stuck = await callJson(under.port, "POST", "/api/memory/flush", {});
		expect(stuck.status).toBe(504);
		expect(declared(stuck, "memory_flush")).toMatchObject({
			success: false,
			models_unloaded: [],
			error: "The release of granite3.2-vision:2b is not confirmed.",
		});
	});
});

describe("unload", () => {
	it.each([
		["raw", "hf.co/someone/model:Q4_K_M"],
		["encoded", "hf.co%2Fsomeone%2Fmodel%3AQ4_K_M"],
		["half encoded", "hf.co/someone%2Fmodel:Q4_K_M"],
	])("takes a name with slashes and a colon, %s", async (_how, id) => {
		let asked = "";
		under.knobs.unload = async (model) => {
			asked = model;
			return provedRelease;
		};
		const answer = await call(under.port, `/api/memory/models/${id}`, { method: "DELETE" });
		expect(answer.status).toBe(200);
		expect(asked).toBe("hf.co/someone/model:Q4_K_M");
		expect(declared(answer, "memory_unload")).toMatchObject({
			success: true,
			status: "unloaded",
			grade: "proved",
			memory_released_gb: 3.6,
		});
	});

	it("is 200 and says so where the model was not loaded yet and its load was taken back", async () => {
		under.knobs.unload = async () => ({
			...provedRelease,
			grade: "engine-says-so",
			releasedBytes: 0,
			because: "load-cancelled",
		});
		const answer = await call(under.port, "/api/memory/models/gemma3:1b", { method: "DELETE" });
		expect(answer.status).toBe(200);
		expect(declared(answer, "memory_unload")).toMatchObject({ success: true, status: "load-cancelled" });
	});

	it("is 202 and says draining where the model still answers", async () => {
		under.knobs.unload = async () => ({ ...provedRelease, grade: "not-confirmed", because: "draining" });
		const answer = await call(under.port, "/api/memory/models/a", { method: "DELETE" });
		expect(answer.status).toBe(202);
		expect(declared(answer, "memory_unload")).toMatchObject({ success: false, status: "draining" });
	});

	it("is 504 where the release is not confirmed, never a success", async () => {
		under.knobs.unload = async () => ({ ...provedRelease, grade: "not-confirmed", because: "still-listed" });
		const answer = await call(under.port, "/api/memory/models/a", { method: "DELETE" });
		expect(answer.status).toBe(504);
		expect(declared(answer, "memory_unload")).toMatchObject({ success: false, status: "not-confirmed" });
	});

	it("is a problem with code and next step where the model is not loaded", async () => {
		under.knobs.unload = async (model) => {
			throw AppError.of("model-not-loaded", { model });
		};
		const answer = await call(under.port, "/api/memory/models/nix:1b", { method: "DELETE" });
		expect(answer.status).toBe(404);
		expect(answer.headers["content-type"]).toBe("application/problem+json");
		expect(problemSchema.parse(answer.json())).toMatchObject({
			code: "model-not-loaded",
			detail: "nix:1b is not loaded.",
			error: "nix:1b is not loaded.",
		});
	});
});

describe("load", () => {
	it("passes context, keep-alive and force on, and tells what came of it", async () => {
		let asked: unknown;
		under.knobs.load = async (load) => {
			asked = load;
			return goodLoad;
		};
		const answer = await callJson(under.port, "POST", "/api/memory/models/library%2Fqwen2.5:14b/load", {
			num_ctx: 8192,
			keep_alive: "1h30m",
			force: true,
			unknown: 1,
		});
		expect(asked).toEqual({
			model: "library/qwen2.5:14b",
			contextLength: 8192,
			keepAliveMs: 5_400_000,
			force: true,
		});
		expect(declared(answer, "memory_load")).toMatchObject({
			success: true,
			model: "granite3.2-vision:2b",
			size_gb: 3.6,
			num_ctx: 4096,
			duration_seconds: 4.2,
			models_unloaded: ["granite3.2-vision:2b"],
		});
	});

	it("needs no body", async () => {
		const answer = await call(under.port, "/api/memory/models/a/load", { method: "POST" });
		expect(answer.status).toBe(200);
	});

	it.each([
		[{ num_ctx: 0 }, "body.num_ctx"],
		[{ num_ctx: "8192" }, "body.num_ctx"],
		[{ keep_alive: "5 minutes" }, "body.keep_alive"],
		[{ keep_alive: true }, "body.keep_alive"],
		[{ force: 1 }, "body.force"],
		[[], "body"],
	])("refuses %j and names what is wrong", async (body, what) => {
		const answer = await callJson(under.port, "POST", "/api/memory/models/a/load", body);
		expect(answer.status).toBe(400);
		expect(answer.json()).toMatchObject({ code: "invalid-argument", figures: { what } });
	});

	it("refuses a body that is no JSON", async () => {
		const answer = await call(under.port, "/api/memory/models/a/load", {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: "{",
		});
		expect(answer.json()).toMatchObject({ status: 400, code: "invalid-argument" });
	});

	it("refuses with the figures where the model does not fit", async () => {
		under.knobs.load = async ({ model }) => {
			throw AppError.of("memory-too-low", { model, neededBytes: 2 * 1024 ** 3, availableBytes: 1024 ** 3 });
		};
		const answer = await callJson(under.port, "POST", "/api/memory/models/a/load", {});
		expect(answer.status).toBe(507);
		expect(problemSchema.parse(answer.json())).toMatchObject({
			code: "memory-too-low",
			figures: { needed_gb: 2, available_gb: 1 },
		});
	});

	it("tells whether a model fits with every term, for the context that is asked for", async () => {
		const asked: unknown[] = [];
		under.knobs.fit = async (...given) => {
			asked.push(given);
			return verdictOver;
		};
		const answer = await call(under.port, "/api/memory/models/deepcoder:14b/fit?num_ctx=8192");
		expect(asked).toEqual([["deepcoder:14b", 8192]]);
		expect(fitSchema.parse(answer.json())).toMatchObject({
			verdict: "over",
			num_ctx: 4096,
			footprint: { weights_gb: 8.4, context_gb: 0.8, total_gb: 10.4, may_grow_gb: 8, source: "predicted" },
			margin_gb: -0.9,
			budget_gb: 10,
			budget: { available_gb: 5.2, given_back_gb: 5.3, factor: 1 },
			evictions: [{ step: "evict", model: "granite3.2-vision:2b", gb: 3.6, because: "memory" }],
			help: [
				{ kind: "context", num_ctx: 2048 },
				{ kind: "free", gb: 0.9 },
			],
		});
	});

	it("says so where nothing can be judged, and refuses a context that is none", async () => {
		under.knobs.fit = async () => null;
		const answer = await call(under.port, "/api/memory/models/hf.co%2Fa%2Fb/fit");
		expect(fitSchema.parse(answer.json())).toMatchObject({ model: "hf.co/a/b", verdict: "unknown" });
		expect((await call(under.port, "/api/memory/models/a/fit?num_ctx=many")).status).toBe(400);
	});

	it("tells what a trim gave back", async () => {
		const answer = await callJson(under.port, "POST", "/api/memory/models/a/trim", {});
		expect(answer.status).toBe(200);
		expect(trimSchema.parse(answer.json())).toMatchObject({
			before_gb: 6.8,
			after_gb: 5.2,
			memory_released_gb: 1.6,
		});
	});

	it("takes the load back when the client leaves", async () => {
		let signal: AbortSignal | null = null;
		under.knobs.load = (_load, given) => {
			signal = given;
			return new Promise(() => undefined);
		};
		const leaving = new AbortController();
		const gone = fetch(`http://127.0.0.1:${under.port}/api/memory/models/a/load`, {
			method: "POST",
			signal: leaving.signal,
		}).catch(() => undefined);
		await vi.waitFor(() => expect(signal).not.toBeNull());
		leaving.abort();
		await gone;
		await vi.waitFor(() => expect((signal as unknown as AbortSignal).aborted).toBe(true));
	});
});
