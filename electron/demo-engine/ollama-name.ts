/** A model name taken apart as Ollama does: `host/namespace/model:tag`, with its defaults filled in. */
export interface OllamaName {
	readonly host: string;
	readonly namespace: string;
	readonly model: string;
	readonly tag: string;
}

const DEFAULT_HOST = "registry.ollama.ai";
const DEFAULT_NAMESPACE = "library";
const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/;

/** Parses a name; null where Ollama says `invalid model name`. */
export function parseOllamaName(text: string): OllamaName | null {
	const withoutScheme = text.replace(/^https?:\/\//, "");
	const segments = withoutScheme.split("/");
	if (segments.length > 3) return null;
	const last = segments.at(-1) ?? "";
	const colon = last.indexOf(":");
	const model = colon === -1 ? last : last.slice(0, colon);
	const tag = colon === -1 ? "latest" : last.slice(colon + 1);
	const namespace = segments.length >= 2 ? (segments.at(-2) ?? "") : DEFAULT_NAMESPACE;
	const host = segments.length === 3 ? (segments[0] ?? "") : DEFAULT_HOST;
	if (![namespace, model, tag].every((part) => PART.test(part)) || !HOST.test(host)) return null;
	return { host, namespace, model, tag };
}

/** The shortest form the server shows: default host and namespace dropped, tag always there. */
export function displayName(name: OllamaName): string {
	const host = name.host === DEFAULT_HOST ? "" : `${name.host}/`;
	const namespace = host === "" && name.namespace === DEFAULT_NAMESPACE ? "" : `${name.namespace}/`;
	return `${host}${namespace}${name.model}:${name.tag}`;
}

/** The full form that some messages use, such as `registry.ollama.ai/library/x:latest`. */
export function fullName(name: OllamaName): string {
	return `${name.host}/${name.namespace}/${name.model}:${name.tag}`;
}

/** Whether two names mean the same model; the server ignores case. */
export function sameName(left: OllamaName, right: OllamaName): boolean {
	return fullName(left).toLowerCase() === fullName(right).toLowerCase();
}
