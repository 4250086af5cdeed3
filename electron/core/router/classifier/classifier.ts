import { CLASSIFIED_DOMAINS, type ClassifiedDomain } from "../../../../shared/router.ts";
import { FeatureTable } from "./feature-table.ts";
import { BLOCKS, readFeatures } from "./features.ts";
import type { Weights } from "./weights.ts";

const DOMAINS = CLASSIFIED_DOMAINS.length;
const GENERAL = CLASSIFIED_DOMAINS.indexOf("general");

const CHARACTERS = BLOCKS.indexOf("characters");
const LETTER = /\p{L}/u;

/** What a prompt is about, as far as its text tells. */
export interface Classification {
	readonly domain: ClassifiedDomain;
	/** Calibrated probability of `domain`, 0 to 1. */
	readonly confidence: number;
	readonly runnerUp: ClassifiedDomain;
	/** Probability of every domain; they add up to 1. */
	readonly scores: Readonly<Record<ClassifiedDomain, number>>;
	/** True where no domain was likely enough and `general` stands in. */
	readonly unsure: boolean;
}

/** Tells what prompts are about, by trained weights; no side effects, well under a millisecond. */
export class Classifier {
	readonly #weights: Weights;
	readonly #table: FeatureTable;
	/** The last prompt's number, for each feature that it held: a feature counts once a prompt. */
	readonly #seenBy: Uint32Array;
	#prompt = 0;

	constructor(weights: Weights) {
		this.#weights = weights;
		this.#table = new FeatureTable(weights.features);
		this.#seenBy = new Uint32Array(weights.features.length);
	}

	/** Classifies a prompt's text. */
	classify(prompt: string): Classification {
		const { scores, read } = this.#score(prompt);
		const chances = probabilities(scores, this.#weights.sharpness);
		const order = chances
			.map((_, index) => index)
			.sort((a, b) => (chances[b] as number) - (chances[a] as number));
		const [best = GENERAL, second = GENERAL] = order;
		const unsure = best !== GENERAL && (!read || (chances[best] as number) < this.#weights.leastConfidence);
		const chosen = unsure ? GENERAL : best;
		return {
			domain: CLASSIFIED_DOMAINS[chosen] as ClassifiedDomain,
			confidence: chances[chosen] as number,
			runnerUp: CLASSIFIED_DOMAINS[unsure ? best : second] as ClassifiedDomain,
			scores: Object.fromEntries(
				CLASSIFIED_DOMAINS.map((domain, index) => [domain, chances[index]]),
			) as Record<ClassifiedDomain, number>,
			unsure,
		};
	}

	/** Scores by domain, and whether anything of the prompt's words could be read; a strange script gives only its length away. */
	#score(prompt: string): { readonly scores: readonly number[]; readonly read: boolean } {
		const { weights, steps, bias, lexicon } = this.#weights;
		this.#prompt += 1;
		const sums = BLOCKS.map(() => new Int32Array(DOMAINS));
		const known = new Int32Array(BLOCKS.length);
		readFeatures(prompt, lexicon, (block, hash) => {
			const feature = this.#table.numberOf(hash);
			if (feature < 0 || this.#seenBy[feature] === this.#prompt) return;
			this.#seenBy[feature] = this.#prompt;
			known[block] = (known[block] as number) + 1;
			const sum = sums[block] as Int32Array;
			for (let domain = 0; domain < DOMAINS; domain += 1)
				sum[domain] = (sum[domain] as number) + (weights[feature * DOMAINS + domain] as number);
		});
		const scores = bias.map((start, domain) =>
			sums.reduce(
				(score, sum, block) =>
					score + (sum[domain] as number) * (steps[block] as number) * blockScale(known[block] as number),
				start,
			),
		);
		return { scores, read: known[CHARACTERS] !== 0 || !LETTER.test(prompt) };
	}
}

/** What each of a block's features counts for: together they are a vector of length one. */
export function blockScale(features: number): number {
	return features === 0 ? 0 : 1 / Math.sqrt(features);
}

/** Softmax. */
export function probabilities(scores: readonly number[], sharpness: number): readonly number[] {
	const top = Math.max(...scores);
	const powers = scores.map((score) => Math.exp((score - top) * sharpness));
	const sum = powers.reduce((total, power) => total + power, 0);
	return powers.map((power) => power / sum);
}
