/** Units of a Go duration in milliseconds. */
const UNIT_MS: Readonly<Record<string, number>> = {
	ns: 1e-6,
	us: 1e-3,
	µs: 1e-3,
	μs: 1e-3,
	ms: 1,
	s: 1_000,
	m: 60_000,
	h: 3_600_000,
};

/** A duration as Go writes it ("5m", "1h30m", "-1m", "0") in milliseconds, or null where it is none. */
function goDurationMs(text: string): number | null {
	const [, sign, rest] = /^([+-]?)(.*)$/s.exec(text) ?? [];
	if (rest === undefined) return null;
	if (rest === "0") return 0;
	if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return null;
	let totalMs = 0;
	for (const [, amount, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
		totalMs += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
	return sign === "-" ? -totalMs : totalMs;
}

/**
 * A `keep_alive` as Ollama takes it, in milliseconds: a number of seconds or a Go duration, anything negative is for
 * ever (-1). Null where Ollama would refuse it.
 */
export function keepAliveMs(value: unknown): number | null {
	const ms =
		typeof value === "number" ? value * 1_000 : typeof value === "string" ? goDurationMs(value) : null;
	if (ms === null || !Number.isFinite(ms)) return null;
	if (ms === 0) return 0;
	return ms < 0 ? -1 : ms;
}
