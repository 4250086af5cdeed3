import { describe, expect, it } from "vitest";
import { fromGb } from "../../../shared/units.ts";
import { createFakeWorld } from "./testing/fake-world.ts";

const byApi = { requestedBy: "api" } as const;

async function worldWith(...names: readonly string[]) {
	const world = createFakeWorld();
	for (const name of names) {
		world.install(name, 2);
		world.appear(name);
	}
	await world.poll();
	await world.clock.advance(8_000);
	return world;
}

describe("unloading", () => {
	it("is proved once the process was seen to end, with the footprint measured just before", async () => {
		const world = await worldWith("a:latest");
		world.runner("a:latest").bytes = fromGb(2.5);
		const result = await world.clock.until(world.residency.unload("a", byApi));
		expect(result).toMatchObject({
			grade: "proved",
			releasedBytes: fromGb(2.5),
			because: null,
			name: "a:latest",
		});
		expect(result.durationMs).toBeLessThan(1_000);
		expect(world.observer.loaded()).toEqual([]);
		expect(world.residency.operations()).toEqual([]);
		expect(world.reasons).toEqual(new Set());
		expect(world.events.map((event) => event.message.id)).toEqual(["event.unloaded"]);
	});

	it("is proved also where its process is seen only once it is asked to leave", async () => {
		const w = createFakeWorld();
		w.install("a", 4);
		w.appear("a");
		w.misbehave.seen = false;
		await w.poll();
		expect(w.observer.loaded()).toMatchObject([{ process: null }]);
		w.misbehave.seen = true;
		const release = await w.clock.until(w.residency.unload("a", { requestedBy: "api" }));
		expect(release).toMatchObject({ grade: "proved" });
		expect(release.releasedBytes).toBeGreaterThan(0);
	});

	it("is the engine's word where no process can be seen, and then releases no bytes", async () => {
		const world = createFakeWorld();
		world.remoteEngine();
		world.install("a:latest", 2);
		world.appear("a:latest");
		await world.poll();
		await world.clock.advance(8_000);
		const result = await world.clock.until(world.residency.unload("a", byApi));
		expect(result).toMatchObject({ grade: "engine-says-so", releasedBytes: 0 });
		expect(world.events.at(-1)?.message.id).toBe("event.unloaded-unproved");
	});

	it("is not confirmed when an idle model is still listed after 10 s, and the model is called stuck", async () => {
		const world = await worldWith("a:latest");
		world.misbehave.hangOnUnload = true;
		const result = await world.clock.until(world.residency.unload("a", byApi));
		expect(result).toMatchObject({ grade: "not-confirmed", because: "still-listed", releasedBytes: 0 });
		expect(result.durationMs).toBeGreaterThanOrEqual(10_000);
		expect(result.durationMs).toBeLessThan(11_000);
		await world.poll();
		expect(world.observer.loaded()[0]?.oddity?.kind).toBe("stuck");
		expect(world.events.at(-1)).toMatchObject({ severity: "warning" });
	});

	it("is not confirmed when the list entry goes and the process stays", async () => {
		const world = await worldWith("a:latest");
		world.misbehave.processStays = true;
		const result = await world.clock.until(world.residency.unload("a", byApi));
		expect(result).toMatchObject({
			grade: "not-confirmed",
			because: "process-alive",
			releasedBytes: 0,
		});
		await world.clock.advance(2_000);
		expect(world.observer.loaded()).toEqual([]);
		expect(world.observer.strays()).toMatchObject([
			{ kind: "left-behind", model: "a:latest", footprintBytes: fromGb(2) },
		]);
		expect(world.reasons).not.toContain("loading");
		world.misbehave.processStays = false;
		world.runner("a:latest").alive = false;
		await world.clock.advance(6_000);
		expect(world.observer.strays()).toEqual([]);
	});

	it("waits for an answer as long as it takes, says so, and is proved in the end", async () => {
		const world = await worldWith("a:latest");
		world.answer("a:latest");
		await world.clock.advance(2_000);
		const unload = world.residency.unload("a", byApi);
		await world.clock.advance(120_000);
		expect(world.residency.operations()).toMatchObject([{ kind: "unload", state: "waiting-for-reply" }]);
		expect(world.observer.loaded()[0]?.state).toBe("draining");
		world.answered("a:latest");
		const result = await world.clock.until(unload, 5_000);
		expect(result).toMatchObject({ grade: "proved", releasedBytes: fromGb(2) });
		expect(result.durationMs).toBeGreaterThan(120_000);
	});

	it("answers a caller after the time it gave, and goes on in the background with an event", async () => {
		const world = await worldWith("a:latest");
		world.answer("a:latest");
		await world.clock.advance(2_000);
		const result = await world.clock.until(
			world.residency.unload("a", { ...byApi, untilDrainingMs: 10_000 }),
			10_500,
		);
		expect(result).toMatchObject({ grade: "not-confirmed", because: "draining" });
		expect(world.residency.operations()).toHaveLength(1);
		world.answered("a:latest");
		await world.clock.advance(3_000);
		expect(world.residency.operations()).toEqual([]);
		expect(world.events.at(-1)?.message.id).toBe("event.unloaded");
	});

	it("is not answered early for an idle model, whatever time the caller gave", async () => {
		const world = await worldWith("a:latest");
		world.misbehave.hangOnUnload = true;
		const result = await world.clock.until(world.residency.unload("a", { ...byApi, untilDrainingMs: 1_000 }));
		expect(result.because).toBe("still-listed");
	});

	it("is called off by keeping, which touches with the loaded context and the time that was left", async () => {
		const world = await worldWith("a:latest");
		world.answer("a:latest");
		await world.clock.advance(2_000);
		const unload = world.residency.unload("a", byApi);
		const refused = expect(unload).rejects.toMatchObject({ code: "cancelled" });
		await world.clock.advance(3_000);
		await world.clock.until(world.residency.keep("a"));
		await refused;
		expect(world.touches).toHaveLength(1);
		expect(world.touches[0]).toMatchObject({ name: "a:latest", contextLength: 4096 });
		expect(world.touches[0]?.keepAliveMs).toBeGreaterThan(280_000);
		expect(world.residency.operations()).toEqual([]);
		expect(world.observer.loaded()[0]?.state).toBe("busy");
		world.answered("a:latest");
		await world.clock.advance(20_000);
		expect(world.observer.loaded()).toMatchObject([{ state: "idle", oddity: null }]);
	});

	it("cannot be called off any more once the model has gone: a touch would load it again", async () => {
		const world = await worldWith("a:latest");
		const runner = world.runner("a:latest");
		runner.alive = false;
		runner.listed = false;
		await expect(world.clock.until(world.residency.keep("a"))).rejects.toMatchObject({
			code: "model-not-loaded",
		});
		expect(world.touches).toEqual([]);
	});

	it("is called off by cancelling the row that waits for the reply", async () => {
		const world = await worldWith("a:latest");
		world.answer("a:latest");
		await world.clock.advance(2_000);
		const refused = expect(world.residency.unload("a", byApi)).rejects.toMatchObject({
			code: "cancelled",
		});
		await world.clock.advance(3_000);
		const [row] = world.residency.operations();
		await world.clock.until(world.residency.cancel(row?.id ?? ""));
		await refused;
		expect(world.runners()).toHaveLength(1);
	});

	it("ends when a request of another program calls it off", async () => {
		const world = await worldWith("a:latest");
		world.answer("a:latest");
		await world.clock.advance(2_000);
		const unload = world.residency.unload("a", byApi);
		await world.clock.advance(3_000);
		const runner = world.runner("a:latest");
		runner.leaving = false;
		world.answered("a:latest");
		expect(await world.clock.until(unload, 5_000)).toMatchObject({
			grade: "not-confirmed",
			because: "still-listed",
		});
		expect(world.observer.loaded()[0]?.state).not.toBe("draining");
	});

	it("joins a release that runs already: the engine is asked once and both get the same", async () => {
		const world = await worldWith("a:latest");
		const [first, second] = await world.clock.until(
			Promise.all([world.residency.unload("a", byApi), world.residency.unload("A:latest", byApi)]),
		);
		expect(second).toEqual(first);
		expect(world.events).toHaveLength(1);
	});

	it("names a ghost: its name is gone from disk, so it cannot be unloaded by name", async () => {
		const world = await worldWith("a:latest", "b:latest");
		world.installed = world.installed.filter((model) => model.name !== "a:latest");
		await world.poll();
		expect(world.observer.loaded().find((model) => model.name === "a:latest")?.oddity).toEqual({
			kind: "ghost",
			because: "deleted",
		});
		const result = await world.clock.until(world.residency.unload("a", byApi));
		expect(result).toMatchObject({ grade: "not-confirmed", because: "ghost" });
	});

	it("cleans the row of a runner that has died, which gives nothing back any more", async () => {
		const world = await worldWith("a:latest");
		world.runner("a:latest").alive = false;
		await world.clock.advance(5_000);
		expect(world.observer.loaded()).toMatchObject([
			{ oddity: { kind: "dead-runner" }, footprintBytes: 0, heldBytes: 0, process: null },
		]);
		const result = await world.clock.until(world.residency.unload("a", byApi));
		expect(result).toMatchObject({ grade: "proved", releasedBytes: 0 });
		expect(world.observer.loaded()).toEqual([]);
	});

	it("unloads a model under another name of the same weights", async () => {
		const world = await worldWith("a:latest");
		const blob = world.runner("a:latest").blob;
		world.install("alias:latest", 2, { blob });
		const result = await world.clock.until(world.residency.unload("alias", byApi));
		expect(result).toMatchObject({ grade: "proved", name: "a:latest" });
	});

	it("refuses what is not loaded and what is not there at all", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 2);
		await expect(world.clock.until(world.residency.unload("a", byApi))).rejects.toMatchObject({
			code: "model-not-loaded",
		});
		await expect(world.clock.until(world.residency.unload("x", byApi))).rejects.toMatchObject({
			code: "model-not-found",
		});
	});

	it("ends not confirmed when the engine dies and its runner lives on", async () => {
		const world = await worldWith("a:latest");
		world.misbehave.hangOnUnload = true;
		const unload = world.residency.unload("a", byApi);
		await world.clock.advance(1_000);
		world.engineDies();
		expect(await world.clock.until(unload, 5_000)).toMatchObject({
			grade: "not-confirmed",
			because: "engine-unreachable",
			releasedBytes: 0,
		});
		await world.clock.advance(2_000);
		expect(world.observer.loaded()).toEqual([]);
		expect(world.observer.strays()).toMatchObject([
			{ kind: "orphan", model: "a:latest", program: "llama-server" },
		]);
	});

	it("is proved all the same when the engine takes its runner with it", async () => {
		const world = await worldWith("a:latest");
		world.misbehave.hangOnUnload = true;
		const unload = world.residency.unload("a", byApi);
		await world.clock.advance(1_000);
		const runner = world.runner("a:latest");
		world.engineDies();
		runner.alive = false;
		expect(await world.clock.until(unload, 5_000)).toMatchObject({
			grade: "proved",
			releasedBytes: fromGb(2),
		});
	});

	it("is confirmed by the process although the engine's list hangs for a while", async () => {
		const world = await worldWith("a:latest");
		const unload = world.residency.unload("a", byApi);
		await world.clock.advance(60);
		world.misbehave.listHangs = true;
		await world.clock.advance(3_000);
		world.misbehave.listHangs = false;
		expect(await world.clock.until(unload, 6_000)).toMatchObject({ grade: "proved" });
	});
});

describe("pinning", () => {
	it("touches for ever, shows at once, and lets go again", async () => {
		const world = await worldWith("a:latest");
		await world.clock.until(world.residency.pin("a", true));
		expect(world.touches.at(-1)).toMatchObject({ keepAliveMs: -1, contextLength: 4096 });
		expect(world.observer.loaded()).toMatchObject([{ pinned: true, expiresAt: null }]);
		await world.clock.until(world.residency.pin("a", false));
		expect(world.observer.loaded()[0]?.pinned).toBe(false);
		expect(world.observer.loaded()[0]?.expiresAt).not.toBeNull();
	});

	it("is held against keep-alives of other clients and at a new load, until it is taken off", async () => {
		const world = await worldWith("a:latest");
		await world.clock.until(world.residency.pin("a", true));
		world.runner("a:latest").expiresAt = world.clock.now() + 60_000;
		await world.clock.advance(10_000);
		expect(world.touches).toHaveLength(2);
		expect(world.runner("a:latest").expiresAt).toBeNull();
		await world.clock.until(world.residency.unload("a", byApi));
		await world.clock.until(world.residency.load({ model: "a" }, "api"));
		expect(world.engineLoads.at(-1)?.keepAliveMs).toBe(-1);
		await world.clock.until(world.residency.pin("a", false));
		await world.clock.advance(20_000);
		expect(world.touches.at(-1)?.keepAliveMs).toBeGreaterThan(0);
	});
});
