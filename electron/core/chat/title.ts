/** Longest title that Plimsoll gives by itself, characters. */
const TITLE_LENGTH = 60;

/** A title from a conversation's first question: its first line with words in it, cut between two words. */
export function titleOf(question: string, untitled: string): string {
	const line = question
		.slice(0, 4_000)
		.split("\n")
		.map((each) =>
			each
				.replaceAll(/[`*#>|_~]+/g, " ")
				.replaceAll(/\s+/g, " ")
				.trim(),
		)
		.find((each) => /[\p{L}\p{N}]/u.test(each));
	const characters = [...(line ?? untitled)];
	if (characters.length <= TITLE_LENGTH) return characters.join("");
	const cut = characters.slice(0, TITLE_LENGTH).join("");
	const space = cut.lastIndexOf(" ");
	// Where words are not parted by blanks the cut may be anywhere.
	return `${(space > TITLE_LENGTH / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
