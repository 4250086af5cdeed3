import { blockScale } from "../../electron/core/router/classifier/classifier.ts";
import { FeatureTable } from "../../electron/core/router/classifier/feature-table.ts";
import { BLOCKS, type Lexicon } from "../../electron/core/router/classifier/features.ts";
import type { Weights } from "../../electron/core/router/classifier/weights.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import type { Example } from "./examples.ts";
import { randomFrom, shuffle } from "./random.ts";

const DOMAINS = CLASSIFIED_DOMAINS.length;

/** What is chosen by leaving sources out, never by the probe. */
export interface Settings {
	/** A feature is learned when it stands in so many prompts … */
	readonly leastPrompts: number;
	/** … of so many data sets or writers: what one source alone says is its style. */
	readonly leastSources: number;
	readonly mostFeatures: number;
	readonly passes: number;
	readonly rate: number;
	/** Pull of every weight towards nothing. */
	readonly decay: number;
	/** Share of a prompt's features that are hidden each time it is shown. */
	readonly hidden: number;
	/** What a block's features are multiplied by. */
	readonly gains: readonly number[];
	/** 0: domains count as their rows do; 1: all count the same. */
	readonly balance: number;
	/** Share of probability that is spread over the other domains, so that a wrong label does less harm. */
	readonly doubt: number;
	readonly seed: number;
}

/** What was learned, before it is rounded to bytes. */
interface Learned {
	readonly features: Uint32Array;
	readonly blockOf: Uint8Array;
	readonly weights: Float64Array;
	readonly bias: Float64Array;
}

/** Features worth learning: hash to block. */
function vocabulary(examples: readonly Example[], settings: Settings): ReadonlyMap<number, number> {
	const prompts = new Map<number, number>();
	const firstSource = new Map<number, number>();
	const several = new Set<number>();
	const blocks = new Map<number, number>();
	const sources = new Map<string, number>();
	for (const { row, hashes, blocks: blocksOf } of examples) {
		const source = sources.get(row.source) ?? sources.size;
		sources.set(row.source, source);
		hashes.forEach((hash, index) => {
			const count = prompts.get(hash);
			prompts.set(hash, (count ?? 0) + 1);
			if (count === undefined) {
				firstSource.set(hash, source);
				blocks.set(hash, blocksOf[index] as number);
			} else if (firstSource.get(hash) !== source) several.add(hash);
		});
	}
	return new Map(
		[...blocks].filter(
			([hash]) =>
				(prompts.get(hash) ?? 0) >= settings.leastPrompts && (settings.leastSources < 2 || several.has(hash)),
		),
	);
}

function domainWeights(examples: readonly Example[], balance: number): readonly number[] {
	const totals = new Float64Array(DOMAINS);
	for (const { domain, weight } of examples) totals[domain] = (totals[domain] as number) + weight;
	const mean = totals.reduce((sum, total) => sum + total, 0) / DOMAINS;
	return [...totals].map((total) => (total === 0 ? 1 : (mean / total) ** balance));
}

/** Logistic regression over all domains at once: AdaGrad, one prompt at a time, the weights averaged over the last passes. */
function learn(
	examples: readonly Example[],
	known: ReadonlyMap<number, number>,
	settings: Settings,
): Learned {
	const features = Uint32Array.from(known.keys()).sort();
	const blockOf = Uint8Array.from(features, (hash) => known.get(hash) as number);
	const table = new FeatureTable(features);
	const rows = examples.map(({ hashes }) =>
		Uint32Array.from([...hashes].map((hash) => table.numberOf(hash)).filter((index) => index >= 0)),
	);
	const size = features.length * DOMAINS;
	const weights = new Float64Array(size);
	const squares = new Float64Array(size).fill(1e-6);
	const sum = new Float64Array(size);
	const bias = new Float64Array(DOMAINS);
	const biasSum = new Float64Array(DOMAINS);
	const perDomain = domainWeights(examples, settings.balance);
	const random = randomFrom(settings.seed);
	const order = Uint32Array.from(examples.keys());
	const scores = new Float64Array(DOMAINS);
	const known4 = new Float64Array(BLOCKS.length);
	let averaged = 0;
	for (let pass = 0; pass < settings.passes; pass += 1) {
		shuffle(order, random);
		const rate = settings.rate * (1 - (0.7 * pass) / settings.passes);
		for (const index of order) {
			const example = examples[index] as Example;
			const row = rows[index] as Uint32Array;
			const shown: number[] = [];
			known4.fill(0);
			for (const feature of row) {
				if (settings.hidden > 0 && random() < settings.hidden) continue;
				shown.push(feature);
				const block = blockOf[feature] as number;
				known4[block] = (known4[block] as number) + 1;
			}
			for (let block = 0; block < known4.length; block += 1)
				known4[block] = blockScale(known4[block] as number) * (settings.gains[block] as number);
			for (let domain = 0; domain < DOMAINS; domain += 1) scores[domain] = bias[domain] as number;
			for (const feature of shown) {
				const value = known4[blockOf[feature] as number] as number;
				const at = feature * DOMAINS;
				for (let domain = 0; domain < DOMAINS; domain += 1)
					scores[domain] = (scores[domain] as number) + (weights[at + domain] as number) * value;
			}
			let top = scores[0] as number;
			for (const score of scores) if (score > top) top = score;
			let total = 0;
			for (let domain = 0; domain < DOMAINS; domain += 1) {
				scores[domain] = Math.exp((scores[domain] as number) - top);
				total += scores[domain] as number;
			}
			const weight = example.weight * (perDomain[example.domain] as number);
			for (let domain = 0; domain < DOMAINS; domain += 1) {
				const wanted = domain === example.domain ? 1 - settings.doubt : settings.doubt / (DOMAINS - 1);
				scores[domain] = ((scores[domain] as number) / total - wanted) * weight;
				bias[domain] = (bias[domain] as number) - 0.02 * rate * (scores[domain] as number);
			}
			for (const feature of shown) {
				const value = known4[blockOf[feature] as number] as number;
				const at = feature * DOMAINS;
				for (let domain = 0; domain < DOMAINS; domain += 1) {
					const gradient =
						(scores[domain] as number) * value + settings.decay * (weights[at + domain] as number);
					const square = (squares[at + domain] as number) + gradient * gradient;
					squares[at + domain] = square;
					weights[at + domain] = (weights[at + domain] as number) - (rate * gradient) / Math.sqrt(square);
				}
			}
		}
		if (pass * 2 >= settings.passes) {
			averaged += 1;
			for (let at = 0; at < size; at += 1) sum[at] = (sum[at] as number) + (weights[at] as number);
			for (let at = 0; at < DOMAINS; at += 1) biasSum[at] = (biasSum[at] as number) + (bias[at] as number);
		}
	}
	return {
		features,
		blockOf,
		weights: sum.map((value) => value / averaged),
		bias: biasSum.map((value) => value / averaged),
	};
}

/** The features that move answers most: by the spread of their weights and how often they are met. */
function strongest(
	learned: Learned,
	examples: readonly Example[],
	most: number,
): ReadonlyMap<number, number> {
	const met = new Map<number, number>();
	for (const { hashes } of examples) for (const hash of hashes) met.set(hash, (met.get(hash) ?? 0) + 1);
	const ranked = [...learned.features].map((hash, index) => {
		const own = learned.weights.subarray(index * DOMAINS, (index + 1) * DOMAINS);
		const spread = Math.max(...own) - Math.min(...own);
		return {
			hash,
			block: learned.blockOf[index] as number,
			strength: spread * Math.sqrt(met.get(hash) ?? 0),
		};
	});
	ranked.sort((a, b) => b.strength - a.strength || a.hash - b.hash);
	return new Map(ranked.slice(0, most).map(({ hash, block }) => [hash, block]));
}

/** Rounds what was learned to bytes. */
function rounded(learned: Learned, lexicon: Lexicon, settings: Settings): Weights {
	const most = new Float64Array(BLOCKS.length);
	learned.weights.forEach((value, at) => {
		const block = learned.blockOf[Math.floor(at / DOMAINS)] as number;
		most[block] = Math.max(most[block] as number, Math.abs(value));
	});
	const steps = [...most].map((value) => value / 127 || 1);
	const weights = Int8Array.from(learned.weights, (value, at) =>
		Math.round(value / (steps[learned.blockOf[Math.floor(at / DOMAINS)] as number] as number)),
	);
	return {
		lexicon,
		features: learned.features,
		weights,
		steps: steps.map((step, block) => step * (settings.gains[block] as number)),
		bias: [...learned.bias],
		sharpness: 1,
		leastConfidence: 0,
	};
}

/** Trains weights on examples; the same examples and settings make the same weights. Not yet calibrated. */
export function fit(examples: readonly Example[], lexicon: Lexicon, settings: Settings): Weights {
	const all = vocabulary(examples, settings);
	const first = learn(examples, all, settings);
	if (first.features.length <= settings.mostFeatures) return rounded(first, lexicon, settings);
	return rounded(
		learn(examples, strongest(first, examples, settings.mostFeatures), settings),
		lexicon,
		settings,
	);
}
