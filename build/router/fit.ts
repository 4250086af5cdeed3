import { BLOCKS } from "../../electron/core/router/classifier/features.ts";
import type { Weights } from "../../electron/core/router/classifier/weights.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import type { Corpus } from "./examples.ts";
import { type Learned, type Learning, learn } from "./learn.ts";
import { promptsWith, vocabularyOf, type Worth } from "./vocabulary.ts";

const DOMAINS = CLASSIFIED_DOMAINS.length;

/** What is chosen by leaving sources out, never by the probe. */
export interface Settings extends Learning, Worth {
	readonly mostFeatures: number;
}

/** The features that move answers most: by the spread of their weights and how often they are met. */
function strongest(learned: Learned, corpus: Corpus, most: number): Uint32Array {
	const met = promptsWith(corpus);
	const ranked = [...learned.vocabulary].map((feature, index) => {
		const own = learned.weights.subarray(index * DOMAINS, (index + 1) * DOMAINS);
		return { feature, strength: (Math.max(...own) - Math.min(...own)) * Math.sqrt(met[feature] as number) };
	});
	const hashOf = (feature: number): number => corpus.hashes[feature] as number;
	ranked.sort((a, b) => b.strength - a.strength || hashOf(a.feature) - hashOf(b.feature));
	return Uint32Array.from(ranked.slice(0, most), ({ feature }) => feature).sort(
		(a, b) => hashOf(a) - hashOf(b),
	);
}

/** Rounds what was learned to bytes. */
function rounded(learned: Learned, corpus: Corpus, settings: Settings): Weights {
	const blockOf = Uint8Array.from(learned.vocabulary, (feature) => corpus.blocks[feature] as number);
	const most = new Float64Array(BLOCKS.length);
	learned.weights.forEach((value, at) => {
		const block = blockOf[Math.floor(at / DOMAINS)] as number;
		most[block] = Math.max(most[block] as number, Math.abs(value));
	});
	const steps = [...most].map((value) => value / 127 || 1);
	return {
		lexicon: corpus.lexicon,
		features: Uint32Array.from(learned.vocabulary, (feature) => corpus.hashes[feature] as number),
		weights: Int8Array.from(learned.weights, (value, at) =>
			Math.round(value / (steps[blockOf[Math.floor(at / DOMAINS)] as number] as number)),
		),
		steps: steps.map((step, block) => step * (settings.gains[block] as number)),
		bias: [...learned.bias],
		sharpness: 1,
		leastConfidence: 0,
	};
}

/** Trains weights on a corpus; the same corpus and settings make the same weights. Not yet calibrated. */
export function fit(corpus: Corpus, settings: Settings): Weights {
	const first = learn(corpus, vocabularyOf(corpus, settings), settings);
	if (first.vocabulary.length <= settings.mostFeatures) return rounded(first, corpus, settings);
	const vocabulary = strongest(first, corpus, settings.mostFeatures);
	return rounded(learn(corpus, vocabulary, settings), corpus, settings);
}
