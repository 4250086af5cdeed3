import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { fromGb } from "../../../shared/units.ts";
import { createFakeWorld } from "./testing/fake-world.ts";

function world() {
	const made = createFakeWorld();
	made.install("a:latest", 4);
	made.install("b:latest", 4);
	made.install("embed:latest", 0.5, { capabilities: ["embedding"] });
	made.install("far:cloud", 0, { location: "cloud" });
	return made;
}

describe("loading", () => {
	it("is confirmed by the engine's list and measured at the process", async () => {
		const w = world();
		const load = w.residency.load({ model: "A" }, "popover");
		await w.clock.advance(1_200);
		expect(w.residency.operations()).toMatchObject([
			{
				kind: "load",
				state: "running",
				requestedBy: "popover",
				progress: { doneBytes: fromGb(2), totalBytes: fromGb(4) },
			},
		]);
		expect(w.observer.loaded()).toMatchObject([{ name: "a:latest", state: "loading", own: true }]);
		expect(w.reasons).toContain("loading");
		expect(w.pace).toBe("fast");
		const result = await w.clock.until(load);
		expect(result).toMatchObject({
			name: "a:latest",
			already: false,
			footprintBytes: fromGb(4),
			contextLength: 4096,
		});
		expect(w.engineLoads).toEqual([{ name: "a:latest", runner: null, embedding: false }]);
		expect(w.residency.operations()).toEqual([]);
		expect(w.reasons).toEqual(new Set());
		expect(w.pace).toBe("slow");
		expect(w.own.size).toBe(1);
		expect(w.events.map((event) => event.message.id)).toEqual(["event.loaded"]);
		await w.clock.advance(15_000);
		expect(w.observer.loaded()).toMatchObject([{ state: "idle", own: true, slot: 1 }]);
	});

	it("sends a context and a keep-alive only where they were asked for, and embedding models their own way", async () => {
		const w = world();
		await w.clock.until(
			w.residency.load({ model: "embed", contextLength: 2048, keepAliveMs: 60_000 }, "api"),
		);
		expect(w.engineLoads).toEqual([
			{
				name: "embed:latest",
				runner: null,
				embedding: true,
				contextLength: 2048,
				keepAliveMs: 60_000,
			},
		]);
	});

	it("loads once for two callers, and both are told", async () => {
		const w = world();
		const [one, two] = await w.clock.until(
			Promise.all([
				w.residency.load({ model: "a" }, "api"),
				w.residency.load({ model: "a:latest" }, "popover"),
			]),
		);
		expect(w.engineLoads).toHaveLength(1);
		expect(two).toEqual(one);
	});

	it("does nothing for a model that is loaded as wanted, except its keep-alive", async () => {
		const w = world();
		w.appear("a:latest");
		await w.poll();
		const result = await w.clock.until(w.residency.load({ model: "a", keepAliveMs: -1 }, "api"));
		expect(result.already).toBe(true);
		expect(w.engineLoads).toEqual([]);
		expect(w.touches).toEqual([{ name: "a:latest", contextLength: 4096, keepAliveMs: -1 }]);
	});

	it("loads anew for another context", async () => {
		const w = world();
		w.appear("a:latest");
		await w.poll();
		const result = await w.clock.until(w.residency.load({ model: "a", contextLength: 8192 }, "api"));
		expect(result).toMatchObject({ already: false, contextLength: 8192 });
		expect(w.runners()).toHaveLength(1);
	});

	it("runs one load after the other, in order", async () => {
		const w = world();
		const first = w.residency.load({ model: "a" }, "api");
		const second = w.residency.load({ model: "b" }, "api");
		await w.clock.advance(500);
		expect(w.residency.operations().map((row) => row.state)).toEqual(["running", "queued"]);
		expect(w.engineLoads).toHaveLength(1);
		await w.clock.until(Promise.all([first, second]));
		expect(w.engineLoads.map((load) => load.name)).toEqual(["a:latest", "b:latest"]);
	});

	it("is refused for memory with the figures, and goes through with force", async () => {
		const w = world();
		w.availableBytes = fromGb(4.5);
		await expect(w.clock.until(w.residency.load({ model: "a" }, "api"))).rejects.toMatchObject({
			code: "memory-too-low",
			params: { model: "a:latest", neededBytes: fromGb(5.5), availableBytes: fromGb(3.7) },
		});
		expect(w.engineLoads).toEqual([]);
		expect(w.residency.operations()).toEqual([]);
		await w.clock.until(w.residency.load({ model: "a", force: true }, "api"));
		expect(w.runners()).toHaveLength(1);
	});

	it("is cancelled while it runs: the request is closed and the runner is gone when that is told", async () => {
		const w = world();
		const load = w.residency.load({ model: "a" }, "api");
		const told = expect(load).rejects.toMatchObject({ code: "cancelled" });
		await w.clock.advance(1_000);
		expect(w.runners()).toHaveLength(1);
		await w.clock.until(w.residency.cancel(w.residency.operations()[0]?.id ?? ""));
		await told;
		expect(w.runners()).toEqual([]);
		expect(w.residency.operations()).toEqual([]);
		expect(w.residency.admission.loadingKeys().size).toBe(0);
		expect(w.reasons).toEqual(new Set());
		await w.clock.until(w.residency.load({ model: "b" }, "api"));
	});

	it("is cancelled while it waits, and the others move up", async () => {
		const w = world();
		const first = w.residency.load({ model: "a" }, "api");
		const second = w.residency.load({ model: "b" }, "api");
		const told = expect(second).rejects.toMatchObject({ code: "cancelled" });
		await w.clock.advance(100);
		await w.clock.until(w.residency.cancel(w.residency.operations()[1]?.id ?? ""), 500);
		await told;
		await w.clock.until(first);
		await w.clock.advance(3_000);
		expect(w.engineLoads).toHaveLength(1);
	});

	it("goes on while one of two callers is left, and ends with the last one", async () => {
		const w = world();
		const [one, two] = [new AbortController(), new AbortController()];
		const first = w.residency.load({ model: "a" }, "api", one.signal);
		const second = w.residency.load({ model: "a" }, "api", two.signal);
		const told = Promise.all([
			expect(first).rejects.toMatchObject({ code: "cancelled" }),
			expect(second).rejects.toMatchObject({ code: "cancelled" }),
		]);
		await w.clock.advance(500);
		one.abort();
		await w.clock.advance(500);
		expect(w.residency.operations()).toMatchObject([{ state: "running" }]);
		two.abort();
		await told;
		await w.clock.advance(2_000);
		expect(w.runners()).toEqual([]);
		expect(w.residency.operations()).toEqual([]);
	});

	it("tells an error of the engine and leaves nothing behind", async () => {
		const w = world();
		w.misbehave.loadError = AppError.of("engine-out-of-memory", { model: "a:latest", text: "no room" });
		await expect(w.clock.until(w.residency.load({ model: "a" }, "api"))).rejects.toMatchObject({
			code: "engine-out-of-memory",
		});
		expect(w.residency.operations()).toEqual([]);
		expect(w.residency.admission.loadingKeys().size).toBe(0);
		expect(w.reasons).toEqual(new Set());
	});

	it("is not confirmed when the engine never lists the model", async () => {
		const w = world();
		w.misbehave.neverListed = true;
		await expect(w.clock.until(w.residency.load({ model: "a" }, "api"))).rejects.toMatchObject({
			code: "load-not-confirmed",
		});
		expect(w.residency.operations()).toEqual([]);
	});

	it("ends with the engine, and so do those that wait behind it", async () => {
		const w = world();
		const first = w.residency.load({ model: "a" }, "api");
		const second = w.residency.load({ model: "b" }, "api");
		const told = Promise.all([
			expect(first).rejects.toMatchObject({ code: "engine-unreachable" }),
			expect(second).rejects.toMatchObject({ code: "engine-unreachable" }),
		]);
		await w.clock.advance(500);
		w.engineDies();
		await w.clock.advance(500);
		await told;
		expect(w.residency.operations()).toEqual([]);
		w.engineReturns();
		await w.clock.advance(1_000);
		await w.clock.until(w.residency.load({ model: "b" }, "api"));
	});

	it("refuses cloud models and names that do not exist", async () => {
		const w = world();
		await expect(w.clock.until(w.residency.load({ model: "far:cloud" }, "api"))).rejects.toMatchObject({
			code: "model-in-cloud",
		});
		await expect(w.clock.until(w.residency.load({ model: "nope" }, "api"))).rejects.toMatchObject({
			code: "model-not-found",
		});
	});

	it("is confirmed by the weights where the engine lists another name of them", async () => {
		const w = world();
		const runner = w.appear("a:latest");
		w.install("alias:latest", 4, { blob: runner.blob });
		await w.poll();
		const result = await w.clock.until(w.residency.load({ model: "alias" }, "api"));
		expect(result).toMatchObject({ name: "a:latest", already: true });
	});

	it("calls the drain of the wanted model off", async () => {
		const w = world();
		w.appear("a:latest");
		w.answer("a:latest");
		await w.poll();
		await w.clock.advance(3_000);
		const unload = w.residency.unload("a", { requestedBy: "api" });
		const told = expect(unload).rejects.toMatchObject({ code: "cancelled" });
		await w.clock.advance(2_000);
		expect((await w.clock.until(w.residency.load({ model: "a" }, "api"))).already).toBe(true);
		await told;
	});

	it("that is asked to unload while it runs is cancelled, and says so", async () => {
		const w = world();
		const told = expect(w.residency.load({ model: "a" }, "api")).rejects.toMatchObject({
			code: "cancelled",
		});
		await w.clock.advance(500);
		expect(await w.clock.until(w.residency.unload("a", { requestedBy: "api" }))).toMatchObject({
			name: "a:latest",
			because: "load-cancelled",
			releasedBytes: 0,
		});
		await told;
		expect(w.runners()).toEqual([]);
	});
});
