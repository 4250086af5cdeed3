/** Tokens of a character, by where it stands in Unicode: a rule of thumb, rather more than less. */
function tokensOf(code: number): number {
	if (code >= 0x61 && code <= 0x7a) return 0.25;
	if (code >= 0x41 && code <= 0x5a) return 0.35;
	if (code >= 0x30 && code <= 0x39) return 0.6;
	if (code <= 0x20) return 0.12;
	if (code < 0x80) return 0.8;
	// Greek, Cyrillic, Hebrew, Arabic and what else has an alphabet.
	if (code < 0x0e00) return 0.45;
	return 1.1;
}

/** About how many tokens a text takes, by what its characters are. */
export function estimateTokens(text: string): number {
	let tokens = 0;
	for (let at = 0; at < text.length; at += 1) tokens += tokensOf(text.charCodeAt(at));
	return Math.ceil(tokens);
}
