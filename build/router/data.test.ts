import { describe, expect, it } from "vitest";
import { fold } from "../../electron/core/router/classifier/text.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import { isOwn, type Row, readProbeRows, readTrainingRows } from "./rows.ts";

const root = new URL("../..", import.meta.url).pathname;
const rows = readTrainingRows(root);
const probe = readProbeRows(root);

/** A prompt without case, spaces and marks. */
const bare = ({ prompt }: Row): string => fold(prompt).replace(/[^\p{L}\p{M}\p{N}]/gu, "") || prompt;

function runsOf(text: string): ReadonlySet<string> {
	return new Set(Array.from({ length: Math.max(1, text.length - 3) }, (_, at) => text.slice(at, at + 4)));
}

/** Share of runs of four characters that two texts have in common. */
function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
	let shared = 0;
	for (const run of one) if (other.has(run)) shared += 1;
	return shared / (one.size + other.size - shared);
}

describe("prompts to train with", () => {
	it("are enough, of known domains, and a third of the own ones is not English", () => {
		const own = rows.filter(isOwn);
		expect(own.length).toBeGreaterThan(4_000);
		expect(own.filter(({ lang }) => lang !== "en").length * 3).toBeGreaterThanOrEqual(own.length);
		for (const row of rows) expect(CLASSIFIED_DOMAINS).toContain(row.domain);
	});

	it("stand once, so that none has two domains", () => {
		const seen = new Map<string, Row>();
		const twice = rows.filter((row) => {
			const known = seen.has(bare(row));
			seen.set(bare(row), row);
			return known;
		});
		expect(twice.map(({ prompt }) => prompt)).toEqual([]);
	});

	it("are none of the probe's, nor nearly", () => {
		const asked = probe.map((row) => ({ text: bare(row), runs: runsOf(bare(row)) }));
		const texts = new Set(asked.map(({ text }) => text));
		const near = rows.filter((row) => {
			const text = bare(row);
			if (texts.has(text)) return true;
			const runs = runsOf(text);
			return asked.some(
				(other) =>
					other.runs.size < runs.size * 1.7 &&
					runs.size < other.runs.size * 1.7 &&
					overlap(runs, other.runs) > 0.6,
			);
		});
		expect(near.map(({ prompt }) => prompt)).toEqual([]);
	}, 120_000);
});

describe("the probe", () => {
	it("has at least 80 prompts a domain, a third not English", () => {
		for (const domain of CLASSIFIED_DOMAINS)
			expect(probe.filter((row) => row.domain === domain).length).toBeGreaterThanOrEqual(80);
		expect(probe.filter(({ lang }) => lang !== "en").length * 3).toBeGreaterThanOrEqual(probe.length * 0.98);
	});
});
