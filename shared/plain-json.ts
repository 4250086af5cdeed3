import { AppError } from "./errors.ts";

/** Longest argument of a call, in UTF-16 units of its JSON; at most three times as many bytes on a wire. */
export const MAX_ARGUMENT_LENGTH = 16 * 1024 ** 2;

/**
 * The value as plain JSON: keys without a value are left out, everything else is kept as it is. Structured clone
 * (Electron) and JSON (WebSocket) carry different things, so what only one of them could carry is refused here.
 * Throws a TypeError for dates, maps, sets, class instances, functions, symbols, big integers and numbers that are
 * not finite.
 */
export function toPlainJson(value: unknown, at = "value"): unknown {
	if (value === null || typeof value === "string" || typeof value === "boolean") return value;
	if (typeof value === "number") {
		if (Number.isFinite(value)) return value;
		throw new TypeError(`${at} is ${value}, which is not JSON`);
	}
	if (typeof value !== "object") throw new TypeError(`${at} is a ${typeof value}, which is not JSON`);
	if (Array.isArray(value)) return value.map((item, index) => toPlainJson(item, `${at}[${index}]`));
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null)
		throw new TypeError(`${at} is a ${value.constructor.name}, which is not JSON`);
	const plain: Record<string, unknown> = {};
	for (const [key, item] of Object.entries(value)) {
		if (item === undefined) continue;
		// An own key of this name must stay data instead of becoming the prototype.
		Object.defineProperty(plain, key, {
			value: toPlainJson(item, `${at}.${key}`),
			enumerable: true,
			configurable: true,
			writable: true,
		});
	}
	return plain;
}

/** An argument as JSON text, ready to cross. Throws `invalid-argument` or `body-too-large`. */
export function encodeArgument(name: string, argument: unknown): string {
	let text: string;
	try {
		text = JSON.stringify(toPlainJson(argument ?? null, name));
	} catch (thrown) {
		const problem = thrown instanceof Error ? thrown.message : String(thrown);
		throw AppError.of("invalid-argument", { what: name, problem }, thrown);
	}
	if (text.length > MAX_ARGUMENT_LENGTH)
		throw AppError.of("body-too-large", { limitBytes: MAX_ARGUMENT_LENGTH });
	return text;
}
