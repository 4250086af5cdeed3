import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRESSURE_LEVELS } from "../../../shared/machine.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { bytesOf, type WatchedModel } from "./decide.ts";
import { askedKeys, at, startTurns, watched } from "./testing/turns.ts";

const kinds = (actions: readonly { readonly kind: string }[]) => actions.map(({ kind }) => kind);

describe("at high pressure", () => {
	it("unloads one idle model every 5 s, the one whose bytes lie idle the longest first", () => {
		const turns = startTurns();
		const models = [watched("small", 1), watched("large", 6), watched("fresh", 8, { unusedForMs: 61_000 })];
		expect(turns.turn(0, at("high"), models)).toEqual([{ kind: "unload", key: "large" }]);
		const rest = models.filter(({ key }) => key !== "large");
		expect(turns.turn(1_000, at("high"), rest)).toEqual([]);
		expect(turns.turn(3_000, at("high"), rest)).toEqual([]);
		expect(turns.turn(1_000, at("high"), rest)).toEqual([{ kind: "unload", key: "small" }]);
	});

	it("spares pinned models, those used within a minute, and those that work or might", () => {
		const turns = startTurns();
		const models = [
			watched("pinned", 4, { pinned: true }),
			watched("used", 4, { unusedForMs: 59_999 }),
			watched("busy", 4, { state: "busy" }),
			watched("unknown", 4, { state: "unknown" }),
			watched("asked", 4, { answersCarried: true }),
		];
		for (let turn = 0; turn < 20; turn += 1) expect(turns.turn(5_000, at("high"), models)).toEqual([]);
	});

	it("waits once the sample itself no longer calls for it, though the level is not left yet", () => {
		const turns = startTurns();
		expect(turns.turn(0, at("high", { calledFor: "normal" }), [watched("a", 4)])).toEqual([]);
	});

	it("does nothing at elevated, while paused, or where the setting is off", () => {
		expect(startTurns().turn(0, at("elevated"), [watched("a", 4)])).toEqual([]);
		expect(startTurns().turn(0, at("high"), [watched("a", 4)], { active: false })).toEqual([]);
		expect(startTurns({ unloadsAtHigh: false }).turn(0, at("high"), [watched("a", 4)])).toEqual([]);
	});
});

describe("an emergency", () => {
	const crew = [
		watched("idle-small", 1),
		watched("idle-large", 5),
		watched("idle-pinned", 7, { pinned: true }),
		watched("chat", 3, { state: "busy", answersChat: true }),
		watched("carried", 4, { state: "busy", answersCarried: true }),
		watched("elsewhere", 2, { state: "busy" }),
		watched("loading", 9, { state: "loading" }),
	];

	it("first ends loads and asks idle models, the largest first and pinned ones last", () => {
		expect(startTurns().turn(0, at("critical"), crew)).toEqual([
			{ kind: "emergency-begins" },
			{ kind: "step", step: 1 },
			{ kind: "end-loads" },
			{ kind: "ask", keys: ["idle-large", "idle-small", "idle-pinned"] },
		]);
	});

	it("then ends its own chat and only asks what bypassed it, then ends what it carries", () => {
		const turns = startTurns();
		turns.turn(0, at("critical"), crew);
		const left = crew.slice(3);
		expect(turns.turn(500, at("critical"), left)).toEqual([]);
		expect(turns.turn(499, at("critical"), left)).toEqual([]);
		expect(turns.turn(1, at("critical"), left)).toEqual([
			{ kind: "step", step: 2 },
			{ kind: "end-chat", keys: ["chat"] },
			{ kind: "ask", keys: ["chat", "elsewhere"] },
		]);
		const last = left.filter(({ key }) => key !== "chat");
		turns.turn(500, at("critical"), last);
		expect(turns.turn(500, at("critical"), last)).toEqual([
			{ kind: "step", step: 3 },
			{ kind: "end-carried", keys: ["carried"] },
			{ kind: "ask", keys: ["carried", "elsewhere"] },
		]);
	});

	it("goes no further once a sample no longer calls for it, and counts anew afterwards", () => {
		const turns = startTurns();
		turns.turn(0, at("critical"), crew);
		turns.turn(700, at("critical"), crew);
		expect(turns.turn(700, at("critical", { calledFor: "elevated" }), crew)).toEqual([]);
		expect(kinds(turns.turn(250, at("critical"), crew))).toEqual([]);
		expect(kinds(turns.turn(250, at("critical"), crew))).toContain("step");
	});

	it("asks a model as soon as it is loaded past Plimsoll meanwhile", () => {
		const turns = startTurns();
		turns.turn(0, at("critical"), crew);
		const arrived = [watched("loading", 9, { state: "unknown" })];
		expect(turns.turn(250, at("critical"), arrived)).toEqual([{ kind: "ask", keys: ["loading"] }]);
		expect(turns.turn(250, at("critical"), arrived)).toEqual([]);
	});

	it("lasts while critical, and the next one waits 30 s unless the kernel itself says critical", () => {
		const models = [watched("a", 4)];
		const quiet = { kernelLevel: 1 } as const;
		const turns = startTurns({ unloadsAtHigh: false });
		turns.turn(0, at("critical", quiet), models);
		expect(turns.turn(60_000, at("critical", { calledFor: "normal" }), models)).toEqual([]);
		expect(turns.turn(1_000, at("elevated"), models)).toEqual([{ kind: "emergency-ends" }]);
		expect(turns.turn(29_000, at("critical", quiet), models)).toEqual([]);
		expect(kinds(turns.turn(1_000, at("critical", quiet), models))).toContain("emergency-begins");
		turns.turn(1_000, at("elevated"), models);
		expect(kinds(turns.turn(1_000, at("critical", { kernelLevel: 4 }), models))).toContain(
			"emergency-begins",
		);
	});

	it("does not begin while models hold less than 5 % of memory, and says so once", () => {
		const turns = startTurns();
		const small = [watched("small", 0.89, { unusedForMs: 0 })];
		expect(kinds(turns.turn(0, at("critical"), small))).toEqual(["others-pressure"]);
		expect(turns.turn(1_000, at("critical"), small)).toEqual([]);
		expect(kinds(turns.turn(1_000, at("critical"), [watched("grown", 0.91)]))).toEqual([
			"others-pressure-over",
			"emergency-begins",
			"step",
			"end-loads",
			"ask",
		]);
	});

	it("counts a mapped model that is idle by what it holds, and one that works by all of it", () => {
		const mapped = watched("mapped", 9, { heldBytes: 0.5 * BYTES_PER_GB });
		expect(bytesOf(mapped)).toBe(0.5 * BYTES_PER_GB);
		expect(bytesOf({ ...mapped, state: "busy" })).toBe(9 * BYTES_PER_GB);
		expect(kinds(startTurns().turn(0, at("critical"), [{ ...mapped, unusedForMs: 0 }]))).toEqual([
			"others-pressure",
		]);
	});

	it("ends at once when it is paused", () => {
		const turns = startTurns();
		turns.turn(0, at("critical"), crew);
		expect(turns.turn(250, at("critical"), crew, { active: false })).toEqual([{ kind: "emergency-ends" }]);
	});
});

describe("whatever the machine and the models do", () => {
	const states = ["loading", "idle", "busy", "unknown", "draining", "unloading"] as const;
	const model = fc.record({
		key: fc.constantFrom("a", "b", "c", "d"),
		state: fc.constantFrom(...states),
		gb: fc.double({ min: 0, max: 20, noNaN: true }),
		unusedForMs: fc.integer({ min: 0, max: 200_000 }),
		pinned: fc.boolean(),
		answersChat: fc.boolean(),
		answersCarried: fc.boolean(),
	});
	const step = fc.record({
		afterMs: fc.integer({ min: 50, max: 8_000 }),
		level: fc.constantFrom(...PRESSURE_LEVELS),
		calledFor: fc.constantFrom(...PRESSURE_LEVELS),
		kernelLevel: fc.constantFrom(1 as const, 2 as const, 4 as const),
		active: fc.boolean(),
		models: fc.uniqueArray(model, { selector: ({ key }) => key, maxLength: 4 }),
	});
	const episode = fc.array(step, { maxLength: 80 });

	const toModels = (
		models: readonly (Omit<WatchedModel, "name" | "footprintBytes" | "heldBytes"> & { gb: number })[],
	) => models.map(({ gb, ...rest }) => watched(rest.key, gb, rest));

	it("never unloads a pinned or recently used model at high, nor two within 5 s", () => {
		fc.assert(
			fc.property(episode, (steps) => {
				const turns = startTurns();
				let now = 0;
				let last = Number.NEGATIVE_INFINITY;
				for (const { afterMs, models, active, ...sample } of steps) {
					now += afterMs;
					const seen = toModels(models);
					for (const action of turns.turn(afterMs, at(sample.level, sample), seen, { active })) {
						if (action.kind !== "unload") continue;
						expect(active).toBe(true);
						expect(seen.find(({ key }) => key === action.key)).toMatchObject({
							state: "idle",
							pinned: false,
						});
						expect(seen.find(({ key }) => key === action.key)?.unusedForMs).toBeGreaterThanOrEqual(60_000);
						expect(now - last).toBeGreaterThanOrEqual(5_000);
						last = now;
					}
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("never takes a step too early, never begins a second emergency in the cool-down, and asks each model at most once a step", () => {
		fc.assert(
			fc.property(episode, (steps) => {
				const turns = startTurns();
				let now = 0;
				let stepAt = Number.NEGATIVE_INFINITY;
				let endedAt = Number.NEGATIVE_INFINITY;
				let current = 0;
				const asked = new Map<string, number>();
				for (const { afterMs, models, active, ...sample } of steps) {
					now += afterMs;
					const actions = turns.turn(afterMs, at(sample.level, sample), toModels(models), { active });
					for (const action of actions) {
						if (action.kind === "emergency-begins") {
							expect(now - endedAt >= 30_000 || sample.kernelLevel === 4).toBe(true);
							current = 0;
							stepAt = Number.NEGATIVE_INFINITY;
							asked.clear();
						}
						if (action.kind === "emergency-ends") endedAt = now;
						if (action.kind === "step") {
							expect(action.step).toBe(current + 1);
							expect(now - stepAt).toBeGreaterThanOrEqual(1_000);
							current = action.step;
							stepAt = now;
						}
					}
					for (const key of askedKeys(actions.filter(({ kind }) => kind === "ask"))) {
						expect(asked.get(key) ?? 0).toBeLessThan(current);
						asked.set(key, current);
					}
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("comes to rest: under lasting pressure with the same models, an emergency asks for nothing more in the end", () => {
		fc.assert(
			fc.property(fc.uniqueArray(model, { selector: ({ key }) => key, maxLength: 4 }), (models) => {
				const turns = startTurns();
				for (let turn = 0; turn < 10; turn += 1) turns.turn(1_000, at("critical"), toModels(models));
				const emergency = turns.memory().emergency !== null;
				for (let turn = 0; turn < 10; turn += 1) {
					const actions = turns.turn(1_000, at("critical"), toModels(models));
					if (emergency) expect(actions).toEqual([]);
				}
			}),
			{ numRuns: 300 },
		);
	});
});
