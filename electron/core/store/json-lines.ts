/** Where a value stands in a JSON text: object keys and array indices from the top. */
export type JsonPath = readonly PropertyKey[];

/** A JSON text with the line of everything in it, or its first syntax error. Lines count from 1. */
export type JsonText =
	| { readonly kind: "read"; readonly value: unknown; lineOf(path: JsonPath): number }
	| { readonly kind: "broken"; readonly line: number; readonly problem: string };

class SyntaxProblem extends Error {
	readonly offset: number;

	constructor(offset: number, problem: string) {
		super(problem);
		this.offset = offset;
	}
}

const BLANK = /[ \t\r\n]*/y;
/** A text in quotes on one line; JSON.parse decides whether its escapes are right. */
const STRING = /"(?:[^"\\\r\n]|\\.)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
/** Deeper than any settings file; keeps the walk from exhausting the stack. */
const MAX_DEPTH = 100;

function keyOf(path: JsonPath): string {
	return JSON.stringify(path.map(String));
}

/** Walks a JSON text and notes where each key or element begins. */
class Walk {
	readonly offsets = new Map<string, number>();
	readonly #text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	document(): void {
		this.#blank();
		this.#value([]);
		if (this.#at < this.#text.length) this.#fail("nothing more may stand after the last bracket");
	}

	#fail(problem: string): never {
		if (this.#at < this.#text.length) throw new SyntaxProblem(this.#at, problem);
		throw new SyntaxProblem(this.#text.trimEnd().length, `the file ends too early: ${problem}`);
	}

	#take(pattern: RegExp): string | null {
		pattern.lastIndex = this.#at;
		const found = pattern.exec(this.#text);
		if (found === null) return null;
		this.#at += found[0].length;
		return found[0];
	}

	#blank(): void {
		this.#take(BLANK);
	}

	#is(character: string): boolean {
		if (this.#text[this.#at] !== character) return false;
		this.#at += 1;
		this.#blank();
		return true;
	}

	#string(what: string): string {
		const start = this.#at;
		const raw = this.#take(STRING);
		try {
			if (raw !== null) return JSON.parse(raw) as string;
		} catch {
			this.#at = start;
		}
		const quoted = this.#text[start] === '"';
		return this.#fail(
			quoted ? "this text in quotes is not closed or holds a character that needs an escape" : what,
		);
	}

	#value(path: JsonPath): void {
		if (path.length > MAX_DEPTH) this.#fail("nested too deeply");
		if (!this.offsets.has(keyOf(path))) this.offsets.set(keyOf(path), this.#at);
		if (this.#is("{")) this.#object(path);
		else if (this.#is("[")) this.#array(path);
		else if (this.#text[this.#at] === '"') this.#string("");
		else if (this.#take(SCALAR) === null) this.#fail("a value is missing or is not JSON");
		this.#blank();
	}

	#object(path: JsonPath): void {
		if (this.#is("}")) return;
		do {
			const start = this.#at;
			const key = this.#string("a key in double quotes is expected");
			// Of a key that stands twice the last one counts, as in JSON.parse.
			this.offsets.set(keyOf([...path, key]), start);
			this.#blank();
			if (!this.#is(":")) this.#fail(`a colon is missing after "${key}"`);
			this.#value([...path, key]);
		} while (this.#is(","));
		if (!this.#is("}")) this.#fail("a comma or a closing brace is missing");
	}

	#array(path: JsonPath): void {
		if (this.#is("]")) return;
		let index = 0;
		do {
			this.#value([...path, index]);
			index += 1;
		} while (this.#is(","));
		if (!this.#is("]")) this.#fail("a comma or a closing bracket is missing");
	}
}

function lineAt(text: string, offset: number): number {
	return text.slice(0, offset).split("\n").length;
}

/**
 * Reads a JSON text and knows the line of every key, so that a person who edited it by hand can be told where to
 * look. JSON.parse cannot: on Node 20 most of its errors carry no position.
 */
export function readJson(text: string): JsonText {
	const walk = new Walk(text);
	try {
		walk.document();
	} catch (thrown) {
		if (!(thrown instanceof SyntaxProblem)) throw thrown;
		return { kind: "broken", line: lineAt(text, thrown.offset), problem: thrown.message };
	}
	return {
		kind: "read",
		value: JSON.parse(text),
		lineOf(path) {
			for (let length = path.length; length > 0; length -= 1) {
				const offset = walk.offsets.get(keyOf(path.slice(0, length)));
				if (offset !== undefined) return lineAt(text, offset);
			}
			return 1;
		},
	};
}
