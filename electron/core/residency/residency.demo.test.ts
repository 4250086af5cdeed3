import { describe, expect, it, type TestContext, vi } from "vitest";
import { fromGb } from "../../../shared/units.ts";
import { createDemoWorld, type DemoWorld, type DemoWorldOptions, lives } from "./testing/demo-world.ts";

async function start(
	finished: TestContext["onTestFinished"],
	options?: DemoWorldOptions,
): Promise<DemoWorld> {
	const world = await createDemoWorld(options);
	finished(() => world.close());
	return world;
}

const byApi = { requestedBy: "api" } as const;
const SMALL = ["gemma3:1b", "llama3.2:3b", "granite3.2-vision:2b"] as const;
const WAIT = { timeout: 15_000, interval: 50 };

/** Begins an answer of some seconds behind Plimsoll's back; resolves with its end once its runner works. */
async function answering(world: DemoWorld, model: string): Promise<{ readonly end: Promise<unknown> }> {
	const response = await world.post("/api/generate", { model, prompt: "Write a long story about the sea." });
	const end = response.text();
	await vi.waitFor(
		() => expect(world.observer.loaded().find(({ name }) => name === model)?.state).toBe("busy"),
		WAIT,
	);
	return { end };
}

/** Waits until the engine lists a model that it has not finished loading. */
async function listedWhileLoading(world: DemoWorld, model: string): Promise<void> {
	await vi.waitFor(async () => {
		const { models } = (await (await fetch(`${world.url}/api/ps`)).json()) as {
			readonly models: readonly { readonly name: string }[];
		};
		expect(models.map(({ name }) => name)).toContain(model);
	}, WAIT);
	await world.observer.lookNow();
	expect(world.observer.loaded()).toMatchObject([{ name: model, state: "loading", own: true }]);
}

describe.concurrent.each(["0.24", "0.33", "0.40"] as const)("with an engine of flavour %s", (flavour) => {
	it("three loaded models are shown as large as their processes, and a flush proves that all three went", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished, { flavour, scale: 1 / 16 });
		for (const model of SMALL) await world.residency.load({ model }, "api");
		await world.idle();
		const loaded = world.observer.loaded();
		const held = await world.runnerBytes();
		const shown = loaded.reduce((sum, model) => sum + model.footprintBytes, 0);
		expect(loaded.map((model) => model.footprintSource)).toEqual(Array(3).fill("simulated"));
		expect(Math.abs(shown - held)).toBeLessThan(Math.max(held / 100, 100 * 1024 ** 2));
		const pids = await world.runnerPids();
		expect(pids).toHaveLength(3);

		const result = await world.residency.flush("api");
		expect(pids.filter(lives)).toEqual([]);
		expect(result.releases.map((release) => release.grade)).toEqual(["proved", "proved", "proved"]);
		expect(result.releasedBytes).toBe(
			result.releases.reduce((sum, release) => sum + release.releasedBytes, 0),
		);
		expect(Math.abs(result.releasedBytes - held)).toBeLessThan(Math.max(held / 100, 100 * 1024 ** 2));
		expect(result.durationMs).toBeLessThan(30_000);
		expect(result.putBack).toHaveLength(3);
		expect(world.observer.loaded()).toEqual([]);
	}, 60_000);
});

describe.concurrent("with a demo engine in a process of its own", () => {
	it("unloading a busy model drains and can be called off", async ({ onTestFinished }) => {
		const world = await start(onTestFinished, { tokensPerSecond: 10 });
		await world.residency.load({ model: "gemma3:1b" }, "api");
		await world.idle();
		const { end } = await answering(world, "gemma3:1b");
		const early = await world.residency.unload("gemma3:1b", { ...byApi, untilDrainingMs: 1_000 });
		expect(early).toMatchObject({ grade: "not-confirmed", because: "draining" });
		expect(world.observer.loaded()).toMatchObject([{ state: "draining" }]);
		await world.residency.keep("gemma3:1b");
		await end;
		await world.idle();
		expect(world.observer.loaded()).toMatchObject([{ name: "gemma3:1b", oddity: null }]);
		expect(world.observer.loaded()[0]?.expiresAt).toBeGreaterThan(Date.now());
	}, 60_000);

	it("a model that answers leaves when its answer has ended, and that is proved", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished);
		await world.residency.load({ model: "gemma3:1b" }, "api");
		await world.idle();
		const [pid] = await world.runnerPids();
		const { end } = await answering(world, "gemma3:1b");
		const unload = world.residency.unload("gemma3:1b", byApi);
		await vi.waitFor(
			() => expect(world.residency.operations()).toMatchObject([{ state: "waiting-for-reply" }]),
			WAIT,
		);
		await end;
		expect(await unload).toMatchObject({ grade: "proved", because: null });
		expect(lives(pid ?? 0)).toBe(false);
	}, 60_000);

	it("a model that hangs on unload is not confirmed and called stuck", async ({ onTestFinished }) => {
		const world = await start(onTestFinished);
		await world.residency.load({ model: "gemma3:1b" }, "api");
		await world.control({ misbehave: { model: "gemma3:1b", what: "hang-unload" } });
		await world.idle();
		expect(await world.residency.unload("gemma3:1b", byApi)).toMatchObject({
			grade: "not-confirmed",
			because: "still-listed",
			releasedBytes: 0,
		});
		expect(await world.runnerPids()).toHaveLength(1);
		await vi.waitFor(() => expect(world.observer.loaded()[0]?.oddity).toMatchObject({ kind: "stuck" }), WAIT);
	}, 60_000);

	it("a runner that stays after its row went is not confirmed either", async ({ onTestFinished }) => {
		const world = await start(onTestFinished);
		await world.residency.load({ model: "gemma3:1b" }, "api");
		await world.control({ misbehave: { model: "gemma3:1b", what: "keep-memory" } });
		await world.idle();
		expect(await world.residency.unload("gemma3:1b", byApi)).toMatchObject({
			grade: "not-confirmed",
			because: "process-alive",
			releasedBytes: 0,
		});
	}, 60_000);

	it("ghost, dead runner and orphan are reported as such", async ({ onTestFinished }) => {
		const world = await start(onTestFinished, {
			models: [
				{ name: "ghost:1b", base: "gemma3:1b", misbehave: { ghost: true } },
				{ name: "dies:3b", base: "llama3.2:3b", misbehave: { "dead-runner": 1 } },
			],
		});
		await world.post("/api/generate", { model: "ghost:1b", keep_alive: "5m" });
		await world.post("/api/generate", { model: "dies:3b", keep_alive: "5m" });
		await world.control({ orphan: { model: "granite3.2-vision:2b" } });
		const oddity = (name: string) => world.observer.loaded().find((model) => model.name === name)?.oddity;
		await vi.waitFor(() => {
			expect(oddity("ghost:1b")).toEqual({ kind: "ghost", because: "deleted" });
			expect(oddity("dies:3b")).toEqual({ kind: "dead-runner" });
			expect(world.observer.strays()).toContainEqual(
				expect.objectContaining({
					kind: "orphan",
					model: "granite3.2-vision:2b",
					program: "llama-server",
				}),
			);
		}, WAIT);
		expect(await world.residency.unload("ghost:1b", byApi)).toMatchObject({
			grade: "not-confirmed",
			because: "ghost",
		});
		expect(await world.residency.unload("dies:3b", byApi)).toMatchObject({
			grade: "proved",
			releasedBytes: 0,
		});
		await vi.waitFor(
			() => expect(world.observer.loaded().map((model) => model.name)).toEqual(["ghost:1b"]),
			WAIT,
		);
	}, 60_000);

	it("a cancelled load leaves no runner behind", async ({ onTestFinished }) => {
		const world = await start(onTestFinished, { loadGbPerSecond: 0.5 });
		const load = world.residency.load({ model: "llama3.2:3b" }, "api");
		const told = expect(load).rejects.toMatchObject({ code: "cancelled" });
		await vi.waitFor(
			() =>
				expect(world.observer.loaded()).toMatchObject([{ name: "llama3.2:3b", state: "loading", own: true }]),
			WAIT,
		);
		const pid = world.observer.loaded()[0]?.process?.pid ?? 0;
		expect(lives(pid)).toBe(true);
		await world.residency.cancel(world.residency.operations()[0]?.id ?? "");
		await told;
		expect(lives(pid)).toBe(false);
		expect(world.residency.operations()).toEqual([]);
	}, 60_000);

	it("a model that 0.24 lists half-way through its load is cancelled by an unload, and no flush takes it for loaded", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished, { flavour: "0.24", loadGbPerSecond: 0.1 });
		const load = world.residency.load({ model: "gemma3:1b" }, "api");
		const told = expect(load).rejects.toMatchObject({ code: "cancelled" });
		await listedWhileLoading(world, "gemma3:1b");
		expect((await world.residency.flush("api")).releases).toEqual([]);
		expect(await world.residency.unload("gemma3:1b", byApi)).toMatchObject({ because: "load-cancelled" });
		await told;
		expect(await world.runnerPids()).toEqual([]);
		expect(world.residency.operations()).toEqual([]);
		expect(world.events.filter(({ kind }) => kind === "loaded")).toEqual([]);
	}, 60_000);

	it("a request's load that 0.24 lists half-way keeps its turn and its row until it is done, and is told then", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished, { flavour: "0.24", loadGbPerSecond: 0.1 });
		const admit = (model: string) =>
			world.residency.admission.admit({ model, requestedBy: "gateway", force: false });
		const ticket = await admit("gemma3:1b");
		if (ticket.kind !== "ticket") throw new Error(ticket.kind);
		const answer = world.post("/api/generate", { model: "gemma3:1b" });
		await listedWhileLoading(world, "gemma3:1b");
		expect(world.residency.operations()).toMatchObject([{ kind: "load", state: "running" }]);
		expect(world.events).toEqual([]);
		const second = await admit("llama3.2:3b");
		if (second.kind !== "wait") throw new Error(second.kind);
		await answer;
		ticket.release();
		const turn = await second.ready;
		expect(turn).toMatchObject({ basis: "load" });
		turn.release();
		await vi.waitFor(() => expect(world.residency.operations()).toEqual([]), WAIT);
		expect(world.observer.loaded()).toMatchObject([{ own: true }]);
		await vi.waitFor(() => {
			expect(world.events.map(({ message }) => message.id)).toEqual(["event.loaded"]);
		}, WAIT);
		expect(world.events[0]?.message.params.footprintBytes).toBeGreaterThan(
			0.99 * (await world.runnerBytes()),
		);
	}, 60_000);

	it("what a request loads is told as loaded here, once, also where the request ends before it is listed", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished, { loadGbPerSecond: 1 });
		const ticket = await world.residency.admission.admit({
			model: "gemma3:1b",
			requestedBy: "gateway",
			force: false,
		});
		if (ticket.kind !== "ticket") throw new Error(ticket.kind);
		await world.post("/api/generate", { model: "gemma3:1b" });
		ticket.release();
		await vi.waitFor(() => expect(world.events).toHaveLength(1), WAIT);
		expect(world.events).toMatchObject([{ kind: "loaded", message: { id: "event.loaded" } }]);
		expect(world.events[0]?.message.params.footprintBytes).toBeGreaterThan(
			0.99 * (await world.runnerBytes()),
		);
		expect(world.observer.loaded()).toMatchObject([{ name: "gemma3:1b", own: true }]);
		expect(world.residency.operations()).toEqual([]);
	}, 60_000);

	it("the same model loaded by two clients starts one runner, and two flushes at once are one", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished);
		const [one, two] = await Promise.all([
			world.residency.load({ model: "gemma3:1b" }, "api"),
			world.residency.load({ model: "GEMMA3:1b" }, "popover"),
		]);
		expect(one.key).toBe(two.key);
		expect(await world.runnerPids()).toHaveLength(1);
		const [first, second] = await Promise.all([
			world.residency.flush("api"),
			world.residency.flush("popover"),
		]);
		expect(first.id).toBe(second.id);
		expect(first.releases).toHaveLength(1);
	}, 60_000);

	it("what was flushed is put back with the context it had", async ({ onTestFinished }) => {
		const world = await start(onTestFinished);
		await world.residency.load({ model: "gemma3:1b", contextLength: 2048 }, "api");
		await world.residency.flush("api");
		const [back] = await world.residency.putBack("popover");
		expect(back).toMatchObject({ name: "gemma3:1b", contextLength: 2048, already: false });
	}, 60_000);

	it("a model larger than what is available is refused with the figures", async ({ onTestFinished }) => {
		const world = await start(onTestFinished, { machineGb: 12 });
		await expect(world.residency.load({ model: "deepcoder" }, "api")).rejects.toMatchObject({
			code: "memory-too-low",
			params: { availableBytes: fromGb(6) },
		});
		expect(await world.runnerPids()).toEqual([]);
	}, 60_000);

	it("an engine that is killed ends a load and an unload clearly, and its runner is named an orphan", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished, { loadGbPerSecond: 0.5 });
		await world.post("/api/generate", { model: "gemma3:1b", keep_alive: "5m" });
		await world.idle();
		const [pid] = await world.runnerPids();
		await world.control({ misbehave: { model: "gemma3:1b", what: "hang-unload" } });
		const unload = world.residency.unload("gemma3:1b", byApi);
		const load = world.residency.load({ model: "llama3.2:3b" }, "api");
		const told = expect(load).rejects.toMatchObject({ code: "engine-unreachable" });
		await vi.waitFor(() => expect(world.observer.loaded()).toHaveLength(2), WAIT);
		await world.killEngine();
		await told;
		expect(await unload).toMatchObject({
			grade: "not-confirmed",
			because: "engine-unreachable",
			releasedBytes: 0,
		});
		await vi.waitFor(() => expect(world.residency.operations()).toEqual([]), WAIT);
		expect(world.observer.loaded()).toEqual([]);
		await vi.waitFor(
			() =>
				expect(world.observer.strays()).toContainEqual(
					expect.objectContaining({ pid, kind: "orphan", model: "gemma3:1b" }),
				),
			WAIT,
		);
	}, 60_000);
});
