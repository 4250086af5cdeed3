import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { createFakeWorld } from "../residency/testing/fake-world.ts";
import { holdBack } from "./held-back.ts";

function heldWorld() {
	const world = createFakeWorld();
	world.install("a:1b", 2);
	const hold = { closed: null as AppError | null, why: null as AppError | null, forgotten: 0 };
	const residency = holdBack({
		residency: world.residency,
		watchdog: {
			closed: () => hold.closed,
			whyEnded: () => hold.why,
			forgetEvicted: () => {
				hold.forgotten += 1;
			},
		},
		keyOf: (model) => model,
		keepAliveMs: (model) => (model === "a:1b" ? 120_000 : undefined),
	});
	return { world, hold, residency };
}

const critical = AppError.of("memory-critical", { retrySeconds: 30 });

describe("residency while an emergency runs", () => {
	it("lets nothing through that loads a model or keeps one longer", async () => {
		const { world, hold, residency } = heldWorld();
		await world.poll();
		hold.closed = critical;
		const asked = { model: "a:1b", requestedBy: "gateway", force: true } as const;
		expect(await residency.admission.admit(asked)).toEqual({ kind: "refusal", error: critical });
		await expect(residency.load({ model: "a:1b", force: true }, "popover")).rejects.toBe(critical);
		await expect(residency.keep("a:1b")).rejects.toBe(critical);
		await expect(residency.pin("a:1b", true)).rejects.toBe(critical);
		await expect(residency.putBack("popover")).rejects.toBe(critical);
		expect(world.engineLoads).toEqual([]);
		expect(world.touches).toEqual([]);
	});

	it("still flushes, after which nothing comes back by itself", async () => {
		const { world, hold, residency } = heldWorld();
		await world.poll();
		hold.closed = critical;
		await world.clock.until(residency.flush("popover"));
		expect(hold.forgotten).toBe(1);
	});
});

describe("a load", () => {
	it("is kept as long as the policy says, unless it says itself", async () => {
		const { world, residency } = heldWorld();
		await world.poll();
		await world.clock.until(residency.load({ model: "a:1b" }, "popover"));
		expect(world.engineLoads[0]).toMatchObject({ keepAliveMs: 120_000 });
	});

	it("that the watchdog ended rejects with its reason", async () => {
		const { world, hold, residency } = heldWorld();
		await world.poll();
		const load = residency.load({ model: "a:1b" }, "popover");
		const outcome = load.then(
			() => null,
			(thrown: unknown) => thrown,
		);
		await world.clock.advance(500);
		hold.why = AppError.of("load-ended-for-memory", { model: "a:1b", lacksBytes: 2, availableBytes: 1 });
		for (const { id } of residency.operations()) void residency.cancel(id);
		expect(await world.clock.until(outcome)).toBe(hold.why);
	});
});
