import { blockScale } from "../../electron/core/router/classifier/classifier.ts";
import { BLOCKS } from "../../electron/core/router/classifier/features.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import type { Corpus, Example } from "./examples.ts";
import { randomFrom, shuffle } from "./random.ts";

const DOMAINS = CLASSIFIED_DOMAINS.length;
/** For each feature the weights of all domains, then the sums of their squared gradients, beside each other in memory. */
const STRIDE = 2 * DOMAINS;

/** How weights are learned. */
export interface Learning {
	/** Trainings that are averaged: each sees the prompts in another order and other features hidden, which one alone takes to heart. */
	readonly trainings: number;
	/** Of the first training; the others count on from it. */
	readonly seed: number;
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
}

/** What was learned, before it is rounded to bytes. */
export interface Learned {
	/** Numbers of the features in the corpus. */
	readonly vocabulary: Uint32Array;
	/** By feature of the vocabulary, then domain. */
	readonly weights: Float64Array;
	readonly bias: Float64Array;
}

/** Logistic regression over all domains at once, the mean of several trainings. */
export function learn(corpus: Corpus, vocabulary: Uint32Array, learning: Learning): Learned {
	const place = new Int32Array(corpus.hashes.length).fill(-1);
	vocabulary.forEach((feature, index) => {
		place[feature] = index;
	});
	const task: Task = {
		examples: corpus.examples,
		rows: corpus.examples.map(({ features }) =>
			features.filter((feature) => place[feature] !== -1).map((feature) => place[feature] as number),
		),
		blockOf: Uint8Array.from(vocabulary, (feature) => corpus.blocks[feature] as number),
		perDomain: domainWeights(corpus.examples, learning.balance),
	};
	const sum = new Float64Array(vocabulary.length * DOMAINS);
	const biasSum = new Float64Array(DOMAINS);
	let snapshots = 0;
	for (let training = 0; training < learning.trainings; training += 1)
		trainOnce(task, learning, randomFrom(learning.seed + training), (state, bias) => {
			snapshots += 1;
			for (let at = 0; at < sum.length; at += 1)
				sum[at] = (sum[at] as number) + (state[Math.floor(at / DOMAINS) * STRIDE + (at % DOMAINS)] as number);
			for (let domain = 0; domain < DOMAINS; domain += 1)
				biasSum[domain] = (biasSum[domain] as number) + (bias[domain] as number);
		});
	return {
		vocabulary,
		weights: sum.map((value) => value / snapshots),
		bias: biasSum.map((value) => value / snapshots),
	};
}

/** What all trainings share. */
interface Task {
	readonly examples: readonly Example[];
	/** Places in the vocabulary of each example's features. */
	readonly rows: readonly Uint32Array[];
	readonly blockOf: Uint8Array;
	readonly perDomain: readonly number[];
}

function domainWeights(examples: readonly Example[], balance: number): readonly number[] {
	const totals = new Float64Array(DOMAINS);
	for (const { domain, weight } of examples) totals[domain] = (totals[domain] as number) + weight;
	const mean = totals.reduce((sum, total) => sum + total, 0) / DOMAINS;
	return [...totals].map((total) => (total === 0 ? 1 : (mean / total) ** balance));
}

/** One training: AdaGrad, a prompt at a time; hands over what it has after each of the later passes. */
function trainOnce(
	{ examples, rows, blockOf, perDomain }: Task,
	{ passes, rate: fullRate, decay, hidden, gains, doubt }: Learning,
	random: () => number,
	snapshot: (state: Float32Array, bias: Float64Array) => void,
): void {
	const state = new Float32Array(blockOf.length * STRIDE);
	for (let at = 0; at < state.length; at += 1) if (at % STRIDE >= DOMAINS) state[at] = 1e-6;
	const bias = new Float64Array(DOMAINS);
	const order = Uint32Array.from(examples.keys());
	const scores = new Float64Array(DOMAINS);
	const values = new Float64Array(BLOCKS.length);
	const shown = new Uint32Array(rows.reduce((most, row) => Math.max(most, row.length), 0));
	for (let pass = 0; pass < passes; pass += 1) {
		shuffle(order, random);
		const rate = fullRate * (1 - (0.7 * pass) / passes);
		for (const index of order) {
			const example = examples[index] as Example;
			let count = 0;
			values.fill(0);
			for (const feature of rows[index] as Uint32Array) {
				if (random() < hidden) continue;
				shown[count] = feature;
				count += 1;
				const block = blockOf[feature] as number;
				values[block] = (values[block] as number) + 1;
			}
			for (let block = 0; block < values.length; block += 1)
				values[block] = blockScale(values[block] as number) * (gains[block] as number);
			scores.set(bias);
			for (let nth = 0; nth < count; nth += 1) {
				const feature = shown[nth] as number;
				const value = values[blockOf[feature] as number] as number;
				const at = feature * STRIDE;
				for (let domain = 0; domain < DOMAINS; domain += 1)
					scores[domain] = (scores[domain] as number) + (state[at + domain] as number) * value;
			}
			toGradients(scores, example, perDomain, doubt);
			for (let domain = 0; domain < DOMAINS; domain += 1)
				bias[domain] = (bias[domain] as number) - 0.02 * rate * (scores[domain] as number);
			for (let nth = 0; nth < count; nth += 1) {
				const feature = shown[nth] as number;
				const value = values[blockOf[feature] as number] as number;
				const at = feature * STRIDE;
				for (let domain = 0; domain < DOMAINS; domain += 1) {
					const weight = state[at + domain] as number;
					const gradient = (scores[domain] as number) * value + decay * weight;
					const square = (state[at + DOMAINS + domain] as number) + gradient * gradient;
					state[at + DOMAINS + domain] = square;
					state[at + domain] = weight - (rate * gradient) / Math.sqrt(square);
				}
			}
		}
		if (pass * 2 >= passes) snapshot(state, bias);
	}
}

/** Turns scores, in place, into how much each was too high, times what the example counts. */
function toGradients(
	scores: Float64Array,
	example: Example,
	perDomain: readonly number[],
	doubt: number,
): void {
	let top = scores[0] as number;
	for (const score of scores) if (score > top) top = score;
	let total = 0;
	for (let domain = 0; domain < DOMAINS; domain += 1) {
		scores[domain] = Math.exp((scores[domain] as number) - top);
		total += scores[domain] as number;
	}
	const weight = example.weight * (perDomain[example.domain] as number);
	for (let domain = 0; domain < DOMAINS; domain += 1) {
		const wanted = domain === example.domain ? 1 - doubt : doubt / (DOMAINS - 1);
		scores[domain] = ((scores[domain] as number) / total - wanted) * weight;
	}
}
