/** Shortest word that the index of three-letter pieces can find. */
const INDEXED_LENGTH = 3;

/** A search as it is asked of the database: words for the index, and short ones to be looked for one by one. */
export interface TextQuery {
	/** All words, as they were typed. */
	readonly words: readonly string[];
	/** The index's own query, or null where every word is too short for it. */
	readonly match: string | null;
	/** Conditions for words of one or two characters, and what they are bound to. */
	readonly conditions: readonly { readonly sql: string; readonly value: string }[];
}

/** True for a word that looks the same in upper and in lower case, as in Chinese and Japanese. */
function isCaseless(word: string): boolean {
	return word.toLowerCase() === word.toUpperCase();
}

/** What was typed into the search field as a query; null where there is nothing to look for. */
export function textQuery(typed: string): TextQuery | null {
	const words = typed
		.normalize("NFC")
		.split(/\s+/)
		.filter((word) => word !== "");
	if (words.length === 0) return null;
	const long = words.filter((word) => [...word].length >= INDEXED_LENGTH);
	const short = words.filter((word) => !long.includes(word));
	return {
		words,
		match: long.length === 0 ? null : long.map((word) => `"${word.replaceAll('"', '""')}"`).join(" AND "),
		// `instr` is twice as fast as LIKE and knows no case, so that it serves where there is none.
		conditions: short.map((word) =>
			isCaseless(word)
				? { sql: "instr(text, ?) > 0", value: word }
				: {
						sql: String.raw`text LIKE ? ESCAPE '\'`,
						value: `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`,
					},
		),
	};
}

/** Characters shown before and after what was found. */
const BEFORE = 24;
const AFTER = 96;

/** The next place that does not cut a character in two. */
function wholeFrom(text: string, at: number): number {
	const code = text.charCodeAt(at);
	return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}

/** The text around the first of some words, on one line; null where none of them stands in it. */
export function excerptOf(
	text: string,
	words: readonly string[],
): { readonly text: string; readonly from: number; readonly to: number } | null {
	// Positions must be those of the text itself; lower case may be longer than what it comes from.
	const lower = text.toLowerCase();
	const folded = lower.length === text.length ? lower : text;
	for (const word of words) {
		const at = folded.indexOf(word.toLowerCase());
		if (at === -1) continue;
		const start = wholeFrom(text, Math.max(0, at - BEFORE));
		const end = wholeFrom(text, Math.min(text.length, at + word.length + AFTER));
		const lead = start === 0 ? "" : "… ";
		const around = (from: number, to: number) => text.slice(from, to).replaceAll(/\s/g, " ");
		const before = around(start, at).trimStart();
		return {
			text: `${lead}${before}${around(at, end).trimEnd()}${end === text.length ? "" : " …"}`,
			from: lead.length + before.length,
			to: lead.length + before.length + word.length,
		};
	}
	return null;
}
