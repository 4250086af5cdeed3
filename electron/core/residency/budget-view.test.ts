import { describe, expect, it } from "vitest";
import type { BudgetState } from "../../../shared/fit.ts";
import { fromGb } from "../../../shared/units.ts";
import { createBudgetView } from "./budget-view.ts";
import { createFakeWorld } from "./testing/fake-world.ts";

function viewOf(world: ReturnType<typeof createFakeWorld>) {
	const shown: (BudgetState | null)[] = [];
	const looks = { open: true };
	const update = createBudgetView({
		residency: world.residency,
		observer: world.observer,
		supervision: { installed: () => world.installed },
		popoverOpen: () => looks.open,
		current: () => null,
		show: (budget) => shown.push(budget),
	});
	return { shown, looks, update };
}

describe("the budget as it is shown", () => {
	it("has a verdict over every installed model that is not loaded, while somebody looks", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.install("b:latest", 40);
		world.install("c:latest", 100);
		world.install("cloud:latest", 0, { location: "cloud" });
		world.availableBytes = fromGb(50);
		world.appear("a:latest");
		await world.poll();
		const { shown, looks, update } = viewOf(world);
		update();
		// What a model is made of is asked for first; until it is known nothing is said of it.
		expect(shown.at(-1)?.fits).toEqual([]);
		await world.clock.advance(0);
		update();
		expect(shown.at(-1)?.fits.map(({ name, outcome }) => [name, outcome])).toEqual([
			["b:latest", "fits"],
			["c:latest", "over"],
		]);
		expect(shown.at(-1)?.spareBytes).toBe(fromGb(49));
		looks.open = false;
		update();
		expect(shown.at(-1)?.fits).toEqual([]);
	});

	it("is shown anew only where a figure has moved by a step", async () => {
		const world = createFakeWorld();
		world.availableBytes = fromGb(50);
		await world.poll();
		const { shown, update } = viewOf(world);
		update();
		world.availableBytes += 1024;
		update();
		expect(shown).toHaveLength(1);
		world.availableBytes += fromGb(1);
		update();
		expect(shown).toHaveLength(2);
	});

	it("is none where the engine does not share this machine's memory", async () => {
		const world = createFakeWorld();
		world.availableBytes = fromGb(50);
		await world.poll();
		const { shown, update } = viewOf(world);
		update();
		world.remoteEngine();
		update();
		expect(shown.at(-1)).toBeNull();
	});
});
