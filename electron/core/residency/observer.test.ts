import { describe, expect, it } from "vitest";
import { createColourSlots, SLOT_REST_MS } from "./colour-slots.ts";
import { activityState, IDLE_AFTER_MS, NO_ACTIVITY, nextActivity } from "./model-activity.ts";
import { createFakeWorld } from "./testing/fake-world.ts";

describe("activity", () => {
	const look = { inFlight: false, processActive: false, pastExpiry: false } as const;

	it("is unknown until a model was seen quiet for long enough, then idle", () => {
		let activity = nextActivity(NO_ACTIVITY, { ...look, at: 1_000, processActive: null });
		expect(activityState(activity, 60_000)).toBe("unknown");
		activity = nextActivity(activity, { ...look, at: 2_000 });
		expect(activityState(activity, 2_000 + IDLE_AFTER_MS - 1)).toBe("unknown");
		expect(activityState(activity, 2_000 + IDLE_AFTER_MS)).toBe("idle");
	});

	it.each([
		["a request is under way", { inFlight: true }],
		["its process works", { processActive: true }],
		["it is listed past its expiry", { pastExpiry: true }],
	])("is busy when %s, and idle only 5 s after that", (_why, work) => {
		let activity = nextActivity(NO_ACTIVITY, { ...look, at: 1_000, ...work });
		expect(activityState(activity, 1_000)).toBe("busy");
		activity = nextActivity(activity, { ...look, at: 2_000 });
		expect(activityState(activity, 1_000 + IDLE_AFTER_MS - 1)).toBe("busy");
		expect(activityState(activity, 1_000 + IDLE_AFTER_MS)).toBe("idle");
	});

	it("falls back to unknown when the process can no longer be read", () => {
		let activity = nextActivity(NO_ACTIVITY, { ...look, at: 1_000, processActive: true });
		activity = nextActivity(activity, { ...look, at: 2_000, processActive: null });
		expect(activityState(activity, 10_000)).toBe("unknown");
	});
});

describe("colour slots", () => {
	it("are kept while loaded, eight in all, and rest a minute before another model gets one", () => {
		const slots = createColourSlots();
		for (let nth = 1; nth <= 8; nth += 1) expect(slots.assign(`m${nth}`, 0)).toBe(nth);
		expect(slots.assign("m9", 0)).toBeNull();
		slots.retain(new Set(["m1", "m2", "m4", "m5", "m6", "m7", "m8"]), 1_000);
		expect(slots.assign("m9", 1_000 + SLOT_REST_MS - 1)).toBeNull();
		expect(slots.assign("m9", 1_000 + SLOT_REST_MS)).toBe(3);
		expect(slots.assign("m1", 1_000)).toBe(1);
	});

	it("go back at once to the model that had them", () => {
		const slots = createColourSlots();
		slots.assign("a", 0);
		slots.assign("b", 0);
		slots.retain(new Set(["b"]), 1_000);
		expect(slots.assign("c", 2_000)).toBe(3);
		expect(slots.assign("a", 2_000)).toBe(1);
	});
});

describe("observer", () => {
	it("shows a model with its process, footprint and state, and says when it came and went", async () => {
		const world = createFakeWorld();
		const model = world.install("a:latest", 4);
		await world.poll();
		const runner = world.appear("a:latest");
		await world.poll();
		expect(world.observer.loaded()).toMatchObject([
			{
				key: model.key,
				state: "unknown",
				footprintBytes: model.sizeBytes,
				footprintSource: "measured",
				heldBytes: model.sizeBytes,
				process: { pid: runner.process.pid },
				oddity: null,
				own: false,
				pinned: false,
			},
		]);
		await world.clock.advance(10_000);
		expect(world.observer.loaded()[0]).toMatchObject({ state: "idle" });
		runner.alive = false;
		runner.listed = false;
		await world.poll();
		expect(world.observer.loaded()).toEqual([]);
		expect(world.events.map((event) => event.message.id)).toEqual([
			"event.loaded-elsewhere",
			"event.unloaded-elsewhere",
		]);
	});

	it("says that a model left by itself when its keep-alive was over", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		const runner = world.appear("a:latest", { keepAliveMs: 20_000 });
		await world.poll();
		await world.clock.advance(20_000);
		runner.alive = false;
		runner.listed = false;
		await world.poll();
		expect(world.events.map((event) => event.message.id)).toEqual(["event.expired"]);
	});

	it("counts a request of ours as work from its first moment to its last", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.appear("a:latest");
		await world.poll();
		await world.clock.advance(10_000);
		const release = world.observer.inFlight("A");
		expect(world.observer.loaded()[0]?.state).toBe("busy");
		await world.clock.advance(60_000);
		expect(world.observer.loaded()[0]?.state).toBe("busy");
		release();
		release();
		expect(world.observer.loaded()[0]?.state).toBe("busy");
		await world.clock.advance(10_000);
		expect(world.observer.loaded()[0]?.state).toBe("idle");
	});

	it("tells of the first and the last of several requests at once, not of each", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.appear("a:latest");
		await world.poll();
		await world.clock.advance(10_000);
		const shown: string[] = [];
		world.observer.onChange(() => shown.push(world.observer.loaded()[0]?.state ?? "none"));
		const ends = [1, 2, 3].map(() => world.observer.inFlight("a"));
		expect(shown).toEqual(["busy"]);
		for (const end of ends.slice(1)) end();
		await world.clock.advance(60_000);
		expect(world.observer.loaded()[0]?.state).toBe("busy");
		ends[0]?.();
		await world.clock.advance(10_000);
		expect(world.observer.loaded()[0]?.state).toBe("idle");
	});

	it("counts a request under another name of the same weights", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		const { blob } = world.appear("a:latest");
		world.install("alias:latest", 4, { blob });
		await world.poll();
		await world.clock.advance(10_000);
		world.observer.inFlight("alias");
		await world.clock.advance(5_000);
		expect(world.observer.loaded()).toMatchObject([{ name: "a:latest", state: "busy" }]);
	});

	it("takes the engine's word for what cannot be seen, and never calls it idle", async () => {
		const world = createFakeWorld();
		world.remoteEngine();
		const model = world.install("a:latest", 4);
		world.appear("a:latest");
		await world.poll();
		await world.clock.advance(30_000);
		expect(world.observer.engineSeen()).toBe(false);
		expect(world.observer.loaded()).toMatchObject([
			{
				state: "unknown",
				footprintSource: "reported",
				footprintBytes: model.sizeBytes,
				heldBytes: null,
				process: null,
				oddity: null,
			},
		]);
	});

	it("shows a load by somebody else from its runner, and carries it over once it is listed", async () => {
		const world = createFakeWorld();
		const model = world.install("a:latest", 4);
		await world.poll();
		const runner = world.appear("a:latest");
		runner.listed = false;
		await world.clock.advance(5_000);
		expect(world.observer.loaded()).toMatchObject([{ key: model.key, state: "loading", slot: 1 }]);
		expect(world.reasons).toContain("loading");
		expect(world.pace).toBe("fast");
		runner.listed = true;
		await world.poll();
		expect(world.observer.loaded()).toMatchObject([
			{ key: model.key, slot: 1, process: { pid: runner.process.pid } },
		]);
		expect(world.reasons).not.toContain("loading");
		expect(world.pace).toBe("slow");
	});

	it("names a model that means something else on disk by now", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.appear("a:latest");
		await world.poll();
		world.installed = world.installed.map((model) => ({ ...model, digest: "another" }));
		await world.poll();
		expect(world.observer.loaded()[0]?.oddity).toEqual({ kind: "ghost", because: "re-tagged" });
	});

	it("calls a runner dead that was never seen although its engine is", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.appear("a:latest").alive = false;
		await world.poll();
		expect(world.observer.loaded()[0]?.oddity).toBeNull();
		await world.clock.advance(10_000);
		expect(world.observer.loaded()[0]?.oddity).toEqual({ kind: "dead-runner" });
	});

	it("calls no runner dead of an engine at an unusual address before one of its runners was seen", async () => {
		const world = createFakeWorld();
		world.listensAt("http://127.0.0.1:22434");
		world.install("a:latest", 4);
		world.install("b:latest", 4);
		world.appear("a:latest").alive = false;
		await world.clock.advance(10_000);
		expect(world.observer.loaded()).toMatchObject([{ oddity: null, footprintSource: "reported" }]);
		world.appear("b:latest");
		await world.clock.advance(10_000);
		expect(world.observer.loaded().map(({ oddity }) => oddity)).toEqual([{ kind: "dead-runner" }, null]);
	});

	it("records nothing for models that it finds at the start or loses with the engine", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.appear("a:latest");
		await world.poll();
		world.engineDies();
		await world.clock.advance(5_000);
		expect(world.observer.loaded()).toEqual([]);
		world.engineReturns();
		await world.clock.advance(10_000);
		expect(world.observer.loaded()).toEqual([]);
		expect(world.observer.strays()).toHaveLength(1);
		expect(world.events).toEqual([]);
	});
});
