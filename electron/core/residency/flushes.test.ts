import { describe, expect, it } from "vitest";
import { fromGb } from "../../../shared/units.ts";
import { createFakeWorld } from "./testing/fake-world.ts";

async function worldWith(...names: readonly string[]) {
	const world = createFakeWorld();
	for (const name of names) {
		world.install(name, 2);
		world.appear(name, { contextLength: 8192, keepAliveMs: 600_000 });
	}
	await world.poll();
	await world.clock.advance(8_000);
	return world;
}

describe("flush", () => {
	it("unloads everything at once, each proved, and the figures add up", async () => {
		const world = await worldWith("a:latest", "b:latest", "c:latest");
		const result = await world.clock.until(world.residency.flush("popover"));
		expect(world.runners()).toEqual([]);
		expect(result.releases.map((release) => release.grade)).toEqual(["proved", "proved", "proved"]);
		expect(result.releasedBytes).toBe(fromGb(6));
		expect(result.durationMs).toBeLessThan(1_000);
		expect(result.before).not.toBeNull();
		expect(world.residency.lastFlush()).toEqual(result);
		expect(world.residency.operations()).toEqual([]);
		expect(world.events.at(-1)?.message).toMatchObject({
			id: "event.flushed",
			params: { count: 3, releasedBytes: fromGb(6) },
		});
	});

	it("asked for twice is one flush with one result", async () => {
		const world = await worldWith("a:latest");
		const [one, two] = await world.clock.until(
			Promise.all([world.residency.flush("popover"), world.residency.flush("api")]),
		);
		expect(two.id).toBe(one.id);
		expect(world.events.filter((event) => event.kind === "flush")).toHaveLength(1);
	});

	it("with nothing loaded is a success without models", async () => {
		const world = createFakeWorld();
		const result = await world.clock.until(world.residency.flush("api"));
		expect(result).toMatchObject({ releases: [], releasedBytes: 0, putBack: [] });
		expect(world.events).toEqual([]);
	});

	it("tells no bytes where no process could be seen", async () => {
		const world = createFakeWorld();
		world.remoteEngine();
		world.install("a:latest", 2);
		world.appear("a:latest");
		await world.poll();
		await world.clock.advance(8_000);
		await world.clock.until(world.residency.flush("api"));
		expect(world.events.at(-1)?.message).toMatchObject({ id: "event.flush-said", params: { count: 1 } });
	});

	it("ends after 30 s with a model still answering, which leaves later with its own event", async () => {
		const world = await worldWith("a:latest", "b:latest");
		world.answer("b:latest");
		await world.clock.advance(2_000);
		const result = await world.clock.until(world.residency.flush("api"), 31_000);
		expect(result.releases).toMatchObject([
			{ name: "a:latest", grade: "proved" },
			{ name: "b:latest", grade: "not-confirmed", because: "draining" },
		]);
		expect(result.durationMs).toBeGreaterThanOrEqual(30_000);
		expect(result.releasedBytes).toBe(fromGb(2));
		expect(result.putBack.map((recipe) => recipe.name)).toEqual(["a:latest"]);
		expect(world.residency.operations()).toMatchObject([{ kind: "unload", state: "waiting-for-reply" }]);
		world.answered("b:latest");
		await world.clock.advance(3_000);
		expect(world.residency.operations()).toEqual([]);
		expect(world.events.at(-1)?.message.id).toBe("event.unloaded");
		expect(world.residency.lastFlush()?.releasedBytes).toBe(fromGb(4));
		expect(world.residency.lastFlush()?.putBack.map((recipe) => recipe.name)).toEqual([
			"a:latest",
			"b:latest",
		]);
	});

	it("reports what hangs beside what went", async () => {
		const world = await worldWith("a:latest");
		world.misbehave.hangOnUnload = true;
		const result = await world.clock.until(world.residency.flush("api"));
		expect(result.releases).toMatchObject([{ grade: "not-confirmed", because: "still-listed" }]);
		expect(result.putBack).toEqual([]);
		expect(world.events.at(-1)?.message).toMatchObject({
			id: "event.flush-incomplete",
			params: { count: 0, total: 1 },
		});
	});

	it("that waits for a reply is called off by cancelling it", async () => {
		const world = await worldWith("a:latest");
		world.answer("a:latest");
		await world.clock.advance(2_000);
		const flush = world.residency.flush("popover");
		await world.clock.advance(3_000);
		const row = world.residency.operations().find((operation) => operation.kind === "flush");
		await world.clock.until(world.residency.cancel(row?.id ?? ""));
		expect((await world.clock.until(flush)).releases).toMatchObject([{ grade: "not-confirmed" }]);
		expect(world.touches).toHaveLength(1);
		expect(world.runners()).toHaveLength(1);
	});

	it("ends when the engine dies in the middle", async () => {
		const world = await worldWith("a:latest", "b:latest");
		world.misbehave.hangOnUnload = true;
		const flush = world.residency.flush("popover");
		await world.clock.advance(500);
		world.engineDies();
		const result = await world.clock.until(flush, 5_000);
		expect(result.releases.map((release) => release.because)).toEqual([
			"engine-unreachable",
			"engine-unreachable",
		]);
	});
});

describe("putting back", () => {
	it("loads with the context and the keep-alive they had, in order, and leaves nothing to tell", async () => {
		const world = await worldWith("a:latest", "b:latest");
		await world.clock.until(world.residency.flush("popover"));
		const results = await world.clock.until(world.residency.putBack("popover"));
		expect(results.map((result) => result.name)).toEqual(["a:latest", "b:latest"]);
		expect(world.engineLoads).toMatchObject([
			{ name: "a:latest", contextLength: 8192 },
			{ name: "b:latest", contextLength: 8192 },
		]);
		expect(world.engineLoads[0]?.keepAliveMs).toBeGreaterThan(580_000);
		expect(world.residency.lastFlush()).toBeNull();
		expect(await world.clock.until(world.residency.putBack("popover"))).toEqual([]);
	});

	it("leaves the flush standing where one of its models never left", async () => {
		const world = await worldWith("a:latest", "b:latest");
		world.answer("b:latest");
		await world.clock.advance(2_000);
		await world.clock.until(world.residency.flush("popover"), 31_000);
		await world.clock.until(world.residency.putBack("popover"));
		expect(world.residency.lastFlush()).toMatchObject({
			putBack: [],
			releases: [{ name: "a:latest" }, { name: "b:latest", because: "draining" }],
		});
	});

	it("skips what is loaded again, and keeps in the list what could not be loaded", async () => {
		const world = await worldWith("a:latest", "b:latest");
		await world.clock.until(world.residency.flush("popover"));
		world.appear("a:latest");
		await world.poll();
		world.availableBytes = fromGb(1);
		await expect(world.clock.until(world.residency.putBack("popover"))).rejects.toMatchObject({
			code: "memory-too-low",
		});
		expect(world.residency.lastFlush()?.putBack.map((recipe) => recipe.name)).toEqual(["b:latest"]);
	});
});
