import type { Correction, Domain } from "../../../../shared/router.ts";
import { BLOCKS, type Lexicon, readFeatures } from "../classifier/features.ts";

/** From what likeness on a correction speaks for a prompt: the same wish with another name or number. */
const LEAST_LIKENESS = 0.62;

/** A prompt's words and characters, with the length of each part. */
interface Fingerprint {
	readonly parts: readonly ReadonlySet<number>[];
}

/** Blocks that are compared; signs alone would make all short questions alike. */
const COMPARED = [BLOCKS.indexOf("words"), BLOCKS.indexOf("characters")];

/** Read of a prompt: what is wanted again is told at the beginning. */
const READ_UNITS = 400;

const NO_LEXICON: Lexicon = { concepts: new Map(), social: new Set() };

function fingerprintOf(prompt: string): Fingerprint {
	const parts = COMPARED.map(() => new Set<number>());
	readFeatures(prompt.slice(0, READ_UNITS), NO_LEXICON, (block, hash) =>
		parts[COMPARED.indexOf(block)]?.add(hash),
	);
	return { parts };
}

/** Mean cosine over the parts, 0 to 1; 0 where their lengths alone keep it from being enough. */
function likeness(one: Fingerprint, other: Fingerprint): number {
	const most = one.parts.map((part, index) => {
		const against = other.parts[index] as ReadonlySet<number>;
		return Math.sqrt(Math.min(part.size, against.size) / Math.max(part.size, against.size, 1));
	});
	if (Math.max(...most) < LEAST_LIKENESS) return 0;
	let sum = 0;
	let counted = 0;
	one.parts.forEach((part, index) => {
		const against = other.parts[index] as ReadonlySet<number>;
		if (part.size === 0 && against.size === 0) return;
		counted += 1;
		const [fewer, more] = part.size < against.size ? [part, against] : [against, part];
		let shared = 0;
		for (const hash of fewer) if (more.has(hash)) shared += 1;
		if (shared > 0) sum += shared / Math.sqrt(part.size * against.size);
	});
	return counted === 0 ? 0 : sum / counted;
}

/** Finds what people said of similar prompts. Keeps what it has read of each correction. */
export class CorrectionFinder {
	readonly #read = new Map<string, Fingerprint>();

	/** Domain of the most similar corrected prompt and how similar it is, or null where none is similar enough. The newest wins a tie. */
	find(
		prompt: string,
		corrections: readonly Pick<Correction, "prompt" | "domain">[],
	): { readonly domain: Domain; readonly likeness: number } | null {
		if (corrections.length === 0) return null;
		this.#forgetAllBut(corrections);
		const asked = fingerprintOf(prompt);
		let best: { readonly domain: Domain; readonly likeness: number } | null = null;
		for (const correction of corrections) {
			const found = likeness(asked, this.#fingerprint(correction.prompt));
			if (found >= LEAST_LIKENESS && found > (best?.likeness ?? 0))
				best = { domain: correction.domain, likeness: found };
		}
		return best;
	}

	#fingerprint(prompt: string): Fingerprint {
		const known = this.#read.get(prompt);
		if (known !== undefined) return known;
		const read = fingerprintOf(prompt);
		this.#read.set(prompt, read);
		return read;
	}

	#forgetAllBut(corrections: readonly Pick<Correction, "prompt">[]): void {
		if (this.#read.size <= corrections.length) return;
		const kept = new Set(corrections.map(({ prompt }) => prompt));
		for (const prompt of this.#read.keys()) if (!kept.has(prompt)) this.#read.delete(prompt);
	}
}
