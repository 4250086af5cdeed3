import { finish, mix, mixText, seedOf } from "./hash.ts";
import type { Token } from "./text.ts";

/** Longest phrase of a lexicon, in words, and longest entry without spaces, in UTF-16 units. */
const PHRASE_WORDS = 4;
const CJK_UNITS = 6;
/** Shortest beginning of a word that may stand for the word (`calculat*`). */
const STEM_UNITS = 2;

const PHRASE_SEED = seedOf(200);
const STEM_SEED = seedOf(201);
const CJK_SEED = seedOf(202);

/** Hash of a phrase of whole words. */
export function phraseHash(words: readonly string[]): number {
	let hash = PHRASE_SEED;
	for (const word of words) hash = mix(mixText(hash, word), 32);
	return finish(hash);
}

/** Hash of the beginning of a word. */
export function stemHash(stem: string): number {
	return finish(mixText(STEM_SEED, stem));
}

/** Hash of an entry of a script without spaces. */
export function cjkHash(text: string): number {
	return finish(mixText(CJK_SEED, text));
}

/** Where a concept was met. */
export interface ConceptAt {
	readonly concept: number;
	/** Index of the token in which it begins. */
	readonly token: number;
	readonly sentence: number;
}

/**
 * Finds the concepts of a lexicon in a prompt, in reading order: whole words and phrases, beginnings of words, and, in
 * scripts without spaces, the longest entry at each place.
 */
export function conceptsIn(
	tokens: readonly Token[],
	lexicon: ReadonlyMap<number, readonly number[]>,
): readonly ConceptAt[] {
	const found: ConceptAt[] = [];
	const add = (concepts: readonly number[], token: number, sentence: number): void => {
		for (const concept of concepts) found.push({ concept, token, sentence });
	};
	for (let at = 0; at < tokens.length; at += 1) {
		const token = tokens[at];
		if (token === undefined || token.kind === "mark" || token.kind === "number") continue;
		if (token.kind === "cjk") {
			cjkConcepts(token.text, lexicon, (concepts) => add(concepts, at, token.sentence));
			continue;
		}
		let hash = PHRASE_SEED;
		for (let words = 1; words <= PHRASE_WORDS; words += 1) {
			const next = tokens[at + words - 1];
			if (next === undefined || next.kind !== "word") break;
			hash = mix(mixText(hash, next.text), 32);
			const concepts = lexicon.get(finish(hash));
			if (concepts !== undefined) add(concepts, at, token.sentence);
		}
		let stem = STEM_SEED;
		for (let unit = 0; unit < token.text.length; unit += 1) {
			stem = mix(stem, token.text.charCodeAt(unit));
			if (unit + 1 < STEM_UNITS) continue;
			const concepts = lexicon.get(finish(stem));
			if (concepts !== undefined) add(concepts, at, token.sentence);
		}
	}
	return found;
}

function cjkConcepts(
	text: string,
	lexicon: ReadonlyMap<number, readonly number[]>,
	add: (concepts: readonly number[]) => void,
): void {
	let at = 0;
	while (at < text.length) {
		let hash = CJK_SEED;
		let longest = 1;
		let met: readonly number[] | undefined;
		for (let units = 1; units <= CJK_UNITS && at + units <= text.length; units += 1) {
			hash = mix(hash, text.charCodeAt(at + units - 1));
			const concepts = lexicon.get(finish(hash));
			if (concepts === undefined) continue;
			met = concepts;
			longest = units;
		}
		if (met !== undefined) add(met);
		at += longest;
	}
}
