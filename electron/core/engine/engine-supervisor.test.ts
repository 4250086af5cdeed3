import { describe, expect, it, vi } from "vitest";
import { json } from "./testing/stub-server.ts";
import {
	installedNowhere,
	ollama,
	onlyVersion,
	QUICK,
	seen,
	useSupervisionScene,
} from "./testing/supervision-scene.ts";

const scene = useSupervisionScene();

function variant(digest: string, runner: string): unknown {
	return { name: "m", digest, details: { runner } };
}

describe("an engine that answers", () => {
	it("is connected once started, with its rows and its models", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		expect(supervisor.state()).toMatchObject({
			id: `ollama-0.33.0@127.0.0.1:${scene.server.port}`,
			source: "flag",
			kind: "ollama",
			version: "0.33.0",
			newerThanKnown: false,
			locality: "local",
			connection: { state: "connected", busy: false },
		});
		expect(supervisor.rows()?.map((row) => row.name)).toEqual(["m:latest"]);
		expect(supervisor.installed().map((model) => model.name)).toEqual(["m:latest"]);
	});

	it("is told to listeners: rows at every answer, models at every change", async () => {
		const supervisor = scene.supervise();
		const rows = vi.fn();
		const models = vi.fn();
		supervisor.onRows(rows);
		supervisor.onInstalled(models);
		await supervisor.start();
		await vi.waitFor(() => expect(rows.mock.calls.length).toBeGreaterThan(3));
		expect(models).toHaveBeenCalledTimes(1);
		scene.server.answer(ollama("0.33.0", ["m:latest", "new:latest"]));
		await vi.waitFor(() => expect(models).toHaveBeenCalledTimes(2));
		expect(supervisor.installed()).toHaveLength(2);
	});

	it("is asked for its models again when told so", async () => {
		const supervisor = scene.supervise({ timing: { ...QUICK, installedSlowMs: 3_600_000 } });
		await supervisor.start();
		scene.server.answer(ollama("0.33.0", []));
		await supervisor.pollInstalled();
		expect(supervisor.installed()).toEqual([]);
	});

	it("of a version newer than known says so", async () => {
		scene.server.answer(ollama("0.99.0"));
		const supervisor = scene.supervise();
		await supervisor.start();
		expect(supervisor.state().newerThanKnown).toBe(true);
	});

	it("is never asked twice for its rows at the same time", async () => {
		let out = 0;
		let most = 0;
		const whole = ollama("0.33.0");
		scene.server.answer(async (request, response) => {
			if (request.path !== "/api/ps") return whole(request, response);
			out += 1;
			most = Math.max(most, out);
			await new Promise((resolve) => setTimeout(resolve, 80));
			out -= 1;
			await whole(request, response);
		});
		const supervisor = scene.supervise();
		await supervisor.start();
		supervisor.setPace("fast");
		const asked = await Promise.all([supervisor.pollRows(), supervisor.pollRows(), supervisor.pollRows()]);
		expect(asked.map((rows) => rows?.length)).toEqual([1, 1, 1]);
		await vi.waitFor(() =>
			expect(scene.server.requests.filter((request) => request.path === "/api/ps").length).toBeGreaterThan(4),
		);
		expect(most).toBe(1);
	});

	it("is busy, never away, while only its rows hang", async () => {
		const supervisor = scene.supervise();
		const states: string[] = [];
		supervisor.onState((state) => states.push(state.connection.state));
		await supervisor.start();
		scene.server.answer(onlyVersion("0.33.0"));
		await seen(supervisor, { state: "connected", busy: true });
		expect(await supervisor.pollRows()).toBeNull();
		expect(supervisor.rows()).toHaveLength(1);
		scene.server.answer(ollama("0.33.0"));
		await seen(supervisor, { state: "connected", busy: false });
		expect(new Set(states)).toEqual(new Set(["connecting", "connected"]));
	});

	it("is not away where one version came too late and the next in time", async () => {
		const supervisor = scene.supervise();
		const states: string[] = [];
		supervisor.onState((state) => states.push(state.connection.state));
		await supervisor.start();
		const whole = ollama("0.33.0");
		let versions = 0;
		scene.server.answer((request, response) => {
			if (request.path === "/api/ps") return;
			if (request.path !== "/api/version") return whole(request, response);
			versions += 1;
			if (versions % 2 === 0) return whole(request, response);
		});
		await vi.waitFor(() => expect(versions).toBeGreaterThan(4), { timeout: 10_000 });
		expect(new Set(states)).toEqual(new Set(["connecting", "connected"]));
	});

	it("is not away where a version came late but the rows came", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		const whole = ollama("0.33.0");
		let versions = 0;
		scene.server.answer((request, response) => {
			if (request.path === "/api/version") versions += 1;
			else return whole(request, response);
		});
		await vi.waitFor(() => expect(versions).toBeGreaterThan(4), { timeout: 10_000 });
		expect(supervisor.state().connection.state).toBe("connected");
	});
});

describe("an engine that goes away", () => {
	it("killed: unreachable, its rows forgotten; back: connected by itself", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		await scene.server.stop();
		await seen(supervisor, { state: "unreachable", because: "refused" });
		expect(supervisor.rows()).toBeNull();
		expect(supervisor.installed()).toEqual([]);
		expect(supervisor.state().launcher).toEqual({ kind: "binary", path: "/usr/local/bin/ollama" });
		await scene.server.restart();
		await seen(supervisor, { state: "connected" });
		await vi.waitFor(() => expect(supervisor.rows()).toHaveLength(1));
	});

	it("hanging: unreachable by time-out; awake: connected by itself", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		scene.server.answer(() => {});
		await seen(supervisor, { state: "unreachable", because: "timeout" });
		scene.server.answer(ollama("0.33.0"));
		await seen(supervisor, { state: "connected" });
	});

	it("answering HTML: not an engine; itself again: connected", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		scene.server.answer((_request, response) => {
			response.writeHead(200, { "content-type": "text/html" });
			response.end("<html></html>");
		});
		await seen(supervisor, { state: "unreachable", because: "not-an-engine" });
		scene.server.answer(ollama("0.33.0"));
		await seen(supervisor, { state: "connected" });
	});

	it("never answering from the start: unreachable, and start does not hang", async () => {
		scene.server.answer(() => {});
		const supervisor = scene.supervise();
		await supervisor.start();
		expect(supervisor.state().connection).toMatchObject({ state: "unreachable", because: "timeout" });
		const { connection } = supervisor.state();
		expect(connection.state === "unreachable" && connection.nextTryAt).toBeGreaterThanOrEqual(
			connection.state === "unreachable" ? connection.sinceAt : 0,
		);
	});

	it("keeps the time since when it is away", async () => {
		await scene.server.stop();
		const supervisor = scene.supervise();
		await supervisor.start();
		const first = supervisor.state().connection;
		await vi.waitFor(() => expect(supervisor.state().connection).not.toEqual(first));
		expect(supervisor.state().connection).toMatchObject({
			sinceAt: first.state === "unreachable" ? first.sinceAt : 0,
		});
	});

	it("is not installed where nothing answers and nothing is found", async () => {
		await scene.server.stop();
		const supervisor = scene.supervise({ launcher: installedNowhere });
		await supervisor.start();
		expect(supervisor.state().connection).toMatchObject({ state: "not-installed" });
		await scene.server.restart();
		await seen(supervisor, { state: "connected" });
	});

	it("is away, not missing, where it has answered before, though no program is found", async () => {
		const supervisor = scene.supervise({ launcher: installedNowhere });
		await supervisor.start();
		await scene.server.stop();
		await seen(supervisor, { state: "unreachable" });
	});

	it("is tried at once when asked to", async () => {
		await scene.server.stop();
		const hour = 3_600_000;
		const supervisor = scene.supervise({ timing: { ...QUICK, firstRetryMs: hour, longestRetryMs: hour } });
		await supervisor.start();
		await scene.server.restart();
		await supervisor.retry();
		expect(supervisor.state().connection.state).toBe("connected");
	});
});

describe("an engine replaced at its address", () => {
	it("by another version has its rows and facts dropped and another id", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		const before = supervisor.state().id;
		expect((await supervisor.facts("m:latest", "d1"))?.capabilities).toEqual(["0.33.0"]);
		scene.server.answer(onlyVersion("0.40.1"));
		await vi.waitFor(() => expect(supervisor.state().version).toBe("0.40.1"));
		expect(supervisor.rows()).toBeNull();
		expect(supervisor.state().id).not.toBe(before);
		expect((await supervisor.facts("m:latest", "d1"))?.capabilities).toEqual(["0.40.1"]);
	});

	it("by the demo engine is called a demo", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		scene.server.answer((request, response) => {
			response.setHeader("Plimsoll-Demo", "1");
			return ollama("0.33.0")(request, response);
		});
		await vi.waitFor(() => expect(supervisor.state().kind).toBe("demo"));
	});
});

describe("facts", () => {
	it("are asked once a digest, and null where the engine cannot say", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		await Promise.all([supervisor.facts("m:latest", "d1"), supervisor.facts("M", "d1")]);
		expect(scene.server.requests.filter((request) => request.path === "/api/show")).toHaveLength(1);
		scene.server.answer((_request, response) => json(response, { error: "model 'x' not found" }, 404));
		expect(await supervisor.facts("x", "d2")).toBeNull();
	});

	it("are asked verbosely where a layer by layer key was held back, without the vocabulary", async () => {
		const key = "gemma.attention.head_count_kv";
		const whole = ollama("0.33.0");
		scene.server.answer((request, response) => {
			if (request.path !== "/api/show") return whole(request, response);
			const verbose = (request.body as { readonly verbose?: boolean }).verbose === true;
			json(response, {
				model_info: { [key]: verbose ? [1, 0] : null, "tokenizer.ggml.tokens": verbose ? ["a"] : null },
			});
		});
		const supervisor = scene.supervise();
		await supervisor.start();
		expect((await supervisor.facts("m", "d1"))?.info).toEqual({ [key]: [1, 0] });
	});

	it("name the runner where one name stands for several models", async () => {
		const whole = ollama("0.40.0");
		scene.server.answer((request, response) => {
			if (request.path !== "/api/tags") return whole(request, response);
			json(response, { models: [variant("d1", "mlx"), variant("d2", "llamacpp")] });
		});
		const supervisor = scene.supervise();
		await supervisor.start();
		await supervisor.facts("m", "d2");
		expect(scene.server.requests.at(-1)?.body ?? null).toEqual({ model: "m", runner: "llamacpp" });
	});
});
