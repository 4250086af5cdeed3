const YEAR_MS = 365.25 * 24 * 3600 * 1000;

/**
 * A time as Go writes it (RFC 3339 with up to nine digits of a second and any offset) in milliseconds since 1970,
 * or null where it is none.
 */
export function readTime(text: string | null | undefined): number | null {
	if (text === null || text === undefined) return null;
	const parts = /^(\d{4,5}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(text.trim());
	if (parts === null) return null;
	const fraction = (parts[2] ?? ".000").slice(0, 4).padEnd(4, "0");
	const at = Date.parse(`${parts[1]?.replace(" ", "T")}${fraction}${parts[3]}`);
	return Number.isNaN(at) ? null : at;
}

/**
 * When a model expires, milliseconds since 1970; null for never. An engine writes "never" as a time almost three
 * centuries away, so anything more than a hundred years from now, either way, is never.
 */
export function readExpiry(text: string | null | undefined, nowMs: number): number | null {
	const at = readTime(text);
	return at === null || Math.abs(at - nowMs) > 100 * YEAR_MS ? null : at;
}
