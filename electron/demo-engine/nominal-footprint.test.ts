import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { demoLibrary } from "./library/library.ts";
import { describeModelFile } from "./model-file.ts";
import { nominalFootprint, tensorBytes } from "./nominal-footprint.ts";
import { recordedModelFiles } from "./testing/recorded-models.ts";

interface Observation {
	readonly ps?: {
		readonly models: readonly {
			readonly name: string;
			readonly size: number;
			readonly context_length: number;
		}[];
	};
	readonly runners?: readonly {
		readonly argv?: readonly string[];
		readonly rss_anon_bytes: number;
		readonly rss_file_bytes?: number;
	}[];
}

/** Every row of `/api/ps` that was seen with one runner beside it, each size once. */
function observedRows(version: string) {
	const folder = fileURLToPath(new URL(`../../e2e/fixtures/ollama/${version}/`, import.meta.url));
	const rows = new Map<string, { name: string; size: number; context: number; residentBytes: number }>();
	for (const file of readdirSync(folder)) {
		const { observed = [] } = JSON.parse(readFileSync(`${folder}${file}`, "utf8")) as {
			observed?: readonly Observation[];
		};
		for (const { ps, runners } of observed) {
			const [row, ...others] = ps?.models ?? [];
			const [runner, ...more] = runners ?? [];
			if (row === undefined || runner === undefined || others.length + more.length > 0) continue;
			const residentBytes = runner.rss_anon_bytes + (runner.rss_file_bytes ?? 0);
			const key = `${row.name} ${row.context_length}`;
			if (!rows.has(key))
				rows.set(key, { name: row.name, size: row.size, context: row.context_length, residentBytes });
		}
	}
	return [...rows.values()];
}

describe.each([
	["0.24.0", "0.24"],
	["0.33.0", "0.33"],
] as const)("the nominal footprint against what %s reported", (version, flavour) => {
	const files = recordedModelFiles(version).filter(({ tensors }) => tensors !== undefined);
	const known = observedRows(version).flatMap((row) => {
		const file = files.find(({ name }) => name === row.name);
		return file === undefined ? [] : [{ ...row, description: describeModelFile(file, null) }];
	});

	test("there are rows to compare with", () => {
		expect(known.length).toBeGreaterThanOrEqual(5);
	});

	test.each(known.map((row) => [row.name, row.context, row] as const))(
		"%s with %i tokens: the size ps said, and resident bytes within a twentieth",
		(_name, contextLength, { description, size, residentBytes }) => {
			const footprint = nominalFootprint(description, { flavour, contextLength, parallel: 1 });
			// For very small models the work buffers' formula is up to 15 % high; in ordinary ones they hardly count.
			const tolerance = Math.max(size / 100, footprint.computeBytes * 0.15);
			expect(Math.abs(footprint.reportedBytes - size)).toBeLessThan(tolerance);
			// The work buffers come with the first prompt, which some of these had answered.
			expect(residentBytes).toBeGreaterThan(footprint.loadedBytes * 0.95);
			expect(residentBytes).toBeLessThan(footprint.workingBytes * 1.05);
		},
	);
});

test("the tensors of every published model add up to its published size", () => {
	for (const { name, sizeBytes, tensors, projectorBytes } of demoLibrary("0.33").pullable) {
		const bytes = tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), projectorBytes);
		expect(Math.abs(bytes - sizeBytes) / sizeBytes, name).toBeLessThan(0.04);
	}
});
