/** Characters a token holds in most scripts; from here on in Unicode a character is about a token. */
const CHARACTERS_PER_TOKEN = 3.6;
const FIRST_DENSE = 0x0e00;

/** Roughly how many tokens a text takes; rather too many than too few. */
export function estimateTokens(text: string): number {
	let dense = 0;
	for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= FIRST_DENSE) dense += 1;
	return Math.ceil(dense + (text.length - dense) / CHARACTERS_PER_TOKEN);
}
