import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLASSIFIED_DOMAINS } from "../../../../shared/router.ts";
import { Classifier } from "./classifier.ts";
import { conceptsIn, phraseHash, stemHash } from "./lexicon.ts";
import { fold, sampleOf, tokensOf } from "./text.ts";
import { decodeWeights, encodeWeights } from "./weights.ts";

const file = readFileSync(new URL("../../../../build/router/weights/router-weights.bin", import.meta.url));
const weights = decodeWeights(file);
const classifier = new Classifier(weights);

describe("the classifier", () => {
	it.each([
		["TypeError: cannot read properties of undefined (reading 'map')\n    at App (App.jsx:14:20)", "coding"],
		[
			"A tank holds 240 litres and drains at 16 litres a minute. How long until it is half empty?",
			"reasoning",
		],
		["what does the label in this photo say", "vision"],
		["Schreib mir eine freundliche Absage an meinen Nachbarn", "writing"],
		["Why do cats knead blankets?", "general"],
		["haha good night, talk tomorrow", "smalltalk"],
		["Hi! Thanks again for yesterday. Could you fix this regex for me: ^[a-z+$", "coding"],
	])("takes “%s” as %s", (prompt, domain) => {
		expect(classifier.classify(prompt).domain).toBe(domain);
	});

	it("gives probabilities that add up to one, the best first", () => {
		const { domain, runnerUp, confidence, scores } = classifier.classify("How do I bake bread in a pan?");
		expect(Object.values(scores).reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 9);
		expect(scores[domain]).toBe(confidence);
		expect(scores[runnerUp]).toBeLessThanOrEqual(confidence);
		expect(Object.keys(scores)).toEqual([...CLASSIFIED_DOMAINS]);
	});

	it("takes what it cannot read as general, not as small talk", () => {
		for (const prompt of ["ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᏂᏴᏫᏯ", "ߒߞߏ ߞߊ߲ ߠߊߝߊߟߌ ߞߍ", "ⵜⴰⵎⴰⵣⵉⵖⵜ ⵉⵎⴰⵣⵉⵖⵏ ⵜⴰⵎⵓⵔⵜ"])
			expect(classifier.classify(prompt).domain).not.toBe("smalltalk");
	});

	it("falls to general where nothing is likely enough, and names the likeliest next", () => {
		const timid = new Classifier({ ...weights, leastConfidence: 1 });
		const told = timid.classify("Refactor this Python class");
		expect(told).toMatchObject({ domain: "general", unsure: true, runnerUp: "coding" });
		expect(told.confidence).toBe(told.scores.general);
	});

	it("reads a long paste at its head and at its tail", () => {
		const filler = "lorem ipsum dolor ".repeat(2_000);
		const task = "Write a Python function that parses this log and fix the bug in the regex:\n";
		expect(classifier.classify(task + filler).domain).toBe("coding");
		expect(sampleOf(task + filler).length).toBeLessThan(1_300);
		expect(sampleOf(`${filler}the end`).endsWith("the end")).toBe(true);
	});
});

describe("a file of weights", () => {
	it("comes out as it went in", () => {
		expect(Buffer.from(encodeWeights(weights)).equals(file)).toBe(true);
		expect(file.byteLength).toBeLessThan(1_000_000);
	});

	it("is refused when it is another file, of another version, or cut short", () => {
		const other = Uint8Array.from(file);
		other[0] = 0;
		expect(() => decodeWeights(other)).toThrow(RangeError);
		const later = Uint8Array.from(file);
		later[4] = 99;
		expect(() => decodeWeights(later)).toThrow("version 99");
		expect(() => decodeWeights(file.subarray(0, 5_000))).toThrow(RangeError);
	});
});

describe("reading a text", () => {
	it("sees through case, accents, widths and traditional characters", () => {
		expect(fold("FÜR Ｅｘｃｅｌ 請問")).toBe("fur excel 请问");
		expect(fold("किताब")).toBe("किताब");
	});

	it("takes words, figures, marks and runs of characters apart, and counts sentences", () => {
		const tokens = tokensOf("What's C++? Reactで3つ。\nnew.line x");
		expect(tokens.map(({ text, kind, sentence }) => `${sentence} ${kind} ${text}`)).toEqual([
			"0 word whats",
			"0 word c++",
			"0 mark ?",
			"1 word react",
			"1 cjk で",
			"1 number 0",
			"1 cjk つ",
			"1 mark 。",
			"2 word new",
			"2 mark .",
			"2 word line",
			"2 word x",
		]);
	});

	it("finds concepts as whole words, phrases and beginnings of words", () => {
		const lexicon = new Map([
			[phraseHash(["react"]), [1]],
			[phraseHash(["thank", "you"]), [2]],
			[stemHash("calculat"), [3]],
		]);
		const met = (text: string) => conceptsIn(tokensOf(text), lexicon).map(({ concept }) => concept);
		expect(met("a chemical reaction")).toEqual([]);
		expect(met("Thank you, React calculates")).toEqual([2, 1, 3]);
		expect(met("thank, you")).toEqual([]);
	});
});
