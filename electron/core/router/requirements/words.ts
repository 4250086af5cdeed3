/** Words of the scripts that set words apart by spaces and do not join endings to foreign ones: Latin, Greek, Cyrillic. */
const LETTER = "a-z0-9_\\u00b5-\\u024f\\u0370-\\u052f\\u1e00-\\u1eff";
const WORD = new RegExp(`[${LETTER}]+(?:[.+#]+[${LETTER}]*)*`, "g");
const APART = new RegExp(`[${LETTER}]`);
/** Words of a phrase at most. */
const PHRASE_WORDS = 5;
/** Letters by which beginnings of words are found. */
const STEM_LETTERS = 3;

/** Words of a text, lower case; a dot, plus or hash inside or behind a word belongs to it ("vue.js", "c++"), a full stop does not. */
function wordsOf(text: string): readonly string[] {
	return (text.match(WORD) ?? []).map((word) => word.replace(/\.+$/, ""));
}

/**
 * Lists of words and phrases by name, looked up in one pass. Entries stand between commas; one that ends in `*` stands
 * for all words that begin so. Words are found whole ("react" is not in "reaction", but it is in "Reactで"); entries of
 * scripts that join words are found wherever they stand.
 */
export class WordLists<Name extends string> {
	readonly #phrases = new Map<string, Name[]>();
	readonly #stems = new Map<string, (readonly [string, Name])[]>();
	readonly #anywhere: (readonly [string, Name])[] = [];

	constructor(lists: Readonly<Record<Name, string>>) {
		for (const name of Object.keys(lists) as Name[])
			for (const entry of lists[name].split(",")) this.#add(entry.trim().toLowerCase(), name);
	}

	#add(entry: string, name: Name): void {
		if (!APART.test(entry)) {
			this.#anywhere.push([entry, name]);
			return;
		}
		const words = wordsOf(entry);
		const stem = words[0];
		if (entry.endsWith("*") && words.length === 1 && stem !== undefined) {
			const key = stem.slice(0, STEM_LETTERS);
			this.#stems.set(key, [...(this.#stems.get(key) ?? []), [stem, name]]);
			return;
		}
		const phrase = words.join(" ");
		this.#phrases.set(phrase, [...(this.#phrases.get(phrase) ?? []), name]);
	}

	/** Names of the lists of which the text holds an entry. */
	in(text: string): ReadonlySet<Name> {
		const lower = text.toLowerCase();
		const found = new Set<Name>();
		const words = wordsOf(lower);
		for (let at = 0; at < words.length; at += 1) {
			const first = words[at] as string;
			let phrase = "";
			for (let more = 0; more < PHRASE_WORDS && at + more < words.length; more += 1) {
				phrase = more === 0 ? first : `${phrase} ${words[at + more]}`;
				for (const name of this.#phrases.get(phrase) ?? []) found.add(name);
			}
			for (const [stem, name] of this.#stems.get(first.slice(0, STEM_LETTERS)) ?? [])
				if (first.startsWith(stem)) found.add(name);
		}
		for (const [entry, name] of this.#anywhere) if (lower.includes(entry)) found.add(name);
		return found;
	}
}
