import type { Lexicon } from "../../electron/core/router/classifier/features.ts";
import { cjkHash, phraseHash, stemHash } from "../../electron/core/router/classifier/lexicon.ts";
import { tokensOf } from "../../electron/core/router/classifier/text.ts";
import { CONCEPTS, SOCIAL } from "./lexicon/concepts.ts";

/** Turns the lists of words into what is looked up: the hash of every entry with the numbers of its concepts. */
export function compileLexicon(): Lexicon {
	const names = Object.keys(CONCEPTS);
	const concepts = new Map<number, number[]>();
	names.forEach((name, concept) => {
		for (const entry of (CONCEPTS[name] as string).split(",")) {
			const hash = hashOf(entry.trim());
			const known = concepts.get(hash);
			if (known === undefined) concepts.set(hash, [concept]);
			else if (!known.includes(concept)) known.push(concept);
		}
	});
	return { concepts, social: new Set(SOCIAL.map((name) => names.indexOf(name))) };
}

function hashOf(entry: string): number {
	const tokens = tokensOf(entry.replace("*", "")).filter(({ kind }) => kind !== "mark");
	const [first] = tokens;
	if (first === undefined) throw new RangeError(`the lexicon has an empty entry: "${entry}"`);
	if (first.kind === "cjk") return cjkHash(first.text);
	if (entry.endsWith("*") && tokens.length === 1) return stemHash(first.text);
	return phraseHash(tokens.map(({ text }) => text));
}
