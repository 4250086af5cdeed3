import { type Lexicon, readFeatures } from "../../electron/core/router/classifier/features.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import { isOwn, type Row } from "./rows.ts";

/** A row as the trainer sees it. */
export interface Example {
	readonly row: Row;
	readonly domain: number;
	readonly weight: number;
	/** Numbers of its features in the corpus, each once. */
	readonly features: Uint32Array;
}

/** Examples, and what the numbers of their features stand for. */
export interface Corpus {
	readonly lexicon: Lexicon;
	readonly examples: readonly Example[];
	/** Hash of each feature. */
	readonly hashes: Uint32Array;
	/** Block of each feature. */
	readonly blocks: Uint8Array;
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
export function corpusOf(rows: readonly Row[], lexicon: Lexicon, weighting: Weighting): Corpus {
	const perSource = new Map<string, number>();
	const keyOf = (row: Row): string => `${row.source} ${row.domain}`;
	for (const row of rows) perSource.set(keyOf(row), (perSource.get(keyOf(row)) ?? 0) + 1);
	const numbers = new Map<number, number>();
	const blocks: number[] = [];
	const examples = rows.map((row) => {
		const count = perSource.get(keyOf(row)) ?? 1;
		const found = new Set<number>();
		readFeatures(row.prompt, lexicon, (block, hash) => {
			let number = numbers.get(hash);
			if (number === undefined) {
				number = blocks.push(block) - 1;
				numbers.set(hash, number);
			}
			found.add(number);
		});
		return {
			row,
			domain: CLASSIFIED_DOMAINS.indexOf(row.domain),
			weight: isOwn(row) ? weighting.own : Math.min(1, weighting.sourceCap / count),
			features: Uint32Array.from(found),
		};
	});
	return { lexicon, examples, hashes: Uint32Array.from(numbers.keys()), blocks: Uint8Array.from(blocks) };
}

/** The corpus without a source's examples. */
export function without(corpus: Corpus, source: string): Corpus {
	return { ...corpus, examples: corpus.examples.filter(({ row }) => row.source !== source) };
}
