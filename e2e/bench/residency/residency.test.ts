import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
	compareRules,
	HELD_OUT_SEEDS,
	overBudget,
	type RuleName,
	totalSeconds,
	WORST_DAY_SHARE,
	WORST_SHARE,
} from "./residency.ts";

const results = compareRules(HELD_OUT_SEEDS);

describe("making room, over days of requests that the rule was not chosen on", () => {
	it("is tried on at least six kinds of use, each of which really needs room", () => {
		expect(results.length).toBeGreaterThanOrEqual(6);
		for (const { kind, days } of results)
			for (const { leastRecentlyUsed } of days) expect(leastRecentlyUsed.loads, kind).toBeGreaterThan(8);
	});

	it("never goes over the budget, and refuses no more than the other rules do", () => {
		expect(overBudget(results)).toBe(0);
		for (const { kind, days } of results)
			for (const { ours, leastRecentlyUsed, shortestKeepAlive } of days)
				expect(ours.refused, kind).toBeLessThanOrEqual(
					Math.min(leastRecentlyUsed.refused, shortestKeepAlive.refused),
				);
	});

	it.each(results)("$kind: costs at most 5 % more than the better of the other rules", ({ meanShare }) => {
		expect(meanShare).toBeLessThanOrEqual(WORST_SHARE);
	});

	it.each(results)("$kind: no single day is far worse", ({ worstDayShare }) => {
		expect(worstDayShare).toBeLessThanOrEqual(WORST_DAY_SHARE);
	});

	it.each<RuleName>(["leastRecentlyUsed", "shortestKeepAlive"])(
		"costs at least 8 % less in all than %s",
		(rule) => {
			expect(totalSeconds(results, "ours")).toBeLessThan(0.92 * totalSeconds(results, rule));
		},
	);

	it("docs/memory.md says how it went", async () => {
		const file = new URL("../../../docs/memory.md", import.meta.url);
		const text = readFileSync(file, "utf8");
		const [head = "", rest = ""] = text.split(/(?<=<!-- rules -->\n)/);
		const tail = rest.slice(rest.indexOf("<!-- /rules -->"));
		await expect(`${head}\n${table()}\n${tail}`).toMatchFileSnapshot(file.pathname);
	});
});

function table(): string {
	const seconds = (value: number) => `${value.toFixed(0)} s`;
	const percent = (share: number) => `${share < 1 ? "−" : "+"}${Math.abs(100 * (share - 1)).toFixed(1)} %`;
	const head = [
		"use",
		"Plimsoll",
		"least recently used",
		"Ollama's rule",
		"against the better one",
		"worst day",
	];
	const rows = results.map(({ kind, meanSeconds, meanShare, worstDayShare }) => [
		kind,
		seconds(meanSeconds.ours),
		seconds(meanSeconds.leastRecentlyUsed),
		seconds(meanSeconds.shortestKeepAlive),
		percent(meanShare),
		percent(worstDayShare),
	]);
	const total = [
		"all of them",
		...(["ours", "leastRecentlyUsed", "shortestKeepAlive"] as const).map((rule) =>
			seconds(totalSeconds(results, rule)),
		),
		percent(
			totalSeconds(results, "ours") /
				Math.min(totalSeconds(results, "leastRecentlyUsed"), totalSeconds(results, "shortestKeepAlive")),
		),
		"",
	];
	return [head, head.map(() => "---"), ...rows, total].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
