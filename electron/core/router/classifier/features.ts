import { finish, mix, mixText, seedOf } from "./hash.ts";
import { conceptsIn } from "./lexicon.ts";
import { SHAPE_NAMES, shapesOf } from "./shape.ts";
import { sampleOf, type Token, tokensOf } from "./text.ts";

/** Parts of what is read from a prompt; each is scaled by itself, so that a long paste does not drown the task. */
export const BLOCKS = ["words", "characters", "places", "signs", "pairs"] as const;
export type Block = (typeof BLOCKS)[number];

/** What a lexicon says: concepts by the hash of their words, and which of them only open or decorate a prompt. */
export interface Lexicon {
	readonly concepts: ReadonlyMap<number, readonly number[]>;
	readonly social: ReadonlySet<number>;
}

/** Takes a feature's hash; called several times for a feature that occurs several times. */
export type Emit = (block: number, hash: number) => void;

const WORDS = 0;
const CHARACTERS = 1;
const PLACES = 2;
const SIGNS = 3;
const PAIRS = 4;

/** Longest run of characters looked at, inside a word and in scripts without spaces. */
const WORD_GRAM = 5;
const CJK_GRAM = 4;
/** Signs that are paired with each other at most; a long paste has more than it means. */
const PAIRED_SIGNS = 22;

const UNIGRAM = seedOf(0);
const BIGRAM = seedOf(1);
const IN_WORD = seedOf(2);
const IN_CJK = seedOf(3);
const OPENING = seedOf(4);
const LAST = seedOf(5);
const SIGN = seedOf(6);
const TWICE = seedOf(7);
const PAIR = seedOf(8);
const FIRST_SENTENCE = seedOf(9);
const LAST_SENTENCE = seedOf(10);
const FIRST_SIGN = seedOf(11);
const FIRST_TWO = seedOf(12);
const TASK_SIGN = seedOf(13);
const TASK_TWO = seedOf(14);
const LAST_SIGN = seedOf(15);

/** Reads a prompt into hashed features. What it reads and how it hashes is fixed by the version of the weights. */
export function readFeatures(prompt: string, lexicon: Lexicon, emit: Emit): void {
	const sample = sampleOf(prompt);
	const tokens = tokensOf(sample);
	emitWords(tokens, emit);
	emitCharacters(tokens, emit);
	emitSigns(sample, tokens, lexicon, emit);
}

function emitWords(tokens: readonly Token[], emit: Emit): void {
	let before: Token | undefined;
	let opening = 0;
	let last: Token | undefined;
	for (const token of tokens) {
		if (token.kind === "cjk") {
			if (opening < 1) {
				opening += 1;
				for (let units = 1; units <= Math.min(3, token.text.length); units += 1)
					emit(PLACES, finish(mixText(OPENING, token.text.slice(0, units))));
			}
			last = token;
			before = undefined;
			continue;
		}
		emit(WORDS, finish(mixText(UNIGRAM, token.text)));
		if (before !== undefined) emit(WORDS, finish(mixText(mix(mixText(BIGRAM, before.text), 32), token.text)));
		if (token.kind !== "mark") {
			if (opening < 3) {
				emit(PLACES, finish(mix(mixText(OPENING, token.text), 48 + opening)));
				if (opening === 1 && before !== undefined)
					emit(PLACES, finish(mix(mixText(mix(mixText(OPENING, before.text), 32), token.text), 48)));
				opening += 1;
			}
			last = token;
		}
		before = token;
	}
	if (last === undefined) return;
	if (last.kind === "cjk")
		for (let units = 1; units <= Math.min(4, last.text.length); units += 1)
			emit(PLACES, finish(mixText(LAST, last.text.slice(-units))));
	else emit(PLACES, finish(mixText(LAST, last.text)));
}

function emitCharacters(tokens: readonly Token[], emit: Emit): void {
	for (const token of tokens) {
		if (token.kind === "cjk") {
			for (let from = 0; from < token.text.length; from += 1) {
				let hash = IN_CJK;
				for (let units = 1; units <= CJK_GRAM && from + units <= token.text.length; units += 1) {
					hash = mix(hash, token.text.charCodeAt(from + units - 1));
					emit(CHARACTERS, finish(hash));
				}
			}
		} else if (token.kind === "word") {
			const word = ` ${token.text} `;
			for (let from = 0; from < word.length - 1; from += 1) {
				let hash = mix(IN_WORD, word.charCodeAt(from));
				for (let units = 2; units <= WORD_GRAM && from + units <= word.length; units += 1) {
					hash = mix(hash, word.charCodeAt(from + units - 1));
					emit(CHARACTERS, finish(hash));
				}
			}
		}
	}
}

/** Where a length falls. */
function bin(value: number, bounds: readonly number[]): number {
	let at = 0;
	for (const bound of bounds) {
		if (value < bound) break;
		at += 1;
	}
	return at;
}

function emitSigns(sample: string, tokens: readonly Token[], lexicon: Lexicon, emit: Emit): void {
	const met = conceptsIn(tokens, lexicon.concepts);
	const shapes = shapesOf(sample);
	const counts = new Map<number, number>();
	for (const { concept } of met) counts.set(concept, (counts.get(concept) ?? 0) + 1);

	// Concepts are numbered behind the shapes.
	const signs = [...counts.keys()].map((concept) => concept + SHAPE_NAMES.length);
	const all = [...signs, ...shapes];
	let numbers = 0;
	let size = 0;
	for (const token of tokens) {
		if (token.kind === "number") numbers += 1;
		if (token.kind !== "mark") size += token.kind === "cjk" ? Math.ceil(token.text.length / 2) : 1;
	}
	all.push(...measures(size, numbers, tokens, met.length));

	for (const sign of all) emit(SIGNS, finish(mix(SIGN, sign)));
	for (const [concept, times] of counts) if (times > 1) emit(SIGNS, finish(mix(TWICE, concept)));
	const paired = all.slice(0, PAIRED_SIGNS).sort((a, b) => a - b);
	paired.forEach((one, index) => {
		for (const other of paired.slice(index + 1)) emit(PAIRS, finish(mix(mix(PAIR, one), other)));
	});

	const lastSentence = tokens.at(-1)?.sentence ?? 0;
	for (const { concept, sentence } of met) {
		if (lastSentence > 0 && sentence === 0) emit(SIGNS, finish(mix(FIRST_SENTENCE, concept)));
		if (lastSentence > 0 && sentence === lastSentence) emit(SIGNS, finish(mix(LAST_SENTENCE, concept)));
	}
	const first = met[0];
	const final = met.at(-1);
	if (first !== undefined && final !== undefined) {
		emit(SIGNS, finish(mix(FIRST_SIGN, first.concept)));
		emit(SIGNS, finish(mix(LAST_SIGN, final.concept)));
		const second = met.find(({ concept }) => concept !== first.concept);
		if (second !== undefined) emit(PAIRS, finish(mix(mix(FIRST_TWO, first.concept), second.concept)));
	}
	// "Hi! Thanks for earlier, can you …": what is wanted comes after the pleasantries.
	const task = met.filter(({ concept }) => !lexicon.social.has(concept));
	if (task[0] !== undefined) {
		emit(SIGNS, finish(mix(TASK_SIGN, task[0].concept)));
		const second = task.find(({ concept }) => concept !== task[0]?.concept);
		if (second !== undefined) emit(PAIRS, finish(mix(mix(TASK_TWO, task[0].concept), second.concept)));
	}
}

/** Signs that are measured: how long, how many figures, how many concepts. Numbered from 1000, clear of the others. */
function measures(
	size: number,
	numbers: number,
	tokens: readonly Token[],
	concepts: number,
): readonly number[] {
	const sentences = (tokens.at(-1)?.sentence ?? 0) + 1;
	return [
		1000 + bin(size, [2, 3, 4, 5, 7, 10, 15, 25, 50, 120]),
		1020 + bin(numbers, [1, 2, 3, 5, 9]),
		1040 + bin(sentences, [2, 3, 5, 9]),
		1060 + bin(concepts, [1, 2, 3, 5, 8]),
	];
}
