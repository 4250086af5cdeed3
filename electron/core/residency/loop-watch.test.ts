import { describe, expect, it } from "vitest";
import type { Operation } from "../../../shared/operation.ts";
import { fromGb } from "../../../shared/units.ts";
import { createFakeWorld } from "./testing/fake-world.ts";
import type { FakeWorld } from "./testing/fake-world-shape.ts";

/** A machine on which `othersGb` of 64 GB are taken, with two models of 8 GB. */
function world(othersGb: number): FakeWorld {
	const w = createFakeWorld();
	w.install("a:latest", 8);
	w.install("b:latest", 8);
	Object.defineProperty(w, "availableBytes", {
		get: () => fromGb(64 - othersGb) - w.runners().reduce((sum, { bytes }) => sum + bytes, 0),
	});
	return w;
}

/** Loads these one after the other, each once the one before is idle. */
async function loadInTurn(
	w: FakeWorld,
	requestedBy: Operation["requestedBy"],
	loads: readonly { readonly model: string; readonly contextLength?: number }[],
): Promise<void> {
	for (const load of loads) {
		await w.clock.until(w.residency.load(load, requestedBy));
		await w.clock.advance(12_000);
	}
}

const loopEvents = (w: FakeWorld) => w.events.filter(({ message }) => message.id.startsWith("event.loop-"));

const turns = (rounds: number) =>
	Array.from({ length: rounds }, () => [{ model: "a" }, { model: "b" }]).flat();

describe("the watch for loops", () => {
	it("names two models that push each other out by requests, once, and why", async () => {
		const w = world(47);
		await loadInTurn(w, "api", turns(5));
		expect(w.residency.reloadLoops()).toMatchObject([
			{ because: "memory", models: ["a:latest", "b:latest"] },
		]);
		expect(loopEvents(w)).toMatchObject([
			{ severity: "warning", message: { params: { models: "a:latest, b:latest", count: 3 } } },
		]);
	});

	it("says so where it is the setting that keeps one model at a time", async () => {
		const w = world(6);
		w.settings = { ...w.settings, residency: { ...w.settings.residency, mode: "single" } };
		await loadInTurn(w, "gateway", turns(4));
		expect(w.residency.reloadLoops()).toMatchObject([{ because: "single" }]);
	});

	it("says nothing of what a person loads, nor of models that stay side by side", async () => {
		const byHand = world(47);
		await loadInTurn(byHand, "popover", turns(5));
		expect(byHand.residency.reloadLoops()).toEqual([]);
		const roomy = world(6);
		await loadInTurn(roomy, "api", turns(5));
		expect(roomy.residency.reloadLoops()).toEqual([]);
		expect(loopEvents(roomy)).toEqual([]);
	});

	it("names a model that programs ask for with different contexts, and forgets it once that has stopped", async () => {
		const w = world(6);
		const contexts = [4096, 8192, 4096, 8192, 4096];
		await loadInTurn(
			w,
			"api",
			contexts.map((contextLength) => ({ model: "a", contextLength })),
		);
		expect(w.residency.reloadLoops()).toMatchObject([
			{ because: "contexts", models: ["a:latest"], contexts: [4096, 8192] },
		]);
		expect(loopEvents(w)).toHaveLength(1);
		let changes = 0;
		w.residency.onChange(() => {
			changes += 1;
		});
		await w.clock.advance(12 * 60_000);
		expect(w.residency.reloadLoops()).toEqual([]);
		expect(changes).toBeGreaterThan(0);
	});

	it("also where other programs do it past Plimsoll", async () => {
		const w = world(6);
		for (const contextLength of [4096, 32_768, 4096, 32_768]) {
			w.appear("a:latest", { contextLength, keepAliveMs: 3_600_000 });
			await w.poll();
			await w.clock.advance(12_000);
			w.runner("a:latest").listed = false;
			w.runner("a:latest").alive = false;
			await w.poll();
		}
		expect(w.residency.reloadLoops()).toMatchObject([{ because: "contexts", contexts: [4096, 32_768] }]);
	});
});
