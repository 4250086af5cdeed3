const UNIT_BYTES: Readonly<Record<string, number>> = {
	"": 1,
	B: 1,
	K: 1024,
	M: 1024 ** 2,
	G: 1024 ** 3,
	T: 1024 ** 4,
};

/**
 * Reads a size as the system's tools print it: `1423M+`, `5086 MB`, `124,50M`, `1884592 B`. Units count 1024; a
 * decimal comma is as good as a point; the marks that `top` adds for a rise or fall are dropped.
 * Returns bytes, or null for anything else.
 */
export function parseByteSize(text: string): number | null {
	const match = /^([0-9]+(?:[.,][0-9]+)?) ?([BKMGT]?)B?[+-]?$/.exec(text.trim());
	if (match === null) return null;
	const [, figure = "", unit = ""] = match;
	const factor = UNIT_BYTES[unit];
	return factor === undefined ? null : Math.round(Number(figure.replace(",", ".")) * factor);
}
