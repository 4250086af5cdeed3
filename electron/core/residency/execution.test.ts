import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../../shared/settings.ts";
import { fromGb } from "../../../shared/units.ts";
import { createFakeWorld } from "./testing/fake-world.ts";
import type { FakeWorld } from "./testing/fake-world-shape.ts";

/** A machine of 64 GB on which what is available follows what the runners hold. */
function world(othersGb: number): FakeWorld {
	const w = createFakeWorld();
	w.install("a:latest", 8);
	w.install("b:latest", 8);
	w.install("c:latest", 8);
	Object.defineProperty(w, "availableBytes", {
		get: () => fromGb(64 - othersGb) - w.runners().reduce((sum, { bytes }) => sum + bytes, 0),
	});
	return w;
}

/** Lets another program load a model and waits until it counts as idle. */
async function idle(w: FakeWorld, ...names: readonly string[]): Promise<void> {
	for (const name of names) w.appear(name, { keepAliveMs: 3_600_000 });
	await w.poll();
	await w.clock.advance(12_000);
}

describe("making room for a load", () => {
	it("unloads an idle model first, says why in the result and tells it as an event with all figures", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		const result = await w.clock.until(w.residency.load({ model: "b" }, "api"));
		expect(result.evicted).toMatchObject([
			{ name: "a:latest", grade: "proved", step: "evict", why: "memory", releasedBytes: fromGb(8) },
		]);
		expect(w.runners().map(({ model }) => model.name)).toEqual(["b:latest"]);
		expect(w.events.map(({ message }) => message.id)).toEqual(["event.evicted", "event.loaded"]);
		expect(w.events[0]).toMatchObject({
			message: { params: { model: "a:latest", wanted: "b:latest" } },
			data: { for: "b:latest", why: "memory" },
		});
		expect(w.events[1]?.data).toMatchObject({
			verdict: { verdict: "fits", neededBytes: fromGb(8.7), afterPlanBytes: fromGb(17) },
		});
	});

	it("asks the engine for the load only after what has to go is gone", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		w.misbehave.unloadMs = 3_000;
		const load = w.residency.load({ model: "b" }, "api");
		await w.clock.advance(2_000);
		expect(w.engineLoads).toEqual([]);
		expect(w.residency.operations().map(({ kind, state }) => [kind, state])).toEqual([
			["load", "queued"],
			["unload", "running"],
		]);
		await w.clock.until(load);
		expect(w.engineLoads).toHaveLength(1);
	});

	it("never unloads a busy or a pinned model: it refuses", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		w.answer("a:latest");
		await w.clock.advance(2_000);
		await expect(w.clock.until(w.residency.load({ model: "b" }, "api"))).rejects.toMatchObject({
			code: "memory-too-low",
		});
		w.answered("a:latest");
		await w.clock.advance(12_000);
		await w.clock.until(w.residency.pin("a", true));
		await expect(w.clock.until(w.residency.load({ model: "b" }, "api"))).rejects.toMatchObject({
			code: "memory-too-low",
		});
		expect(w.runners().map(({ model }) => model.name)).toEqual(["a:latest"]);
	});

	it("plans anew when another program loads meanwhile, and takes that one too where it is idle", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		w.misbehave.unloadMs = 2_000;
		const load = w.residency.load({ model: "b" }, "api");
		await w.clock.advance(1_000);
		w.appear("c:latest", { keepAliveMs: 3_600_000 });
		await w.clock.advance(500);
		// What has just come is not known to be idle, so it is waited for.
		const result = await w.clock.until(load);
		expect(result.evicted.map(({ name }) => name)).toEqual(["a:latest", "c:latest"]);
		expect(w.runners().map(({ model }) => model.name)).toEqual(["b:latest"]);
	});

	it("lets a program and a question of the chat wait for a model that works, and a click not", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		w.answer("a:latest");
		await w.clock.advance(2_000);
		await expect(w.clock.until(w.residency.load({ model: "b" }, "popover"))).rejects.toMatchObject({
			code: "memory-too-low",
		});
		const load = w.residency.load({ model: "b" }, "api");
		await w.clock.advance(4_000);
		expect(w.engineLoads).toEqual([]);
		w.answered("a:latest");
		expect(await w.clock.until(load)).toMatchObject({ name: "b:latest", evicted: [{ name: "a:latest" }] });
		const question = w.residency.load({ model: "c", waitsForBusy: true }, "popover");
		expect(await w.clock.until(question)).toMatchObject({
			name: "c:latest",
			evicted: [{ name: "b:latest" }],
		});
	});

	it("needs nothing any more when what stood in the way leaves by itself", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		w.misbehave.hangOnUnload = true;
		const load = w.residency.load({ model: "b" }, "api");
		await w.clock.advance(1_000);
		w.misbehave.hangOnUnload = false;
		w.runner("a:latest").listed = false;
		w.runner("a:latest").alive = false;
		const result = await w.clock.until(load);
		expect(result).toMatchObject({ name: "b:latest", already: false });
	});

	it("gives its place up when it is cancelled while room is made", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		w.misbehave.unloadMs = 3_000;
		const load = w.residency.load({ model: "b" }, "api");
		const told = expect(load).rejects.toMatchObject({ code: "cancelled" });
		await w.clock.advance(500);
		const row = w.residency.operations().find(({ kind }) => kind === "load");
		await w.clock.until(w.residency.cancel(row?.id ?? ""));
		await told;
		expect(w.engineLoads).toEqual([]);
		await w.clock.until(w.residency.load({ model: "c" }, "api"));
	});

	it("keeps one chat model at a time for programs where it is set so, waits for a busy one, and not for clicks", async () => {
		const w = world(20);
		w.settings = { ...DEFAULT_SETTINGS, residency: { ...DEFAULT_SETTINGS.residency, mode: "single" } };
		await idle(w, "a:latest");
		await w.clock.until(w.residency.load({ model: "b" }, "popover"));
		expect(w.runners()).toHaveLength(2);
		await w.clock.advance(12_000);
		w.answer("a:latest");
		await w.clock.advance(2_000);
		const load = w.residency.load({ model: "c" }, "api");
		await w.clock.advance(5_000);
		expect(w.engineLoads.map(({ name }) => name)).toEqual(["b:latest"]);
		w.answered("a:latest");
		const result = await w.clock.until(load);
		expect(result.evicted.map(({ name, why }) => [name, why]).toSorted()).toEqual([
			["a:latest", "single"],
			["b:latest", "single"],
		]);
		expect(w.runners().map(({ model }) => model.name)).toEqual(["c:latest"]);
	});

	it("unloads one itself where the engine keeps no more than three", async () => {
		const w = world(4);
		w.install("d:latest", 1);
		await idle(w, "a:latest", "b:latest", "c:latest");
		const result = await w.clock.until(w.residency.load({ model: "d" }, "api"));
		expect(result.evicted).toMatchObject([{ why: "engine-models" }]);
		expect(w.runners()).toHaveLength(3);
	});

	it("counts a load that was let through as taken until it is there", async () => {
		const w = world(47);
		await w.poll();
		const admission = w.residency.admission;
		const first = await admission.admit({ model: "a", requestedBy: "gateway", force: false });
		if (first.kind !== "ticket") throw new Error(first.kind);
		const budget = w.residency.budgetState([]);
		expect(budget?.terms.lackingBytes).toBe(fromGb(8.7));
		first.release();
		expect(w.residency.budgetState([])?.terms.lackingBytes).toBe(0);
	});

	it("with force does what may be done and loads although it is over", async () => {
		const w = world(54);
		await idle(w, "a:latest");
		const result = await w.clock.until(w.residency.load({ model: "b", force: true }, "popover"));
		expect(result.evicted.map(({ name }) => name)).toEqual(["a:latest"]);
		expect(w.runners().map(({ model }) => model.name)).toEqual(["b:latest"]);
	});
});

describe("judging without loading", () => {
	it("gives the verdict of a click, and changes nothing", async () => {
		const w = world(47);
		await idle(w, "a:latest");
		const verdict = await w.clock.until(w.residency.fit("b", null, "click"));
		expect(verdict).toMatchObject({
			outcome: "fits-after",
			steps: [{ kind: "evict", name: "a:latest", because: "memory" }],
			footprint: { totalBytes: fromGb(8.7), source: "estimate" },
		});
		expect(w.runners()).toHaveLength(1);
	});

	it("knows no verdict for an engine elsewhere, nor for a model that is not there", async () => {
		const w = world(10);
		await expect(w.residency.fit("nobody", null, "click")).rejects.toMatchObject({ code: "model-not-found" });
		w.remoteEngine();
		expect(await w.clock.until(w.residency.fit("a", null, "click"))).toBeNull();
		expect(w.residency.budgetState([])).toBeNull();
	});
});
