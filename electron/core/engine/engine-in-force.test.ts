import { describe, expect, it, vi } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import type { EngineLauncher } from "../ports.ts";
import type { EngineAddress } from "./engine-address.ts";
import { json, type StubHandler } from "./testing/stub-server.ts";
import {
	installedHere,
	installedNowhere,
	ollama,
	QUICK,
	seen,
	useSupervisionScene,
} from "./testing/supervision-scene.ts";

const scene = useSupervisionScene();

const gateway: StubHandler = (_request, response) =>
	json(response, { version: "0.33.0" }, 200, { "Plimsoll-Instance": "anybody" });

const demoEngine: StubHandler = (request, response) => {
	response.setHeader("Plimsoll-Demo", "1");
	return ollama("0.33.0", ["demo:latest"])(request, response);
};

const failsToStart: EngineLauncher = {
	...installedHere,
	start: () => Promise.reject(AppError.of("engine-error", { text: "no" })),
};

describe("an address that is Plimsoll itself", () => {
	it("is refused, said once, and the next source is used", async () => {
		const loop = await scene.another(gateway);
		const onRefused = vi.fn();
		const first: EngineAddress = { url: loop.url, source: "flag" };
		const supervisor = scene.supervise({
			at: [first, { url: scene.server.url, source: "default" }],
			onRefused,
		});
		await supervisor.start();
		expect(supervisor.state()).toMatchObject({ url: scene.server.url, source: "default" });
		expect(supervisor.state().connection.state).toBe("connected");
		expect(onRefused.mock.calls).toEqual([[first]]);
	});

	it("is said where there is no other source, and left as soon as an engine takes its place", async () => {
		scene.server.answer(gateway);
		const onRefused = vi.fn();
		const supervisor = scene.supervise({ onRefused });
		await supervisor.start();
		expect(supervisor.state().connection).toMatchObject({ state: "unreachable", because: "is-plimsoll" });
		scene.server.answer(ollama("0.33.0"));
		await seen(supervisor, { state: "connected" });
		expect(onRefused).toHaveBeenCalledTimes(1);
	});

	it("is noticed too when it takes the engine's place", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		scene.server.answer(gateway);
		await seen(supervisor, { state: "unreachable", because: "is-plimsoll" });
	});
});

describe("the demo engine", () => {
	it("stands in where nothing answers and is left as soon as an engine does", async () => {
		const standIn = await scene.another(demoEngine);
		await scene.server.stop();
		const supervisor = scene.supervise({ demoFallback: async () => standIn.url });
		await supervisor.start();
		expect(supervisor.state()).toMatchObject({ url: standIn.url, source: "demo", kind: "demo" });
		expect(supervisor.state().launcher).toMatchObject({ kind: "binary" });
		expect(supervisor.installed().map((model) => model.name)).toEqual(["demo:latest"]);
		await scene.server.restart();
		await vi.waitFor(() => expect(supervisor.state()).toMatchObject({ source: "flag", kind: "ollama" }));
		await vi.waitFor(() => expect(supervisor.installed().map((model) => model.name)).toEqual(["m:latest"]));
	});

	it("is not asked for where an engine answers, nor after one has", async () => {
		const demoFallback = vi.fn(async () => "http://127.0.0.1:1");
		const supervisor = scene.supervise({ demoFallback });
		await supervisor.start();
		await scene.server.stop();
		await seen(supervisor, { state: "unreachable" });
		expect(demoFallback).not.toHaveBeenCalled();
	});

	it("that does not start leaves the engine unreachable", async () => {
		await scene.server.stop();
		const supervisor = scene.supervise({ demoFallback: () => Promise.reject(new Error("no port")) });
		await supervisor.start();
		expect(supervisor.state()).toMatchObject({ source: "flag", connection: { state: "unreachable" } });
	});
});

describe("starting an installed engine", () => {
	it("is starting until it answers", async () => {
		await scene.server.stop();
		const launcher = { ...installedHere, start: vi.fn(async () => {}) };
		const supervisor = scene.supervise({ launcher });
		await supervisor.start();
		await supervisor.startEngine();
		expect(launcher.start).toHaveBeenCalledTimes(1);
		expect(supervisor.state().connection.state).toBe("starting");
		await scene.server.restart();
		await seen(supervisor, { state: "connected" });
	});

	it("is given up where it never answers", async () => {
		await scene.server.stop();
		const supervisor = scene.supervise({ timing: { ...QUICK, startingForMs: 100 } });
		await supervisor.start();
		await supervisor.startEngine();
		await seen(supervisor, { state: "unreachable" });
	});

	it("is refused where nothing is installed", async () => {
		await scene.server.stop();
		const supervisor = scene.supervise({ launcher: installedNowhere });
		await supervisor.start();
		await expect(supervisor.startEngine()).rejects.toMatchObject({ code: "engine-not-installed" });
	});

	it("that fails says why and goes back to what was", async () => {
		await scene.server.stop();
		const supervisor = scene.supervise({ launcher: failsToStart });
		await supervisor.start();
		await expect(supervisor.startEngine()).rejects.toMatchObject({ code: "engine-error" });
		expect(supervisor.state().connection.state).toBe("unreachable");
	});
});

describe("another address", () => {
	it("comes into force when the setting changes, and locality is forgotten", async () => {
		const other = await scene.another(ollama("0.24.0", ["other:latest"]));
		let at: readonly EngineAddress[] = [{ url: scene.server.url, source: "settings" }];
		const supervisor = scene.supervise({ addresses: async () => at });
		await supervisor.start();
		supervisor.setLocality("unseen");
		expect(supervisor.state().locality).toBe("unseen");
		at = [{ url: other.url, source: "settings" }];
		await supervisor.relocate();
		expect(supervisor.state()).toMatchObject({ url: other.url, version: "0.24.0", locality: "local" });
		expect(supervisor.engine().url).toBe(other.url);
		await vi.waitFor(() =>
			expect(supervisor.installed().map((model) => model.name)).toEqual(["other:latest"]),
		);
	});

	it("that is the same keeps everything", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		const before = supervisor.engine();
		await supervisor.relocate();
		expect(supervisor.engine()).toBe(before);
		expect(supervisor.rows()).toHaveLength(1);
	});
});

describe("a supervisor that was stopped", () => {
	it("asks nothing any more, and can be started again", async () => {
		const supervisor = scene.supervise();
		await supervisor.start();
		await supervisor.stop();
		const asked = scene.server.requests.length;
		await new Promise((resolve) => setTimeout(resolve, 4 * QUICK.slowMs));
		expect(scene.server.requests).toHaveLength(asked);
		await supervisor.start();
		expect(supervisor.state().connection.state).toBe("connected");
	});
});
