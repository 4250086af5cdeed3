import { type Lexicon, readFeatures } from "../../electron/core/router/classifier/features.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import { isOwn, type Row } from "./rows.ts";

/** A row as the trainer sees it. */
export interface Example {
	readonly row: Row;
	readonly domain: number;
	readonly weight: number;
	/** Hashes, each once. */
	readonly hashes: Uint32Array;
	/** Block of each hash. */
	readonly blocks: Uint8Array;
}

/** Reads a row's features. */
export function exampleOf(row: Row, prompt: string, weight: number, lexicon: Lexicon): Example {
	const found = new Map<number, number>();
	readFeatures(prompt, lexicon, (block, hash) => {
		if (!found.has(hash)) found.set(hash, block);
	});
	return {
		row,
		domain: CLASSIFIED_DOMAINS.indexOf(row.domain),
		weight,
		hashes: Uint32Array.from(found.keys()),
		blocks: Uint8Array.from(found.values()),
	};
}

/** How much rows count. */
export interface Weighting {
	/** An own prompt against a row of a public data set. */
	readonly own: number;
	/** Most that one data set may count for in one domain, in rows. */
	readonly sourceCap: number;
}

/**
 * The examples to learn from: all rows, weighted so that no public data set speaks louder than `sourceCap` rows, that
 * own prompts count more, and that all domains together count the same.
 */
export function examplesOf(rows: readonly Row[], lexicon: Lexicon, weighting: Weighting): readonly Example[] {
	const perSource = new Map<string, number>();
	const keyOf = (row: Row): string => `${row.source} ${row.domain}`;
	for (const row of rows) perSource.set(keyOf(row), (perSource.get(keyOf(row)) ?? 0) + 1);
	return rows.map((row) => {
		const count = perSource.get(keyOf(row)) ?? 1;
		const weight = isOwn(row) ? weighting.own : Math.min(1, weighting.sourceCap / count);
		return exampleOf(row, row.prompt, weight, lexicon);
	});
}
