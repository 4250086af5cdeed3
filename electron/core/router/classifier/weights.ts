import { CLASSIFIED_DOMAINS } from "../../../../shared/router.ts";
import { BLOCKS, type Lexicon } from "./features.ts";
import { SHAPE_NAMES } from "./shape.ts";

/** Version of how prompts are read into features and how weights are stored; weights of another version are refused. */
export const WEIGHTS_VERSION = 1;

const MAGIC = 0x504c5257; // "PLRW"
const DOMAIN_COUNT = CLASSIFIED_DOMAINS.length;
const HEADER_WORDS = 9;

/** A trained classifier: one signed byte for every feature it knows and domain, and what turns sums into probabilities. */
export interface Weights {
	readonly lexicon: Lexicon;
	/** Hashes of the known features, ascending. */
	readonly features: Uint32Array;
	/** Weights of feature n from n × domains on. */
	readonly weights: Int8Array;
	/** What one step of a weight is worth in each block. */
	readonly steps: readonly number[];
	readonly bias: readonly number[];
	/** Scores are multiplied by this before they become probabilities. */
	readonly sharpness: number;
	/** Below this probability the answer is `general`. */
	readonly leastConfidence: number;
}

/** Writes weights as the file that is shipped: little-endian, no padding but to four bytes. */
export function encodeWeights(weights: Weights): Uint8Array {
	const entries = [...weights.lexicon.concepts].flatMap(([hash, concepts]) =>
		concepts.map((concept): readonly [number, number] => [hash, concept]),
	);
	const social = [...weights.lexicon.social];
	const floats = [...weights.steps, ...weights.bias, weights.sharpness, weights.leastConfidence];
	const features = weights.features.length;
	const bytes =
		HEADER_WORDS * 4 + floats.length * 8 + entries.length * 5 + social.length + features * (4 + DOMAIN_COUNT);
	const file = new Uint8Array(bytes);
	const view = new DataView(file.buffer);
	let at = 0;
	const word = (value: number): void => {
		view.setUint32(at, value, true);
		at += 4;
	};
	for (const value of [
		MAGIC,
		WEIGHTS_VERSION,
		DOMAIN_COUNT,
		SHAPE_NAMES.length,
		BLOCKS.length,
		floats.length,
		entries.length,
		social.length,
		features,
	])
		word(value);
	for (const value of floats) {
		view.setFloat64(at, value, true);
		at += 8;
	}
	for (const [hash] of entries) word(hash);
	for (const hash of weights.features) word(hash);
	for (const [, concept] of entries) view.setUint8(at++, concept);
	for (const concept of social) view.setUint8(at++, concept);
	for (const value of weights.weights) view.setInt8(at++, value);
	return file;
}

/** Reads a file of weights. Throws a RangeError where it is no such file, of another version, or cut short. */
export function decodeWeights(file: Uint8Array): Weights {
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	let at = 0;
	const word = (): number => {
		at += 4;
		return view.getUint32(at - 4, true);
	};
	const [
		magic,
		version,
		domains,
		shapes,
		blockCount,
		floatCount = 0,
		entryCount = 0,
		socialCount = 0,
		featureCount = 0,
	] = Array.from({ length: HEADER_WORDS }, word);
	if (magic !== MAGIC) throw new RangeError("this is no file of router weights");
	const reads = [WEIGHTS_VERSION, DOMAIN_COUNT, SHAPE_NAMES.length, BLOCKS.length];
	if ([version, domains, shapes, blockCount].some((value, index) => value !== reads[index]))
		throw new RangeError(`router weights of version ${version}, ${WEIGHTS_VERSION} is read`);
	const floats = Array.from({ length: floatCount }, () => {
		at += 8;
		return view.getFloat64(at - 8, true);
	});
	const hashes = Array.from({ length: entryCount }, word);
	const features = Uint32Array.from({ length: featureCount }, word);
	const concepts = new Map<number, number[]>();
	for (const hash of hashes) {
		const known = concepts.get(hash);
		if (known === undefined) concepts.set(hash, [view.getUint8(at++)]);
		else known.push(view.getUint8(at++));
	}
	const social = new Set(Array.from({ length: socialCount }, () => view.getUint8(at++)));
	const weights = new Int8Array(featureCount * DOMAIN_COUNT);
	for (let index = 0; index < weights.length; index += 1) weights[index] = view.getInt8(at++);
	const blocks = BLOCKS.length;
	return {
		lexicon: { concepts, social },
		features,
		weights,
		steps: floats.slice(0, blocks),
		bias: floats.slice(blocks, blocks + DOMAIN_COUNT),
		sharpness: floats[blocks + DOMAIN_COUNT] as number,
		leastConfidence: floats[blocks + DOMAIN_COUNT + 1] as number,
	};
}
