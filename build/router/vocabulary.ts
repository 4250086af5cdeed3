import type { Corpus } from "./examples.ts";

/** What makes a feature worth learning. */
export interface Worth {
	/** A feature is learned when it stands in so many prompts … */
	readonly leastPrompts: number;
	/** … of so many data sets or writers, one or two: what one source alone says is its style. */
	readonly leastSources: 1 | 2;
}

/** Numbers of the features worth learning, in the order of their hashes. */
export function vocabularyOf(corpus: Corpus, worth: Worth): Uint32Array {
	const prompts = promptsWith(corpus);
	const firstSource = new Int16Array(corpus.hashes.length).fill(-1);
	const several = new Uint8Array(corpus.hashes.length);
	const sources = new Map<string, number>();
	for (const { row, features } of corpus.examples) {
		const source = sources.get(row.source) ?? sources.size;
		sources.set(row.source, source);
		for (const feature of features) {
			if (firstSource[feature] === -1) firstSource[feature] = source;
			else if (firstSource[feature] !== source) several[feature] = 1;
		}
	}
	return Uint32Array.from(corpus.hashes.keys())
		.filter(
			(feature) =>
				(prompts[feature] as number) >= worth.leastPrompts &&
				(worth.leastSources < 2 || several[feature] === 1),
		)
		.sort((a, b) => (corpus.hashes[a] as number) - (corpus.hashes[b] as number));
}

/** In how many prompts each feature stands. */
export function promptsWith({ examples, hashes }: Corpus): Uint32Array {
	const prompts = new Uint32Array(hashes.length);
	for (const { features } of examples)
		for (const feature of features) prompts[feature] = (prompts[feature] as number) + 1;
	return prompts;
}
