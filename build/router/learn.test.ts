import { describe, expect, it } from "vitest";
import { compileLexicon } from "./compile-lexicon.ts";
import { corpusOf } from "./examples.ts";
import { learn } from "./learn.ts";
import { readTrainingRows } from "./rows.ts";
import { SETTINGS, WEIGHTING } from "./settings.ts";
import { vocabularyOf } from "./vocabulary.ts";

const root = new URL("../..", import.meta.url).pathname;
const rows = readTrainingRows(root).filter((_, index) => index % 60 === 0);
const corpus = corpusOf(rows, compileLexicon(), WEIGHTING);
const vocabulary = vocabularyOf(corpus, { leastPrompts: 2, leastSources: 2 });
const learned = (seed: number, trainings: number) =>
	learn(corpus, vocabulary, { ...SETTINGS, seed, trainings });

describe("several trainings", () => {
	const [one, other, both] = [learned(5, 1), learned(6, 1), learned(5, 2)];

	it("differ by their seed, and give their mean", () => {
		expect(one.weights).not.toEqual(other.weights);
		both.weights.forEach((weight, at) => {
			expect(weight).toBeCloseTo(((one.weights[at] as number) + (other.weights[at] as number)) / 2, 10);
		});
		both.bias.forEach((bias, at) => {
			expect(bias).toBeCloseTo(((one.bias[at] as number) + (other.bias[at] as number)) / 2, 10);
		});
	});
});

describe("the vocabulary", () => {
	it("holds, in the order of their hashes, features that several sources share", () => {
		const hashes = [...vocabulary].map((feature) => corpus.hashes[feature] as number);
		expect(hashes).toEqual([...hashes].sort((a, b) => a - b));
		const [feature] = vocabulary;
		const sources = corpus.examples
			.filter(({ features }) => features.includes(feature as number))
			.map(({ row }) => row.source);
		expect(new Set(sources).size).toBeGreaterThan(1);
		expect(vocabulary.length).toBeLessThan(vocabularyOf(corpus, { leastPrompts: 2, leastSources: 1 }).length);
	});
});
