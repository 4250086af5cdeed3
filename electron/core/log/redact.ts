const HIDDEN = "[hidden]";
/** Deeper than any figures of ours; keeps endless structures out. */
const MAX_DEPTH = 8;
const MAX_ENTRIES = 200;
const MAX_TEXT = 2000;

/** Keys whose values are what people wrote, what models answered, or what opens doors. Without case, _ and -. */
const HIDDEN_KEY =
	/^(?:prompts?|systemprompt|contents?|messages|response|thinking|images|authorization|(?:set)?cookie|password|passphrase|secret|.*apikey|.*token)$/;

function isHiddenKey(key: string): boolean {
	return HIDDEN_KEY.test(key.replace(/[_-]/g, "").toLowerCase());
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
	let clean = text;
	for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, HIDDEN);
	return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
}

function hideError(error: Error, secrets: readonly string[], depth: number): unknown {
	const { name, message, stack, cause, ...rest } = error;
	const own = hideIn({ ...rest, ...(cause === undefined ? {} : { cause }) }, secrets, depth + 1);
	return {
		name,
		message: withoutSecrets(message, secrets),
		...(own as object),
		...(stack === undefined ? {} : { stack: withoutSecrets(stack, secrets) }),
	};
}

function hideIn(value: unknown, secrets: readonly string[], depth: number): unknown {
	if (typeof value === "string") return withoutSecrets(value, secrets);
	if (typeof value === "bigint") return String(value);
	if (typeof value === "function" || typeof value === "symbol") return undefined;
	if (typeof value !== "object" || value === null) return value;
	if (depth > MAX_DEPTH) return "[too deep]";
	if (value instanceof Error) return hideError(value, secrets, depth);
	if (value instanceof Date) return value.toJSON();
	if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
	if (value instanceof Map || value instanceof Set) return hideIn([...value], secrets, depth);
	if (Array.isArray(value))
		return value.slice(0, MAX_ENTRIES).map((entry) => hideIn(entry, secrets, depth + 1));
	const entries = Object.entries(value).slice(0, MAX_ENTRIES);
	// Numbers and the like say nothing a person wrote: `tokens: 12` under a hidden key stays a figure.
	return Object.fromEntries(
		entries.map(([key, entry]) => [
			withoutSecrets(key, secrets),
			isHiddenKey(key) && (typeof entry === "string" || (typeof entry === "object" && entry !== null))
				? HIDDEN
				: hideIn(entry, secrets, depth + 1),
		]),
	);
}

/**
 * A copy of figures that may be logged: values under keys for prompts, answers and credentials are hidden at any
 * depth, known secrets in any text too. Never throws; what cannot be read is left out.
 */
export function redact(
	figures: Readonly<Record<string, unknown>>,
	secrets: readonly string[],
): Record<string, unknown> {
	try {
		return hideIn(figures, secrets, 0) as Record<string, unknown>;
	} catch {
		return {};
	}
}

/** A text without known secrets. */
export function redactText(text: string, secrets: readonly string[]): string {
	return withoutSecrets(text, secrets);
}
