/** A stretch of Markdown that can be formatted without the rest. */
export interface MarkdownBlock {
	/** Where it begins; the same for as long as the text before it is. */
	readonly at: number;
	readonly text: string;
}

/** Blocks are not cut shorter than this, so that a list of a hundred lines does not become a hundred blocks. */
const SHORTEST = 400;

/**
 * Splits a text at blank lines outside of fences, where the next line begins a block of its own, so that a growing
 * answer is formatted anew only in its last block. What refers across blocks (a footnote, a link's address given
 * below) is shown as it was written.
 */
export function splitMarkdown(text: string): readonly MarkdownBlock[] {
	const blocks: MarkdownBlock[] = [];
	let fence: string | null = null;
	let begin = 0;
	let afterBlank = false;
	let at = 0;
	while (at < text.length) {
		const newline = text.indexOf("\n", at);
		const end = newline === -1 ? text.length : newline + 1;
		const line = text.slice(at, end);
		const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
		const opens = fence === null && marks !== undefined;
		const standsAlone = opens || /^[^\s\d>|+*-]/.test(line);
		if (fence === null && afterBlank && standsAlone && (at - begin >= SHORTEST || opens)) {
			blocks.push({ at: begin, text: text.slice(begin, at) });
			begin = at;
		}
		if (opens) fence = marks;
		else if (fence !== null && marks?.startsWith(fence) && line.trim() === marks) fence = null;
		afterBlank = line.trim() === "";
		at = end;
	}
	if (begin < text.length) blocks.push({ at: begin, text: text.slice(begin) });
	return blocks;
}
