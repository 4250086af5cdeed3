import { describe, expect, it, type TestContext, vi } from "vitest";
import { type DemoCore, type DemoCoreOptions, startDemoCore } from "../watchdog/testing/demo-core.ts";

async function start(finished: TestContext["onTestFinished"], options?: DemoCoreOptions): Promise<DemoCore> {
	const core = await startDemoCore({ engine: { machineGb: 32 }, ...options });
	finished(() => core.close());
	return core;
}

const LATER = { timeout: 40_000, interval: 50 };
const listed = async (core: DemoCore): Promise<readonly string[]> => {
	const answer = (await (await fetch(`${core.engineUrl}/api/ps`)).json()) as { models: { name: string }[] };
	return answer.models.map(({ name }) => name);
};
const load = (core: DemoCore, model: string) =>
	core.plimsoll.core.handlers.load({ model, force: false, keepAliveMs: -1 });
const checked = (core: DemoCore) =>
	vi.waitFor(() => {
		const { health } = core.state();
		if (health === null || !health.checks.some(({ name }) => name === "leftovers"))
			throw new Error("not yet");
		return health;
	}, LATER);

describe.concurrent("after the start", () => {
	it("what Plimsoll itself had left loaded goes once it is idle; what others loaded stays", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished);
		await load(core, "gemma3:1b");
		await (await core.bypass("/api/generate", { model: "granite3.2-vision:2b" })).text();
		await core.restart();
		const health = await checked(core);
		expect(health.checks.find(({ name }) => name === "leftovers")?.message).toMatchObject({
			id: "health.leftovers-done",
			params: { count: 1 },
		});
		expect(await listed(core)).toEqual(["granite3.2-vision:2b"]);
		expect(core.events()).toContain("event.leftovers");
	}, 120_000);

	it("everything goes where that is set, but neither what is pinned nor what somebody uses", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, {
			engine: { machineGb: 32, tokensPerSecond: 1 },
			settings: { residency: { atStart: "all", pinned: ["gemma3:1b"] } },
		});
		await load(core, "gemma3:1b");
		await (await core.bypass("/api/generate", { model: "granite3.2-vision:2b" })).text();
		const answer = await core.bypass("/api/generate", { model: "mistral:latest", prompt: "A long story" });
		await core.restart();
		await checked(core);
		expect([...(await listed(core))].sort()).toEqual(["gemma3:1b", "mistral:latest"]);
		await answer.body?.cancel();
	}, 120_000);

	it("says in GET /health what was found, and a failure is told without stopping anything", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, { settings: { residency: { atStart: "off" } } });
		const health = await checked(core);
		expect(health.good).toBe(true);
		expect(core.events()).toContain("event.health-good");
		const answer = (await (await fetch(`${core.gatewayUrl}/health`)).json()) as {
			checks: { name: string; good: boolean; detail: string }[];
			watchdog: string;
		};
		expect(answer.watchdog).toBe("watching");
		expect(answer.checks.map(({ name, good }) => [name, good])).toEqual([
			["engine", true],
			["memory", true],
			["settings", true],
			["leftovers", true],
		]);
		expect(answer.checks[3]?.detail).toBe("Models left from earlier stay.");
	}, 120_000);
});

describe.concurrent("a pin", () => {
	it("survives a restart: a model of that name is kept for ever whoever loads it", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, { settings: { residency: { pinned: ["gemma3:1b"] } } });
		await (await core.bypass("/api/generate", { model: "gemma3:1b", keep_alive: "5m" })).text();
		await vi.waitFor(() => expect(core.state().loaded[0]?.pinned).toBe(true), LATER);
		expect(core.state().loaded[0]?.expiresAt).toBeNull();
	}, 120_000);
});
