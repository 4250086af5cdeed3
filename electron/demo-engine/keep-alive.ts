/** What a `keep_alive` came to: milliseconds (`Infinity` for ever), nothing said, or Go's complaint. */
export type KeepAlive =
	| { readonly kind: "unset" }
	| { readonly kind: "for"; readonly ms: number }
	| { readonly kind: "error"; readonly message: string };

const UNIT_MS: Readonly<Record<string, number>> = {
	ns: 1e-6,
	us: 1e-3,
	µs: 1e-3,
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
};

/** Parses a Go duration such as `1h30m` or `-1m`; a string is the error text of Go's own parser. */
export function parseGoDuration(text: string): number | string {
	const quoted = JSON.stringify(text);
	const sign = text.startsWith("-") ? -1 : 1;
	let rest = text.replace(/^[+-]/, "");
	if (rest === "0") return 0;
	if (rest === "") return `time: invalid duration ${quoted}`;
	let total = 0;
	while (rest !== "") {
		const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
		if (number === undefined) return `time: invalid duration ${quoted}`;
		rest = rest.slice(number.length);
		const unit = /^[^\d.]+/.exec(rest)?.[0];
		if (unit === undefined) return `time: missing unit in duration ${quoted}`;
		rest = rest.slice(unit.length);
		const unitMs = UNIT_MS[unit];
		if (unitMs === undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
		total += Number(number) * unitMs;
	}
	return sign * total;
}

/** Reads a `keep_alive` value as Ollama does: numbers are seconds, negative is for ever. */
export function parseKeepAlive(value: unknown): KeepAlive {
	if (value === undefined || value === null) return { kind: "unset" };
	if (typeof value === "number")
		return { kind: "for", ms: value < 0 ? Number.POSITIVE_INFINITY : value * 1000 };
	if (typeof value === "string") {
		const ms = parseGoDuration(value);
		if (typeof ms === "string") return { kind: "error", message: ms };
		return { kind: "for", ms: ms < 0 ? Number.POSITIVE_INFINITY : ms };
	}
	const goType =
		typeof value === "boolean" ? "bool" : Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
	return { kind: "error", message: `Unsupported type: '${goType}'` };
}
