import { beforeAll, describe, expect, it } from "vitest";
import { type DayResult, lost, originalDay, plimsollDay, tooFull } from "./day.ts";
import { dayPrompts } from "./day-prompts.ts";

let day: DayResult;

beforeAll(async () => {
	day = await plimsollDay();
}, 580_000);

describe("a day of 200 prompts through the eleven-member team on a machine of 18 GB", () => {
	it("asks 200 prompts of every kind", () => {
		expect(dayPrompts()).toHaveLength(200);
		expect(new Set(dayPrompts().map(({ domain }) => domain)).size).toBeGreaterThanOrEqual(8);
		expect(new Set(day.answers.map(({ member }) => member)).size).toBeGreaterThanOrEqual(6);
	});

	it("answers every one at normal pressure, by a member that fits", () => {
		const unanswered = day.answers.filter(({ level, member }) => level === "normal" && member === null);
		expect(unanswered).toEqual([]);
		expect(tooFull(day)).toEqual([]);
	});

	it("loses no answer without a word while memory is short", () => {
		expect(lost(day)).toEqual([]);
		const refused = day.answers.filter(({ member }) => member === null);
		for (const { level, status } of refused) expect([level, status]).toEqual(["critical", 503]);
	});

	it("loads less than the original, which loads for every prompt", () => {
		const there = originalDay();
		console.log(
			`loads ${day.loads} (original ${there.loads}), ` +
				`${Math.round(day.reloadSeconds)} s of loading (original ${Math.round(there.reloadSeconds)} s), ` +
				`changes of model ${day.changes} (original's choices ${there.changes})`,
		);
		expect(day.loads).toBeLessThan(there.loads);
		expect(day.reloadSeconds).toBeLessThan(there.reloadSeconds);
	});
});
