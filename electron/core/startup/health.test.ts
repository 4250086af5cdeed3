import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { sampleState } from "../gateway/testing/sample-state.ts";
import { type HealthFacts, healthOf } from "./health.ts";

const { engine, machine } = sampleState();
const fine: HealthFacts = {
	at: 5,
	engine,
	machine: machine === null ? null : { ...machine, level: "normal" },
	settingsProblem: null,
	cleanUp: { mode: "own", unloaded: [], used: [], failed: [] },
};
const bad = (facts: Partial<HealthFacts>) =>
	healthOf({ ...fine, ...facts })
		.checks.filter(({ good }) => !good)
		.map(({ name, message }) => `${name}: ${message.id}`);

describe("the check after the start", () => {
	it("is good where everything is", () => {
		expect(healthOf(fine)).toMatchObject({ at: 5, good: true });
		expect(bad({})).toEqual([]);
	});

	it("names each thing that is not", () => {
		const away = { ...engine, connection: { state: "not-installed", sinceAt: 0, nextTryAt: 0 } as const };
		expect(bad({ engine: away, cleanUp: null })).toEqual(["engine: health.engine-bad"]);
		expect(bad({ machine: null })).toEqual(["memory: health.memory-bad"]);
		expect(bad({ machine: machine === null ? null : { ...machine, level: "critical" } })).toEqual([
			"memory: health.memory-short",
		]);
		const problem = AppError.of("settings-invalid", { file: "f", line: 3, problem: "p" }).serialize();
		expect(bad({ settingsProblem: problem })).toEqual(["settings: health.settings-bad"]);
		const cleanUp = { mode: "all", unloaded: ["a"], used: [], failed: ["b"] } as const;
		expect(bad({ cleanUp })).toEqual(["leftovers: health.leftovers-bad"]);
	});
});
