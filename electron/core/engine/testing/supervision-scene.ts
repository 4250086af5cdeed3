import { afterEach, beforeEach, expect, vi } from "vitest";
import type { EngineState } from "../../../../shared/engine-state.ts";
import { systemClock } from "../../clock.ts";
import type { EngineLauncher } from "../../ports.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { createEngine } from "../create-engine.ts";
import type { EngineAddress } from "../engine-address.ts";
import {
	createEngineSupervisor,
	type EngineSupervisor,
	type SupervisorOptions,
} from "../engine-supervisor.ts";
import { json, type StubHandler, type StubServer, startStubServer } from "./stub-server.ts";

/** Short intervals, so that a test on real sockets sees several rounds in a second. */
export const QUICK = {
	fastMs: 30,
	slowMs: 60,
	installedFastMs: 100,
	installedSlowMs: 200,
	firstRetryMs: 20,
	longestRetryMs: 60,
	busyAfterMs: 50,
} as const;

const ROW = {
	name: "m:latest",
	model: "m:latest",
	size: 100,
	digest: "d1",
	details: { format: "gguf", family: "llama", families: ["llama"] },
	expires_at: "2318-01-01T00:00:00Z",
	size_vram: 0,
	context_length: 4096,
};

/** A machine without Ollama. */
export const installedNowhere: EngineLauncher = { find: async () => null, start: async () => {} };

/** A machine with an Ollama that can be started. */
export const installedHere: EngineLauncher = {
	find: async () => ({ kind: "binary", path: "/usr/local/bin/ollama" }),
	start: async () => {},
};

/** An Ollama of that version with one loaded model and the given installed ones. */
export function ollama(version: string, names: readonly string[] = ["m:latest"]): StubHandler {
	return (request, response) => {
		if (request.path === "/api/version") json(response, { version });
		else if (request.path === "/api/ps") json(response, { models: [ROW] });
		else if (request.path === "/api/tags")
			json(response, { models: names.map((name) => ({ name, digest: "d1" })) });
		else if (request.path === "/api/show") json(response, { capabilities: [version], model_info: {} });
		else json(response, { error: "no" }, 404);
	};
}

/** An Ollama whose list of loaded models hangs. */
export function onlyVersion(version: string): StubHandler {
	const whole = ollama(version);
	return (request, response) => (request.path === "/api/ps" ? undefined : whole(request, response));
}

/** A server of each test and the supervisors it makes; everything is stopped after the test. */
export interface SupervisionScene {
	/** The server in force: an Ollama 0.33.0 until it is told otherwise. */
	readonly server: StubServer;
	another(handler: StubHandler): Promise<StubServer>;
	supervise(
		options?: Partial<SupervisorOptions> & { readonly at?: readonly EngineAddress[] },
	): EngineSupervisor;
}

/** Sets a scene up for every test of a file. */
export function useSupervisionScene(): SupervisionScene {
	const supervisors: EngineSupervisor[] = [];
	const servers: StubServer[] = [];
	let server: StubServer | null = null;

	async function another(handler: StubHandler): Promise<StubServer> {
		const started = await startStubServer(handler);
		servers.push(started);
		return started;
	}

	beforeEach(async () => {
		server = await another(ollama("0.33.0"));
	});

	afterEach(async () => {
		for (const supervisor of supervisors.splice(0)) await supervisor.stop();
		for (const each of servers.splice(0)) await each.stop().catch(() => {});
	});

	const scene: SupervisionScene = {
		get server() {
			if (server === null) throw new Error("there is a server only inside a test");
			return server;
		},
		another,
		supervise(options = {}) {
			const supervisor = createEngineSupervisor({
				addresses: async () => options.at ?? [{ url: scene.server.url, source: "flag" }],
				clock: systemClock,
				log: keptLog(),
				launcher: installedHere,
				ownInstance: "mine",
				timing: QUICK,
				createEngine: (wanted) => createEngine({ ...wanted, timeouts: { versionMs: 400, psMs: 600 } }),
				...options,
			});
			supervisors.push(supervisor);
			return supervisor;
		},
	};
	return scene;
}

/** Waits until a supervisor says so of its connection. */
export async function seen(
	supervisor: EngineSupervisor,
	expected: Partial<EngineState["connection"]>,
): Promise<void> {
	await vi.waitFor(() => expect(supervisor.state().connection).toMatchObject(expected), { timeout: 10_000 });
}
