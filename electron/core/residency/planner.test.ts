import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { budget } from "./budget.ts";
import { obstacle, type PlanQuestion, plan, type Resident } from "./planner.ts";

const GB = BYTES_PER_GB;

function resident(key: string, change: Partial<Resident> = {}): Resident {
	const footprintBytes = change.footprintBytes ?? 4 * GB;
	return {
		key,
		name: key,
		footprintBytes,
		heldBytes: footprintBytes,
		grownBytes: 0,
		busy: false,
		pinned: false,
		embedding: false,
		gpuBytes: 0,
		evictionCost: footprintBytes / GB,
		...change,
	};
}

function question(change: Omit<Partial<PlanQuestion>, "wanted"> & { readonly needGb: number }): PlanQuestion {
	const { needGb, ...rest } = change;
	return {
		wanted: { key: "w", name: "w", needBytes: needGb * GB, engineNeedBytes: null, embedding: false },
		residents: [],
		availableBytes: 10 * GB,
		totalBytes: 64 * GB,
		profile: "balanced",
		overheadBytes: 0.5 * GB,
		safetyBytes: 0.5 * GB,
		mode: "many",
		engine: { maxModels: 9, watchedGpuBytes: null },
		...rest,
	};
}

const amount = fc.integer({ min: 0, max: 240 }).map((tenths) => (tenths / 10) * GB);

const anyResident = fc
	.record({
		footprintBytes: amount,
		heldShare: fc.double({ min: 0, max: 1.2, noNaN: true }),
		grownBytes: fc.oneof(fc.constant(0), amount),
		busy: fc.boolean(),
		pinned: fc.boolean(),
		embedding: fc.boolean(),
		evictionCost: fc.double({ min: 0.01, max: 100, noNaN: true }),
	})
	.map(({ heldShare, ...rest }) => ({ ...rest, heldBytes: rest.footprintBytes * heldShare }));

const anyQuestion = fc
	.record({
		residents: fc.array(anyResident, { maxLength: 13 }),
		wantedLoaded: fc.boolean(),
		needBytes: amount,
		embedding: fc.boolean(),
		availableBytes: amount,
		totalBytes: fc.constantFrom(8, 18, 32, 64).map((gb) => gb * GB),
		profile: fc.constantFrom("balanced" as const, "original" as const),
		mode: fc.constantFrom("single" as const, "many" as const),
		maxModels: fc.integer({ min: 1, max: 6 }),
	})
	.map(
		({ residents, wantedLoaded, needBytes, embedding, maxModels, ...rest }): PlanQuestion => ({
			...question({ needGb: 0 }),
			...rest,
			wanted: { key: "w", name: "w", needBytes, engineNeedBytes: null, embedding },
			residents: residents.map((each, at) =>
				resident(wantedLoaded && at === 0 ? "w" : `m${String(at)}`, each),
			),
			engine: { maxModels, watchedGpuBytes: null },
		}),
	);

describe("the plan for a load", () => {
	it("unloads nothing where the load fits", () => {
		expect(plan(question({ needGb: 5, residents: [resident("a")] }))).toMatchObject({
			kind: "plan",
			steps: [],
			waitFor: [],
		});
	});

	it("unloads the cheapest set that is enough, not the first that comes", () => {
		const residents = [
			resident("big", { footprintBytes: 8 * GB, evictionCost: 10 }),
			resident("small", { footprintBytes: 2 * GB, evictionCost: 2 }),
			resident("middle", { footprintBytes: 3 * GB, evictionCost: 3 }),
		];
		const result = plan(question({ needGb: 7.5, availableBytes: 6 * GB, residents, totalBytes: 18 * GB }));
		expect(result).toMatchObject({ kind: "plan", steps: [{ key: "middle", because: "memory" }] });
	});

	it("trims what has grown before it unloads another", () => {
		const residents = [
			resident("grown", { footprintBytes: 20 * GB, grownBytes: 5 * GB, evictionCost: 40 }),
			resident("cheap", { footprintBytes: 8 * GB, heldBytes: 1.5 * GB, evictionCost: 0.1 }),
		];
		const result = plan(question({ needGb: 9, availableBytes: 12.5 * GB, residents }));
		expect(result).toMatchObject({ kind: "plan", steps: [{ kind: "trim", key: "grown", bytes: 5 * GB }] });
	});

	it("replaces the chat model where one is kept at a time, and leaves the embedding model", () => {
		const residents = [resident("chat"), resident("embed", { embedding: true })];
		const result = plan(question({ needGb: 2, availableBytes: 30 * GB, residents, mode: "single" }));
		expect(result).toMatchObject({ kind: "plan", steps: [{ key: "chat", because: "single" }] });
		const embedding = question({ needGb: 2, availableBytes: 30 * GB, residents, mode: "single" });
		expect(plan({ ...embedding, wanted: { ...embedding.wanted, embedding: true } })).toMatchObject({
			steps: [],
		});
	});

	it("waits for a busy chat model where one is kept at a time, and keeps a pinned one", () => {
		const residents = [resident("busy", { busy: true }), resident("pinned", { pinned: true })];
		expect(plan(question({ needGb: 2, availableBytes: 30 * GB, residents, mode: "single" }))).toMatchObject({
			kind: "plan",
			steps: [],
			waitFor: ["busy"],
		});
	});

	it("unloads one where the engine keeps no more, and refuses where only pinned ones are left", () => {
		const residents = [resident("a", { evictionCost: 3 }), resident("b", { evictionCost: 2 })];
		const engine = { maxModels: 2, watchedGpuBytes: null };
		const at = { needGb: 1, availableBytes: 30 * GB, engine };
		expect(plan(question({ ...at, residents }))).toMatchObject({
			kind: "plan",
			steps: [{ key: "b", because: "engine-models" }],
		});
		const pinned = residents.map((each) => ({ ...each, pinned: true }));
		expect(plan(question({ ...at, residents: pinned }))).toMatchObject({
			kind: "refusal",
			because: "engine-models",
			steps: [],
		});
	});

	it("chooses the victim itself where the engine would unload one for memory", () => {
		const residents = [resident("a", { gpuBytes: 4 * GB })];
		const asked = question({
			needGb: 5,
			availableBytes: 30 * GB,
			residents,
			engine: { maxModels: 3, watchedGpuBytes: 12 * GB },
		});
		const wanted = { ...asked.wanted, engineNeedBytes: 6.5 * GB };
		expect(plan({ ...asked, wanted })).toMatchObject({
			kind: "plan",
			steps: [{ key: "a", because: "engine-memory" }],
		});
		expect(plan({ ...asked, wanted: { ...wanted, engineNeedBytes: 6.3 * GB } })).toMatchObject({ steps: [] });
		expect(
			plan({ ...asked, wanted, residents: [resident("a", { gpuBytes: 4 * GB, pinned: true })] }),
		).toMatchObject({ kind: "refusal", because: "engine-memory" });
	});
});

describe("any plan for any load", () => {
	const outcome = (asked: PlanQuestion) => {
		const result = plan(asked);
		const evicted = new Set(result.steps.filter(({ kind }) => kind === "evict").map(({ key }) => key));
		const trimmed = new Set(result.steps.filter(({ kind }) => kind === "trim").map(({ key }) => key));
		const reloaded = asked.residents.some(({ key }) => key === "w") ? ["w"] : [];
		return { result, evicted, trimmed, gone: new Set([...evicted, ...result.waitFor, ...reloaded]) };
	};

	it("is never over the budget or the engine's ceilings afterwards", () => {
		fc.assert(
			fc.property(anyQuestion, (asked) => {
				const { result, gone, trimmed } = outcome(asked);
				if (result.kind === "refusal") return;
				const terms = budget({ ...asked, models: asked.residents, evictions: gone, trims: trimmed });
				expect(terms.budgetBytes).toBeGreaterThanOrEqual(asked.wanted.needBytes + asked.safetyBytes);
				expect(result.budget).toEqual(terms);
				const staying = asked.residents.filter(({ key }) => !gone.has(key)).length;
				expect(staying === 0 || staying < asked.engine.maxModels).toBe(true);
			}),
		);
	});

	it("never moves a pinned or a busy one", () => {
		fc.assert(
			fc.property(anyQuestion, (asked) => {
				const { result } = outcome(asked);
				for (const { key } of result.steps) {
					const moved = asked.residents.find((each) => each.key === key);
					expect([moved?.busy, moved?.pinned]).toEqual([false, false]);
				}
			}),
		);
	});

	it("has no step that could be left out, but for the replaced chat model", () => {
		fc.assert(
			fc.property(anyQuestion, (asked) => {
				const { result, gone, trimmed } = outcome(asked);
				if (result.kind === "refusal") return;
				for (const step of result.steps) {
					if (step.because === "single") continue;
					const fewerGone = new Set([...gone].filter((key) => key !== step.key));
					const fewerTrims = new Set([...trimmed].filter((key) => key !== step.key));
					expect(obstacle(asked, fewerGone, fewerTrims)).not.toBeNull();
				}
			}),
		);
	});

	it("trims before it unloads: where it unloads for memory, all trims alone would not have been enough", () => {
		fc.assert(
			fc.property(anyQuestion, (asked) => {
				const { result, evicted, gone } = outcome(asked);
				if (result.kind === "refusal") return;
				const first = result.steps.findIndex(({ kind }) => kind === "evict");
				expect(
					result.steps.slice(Math.max(0, first)).every(({ kind }) => kind === "evict") || first === -1,
				).toBe(true);
				const forced = result.steps.filter(({ because }) => because === "single").map(({ key }) => key);
				if (evicted.size === forced.length) return;
				const always = new Set([...gone].filter((key) => !evicted.has(key) || forced.includes(key)));
				const trims = asked.residents.filter(
					({ key, busy, pinned, grownBytes }) => !busy && !pinned && grownBytes > 0 && !always.has(key),
				);
				expect(obstacle(asked, always, new Set(trims.map(({ key }) => key)))).not.toBeNull();
			}),
		);
	});

	it("refuses only where everything that may go is not enough", () => {
		fc.assert(
			fc.property(anyQuestion, (asked) => {
				const { result, gone } = outcome(asked);
				if (result.kind === "plan") return;
				const movable = asked.residents.filter(({ busy, pinned }) => !busy && !pinned);
				expect(
					obstacle(asked, new Set([...gone, ...movable.map(({ key }) => key)]), new Set()),
				).not.toBeNull();
			}),
		);
	});

	it("is the same for the same question", () => {
		fc.assert(
			fc.property(anyQuestion, (asked) => {
				expect(plan(asked)).toEqual(plan(structuredClone(asked)));
			}),
		);
	});
});
