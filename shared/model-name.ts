/**
 * Brings a model name into the one form names are compared in: no case, `:latest` implied, the default
 * registry and namespace dropped. Servers disagree on all three, so names are never compared raw.
 */
export function normalizeModelName(name: string): string {
	let rest = name.trim().toLowerCase();
	for (const prefix of ["https://", "http://"]) if (rest.startsWith(prefix)) rest = rest.slice(prefix.length);
	if (rest.startsWith("registry.ollama.ai/")) rest = rest.slice("registry.ollama.ai/".length);
	if (rest.startsWith("library/")) rest = rest.slice("library/".length);
	const tagAt = rest.indexOf(":", rest.lastIndexOf("/") + 1);
	return tagAt === -1 ? `${rest}:latest` : rest;
}

/** True for rows that Ollama 0.40 keeps for going back to an older version; they are never shown. */
export function isRollbackName(name: string): boolean {
	return /^llamacpp:[0-9a-f]{64}(:latest)?$/i.test(name.trim());
}

/** True where the name alone says that the model runs in the cloud and takes no local memory. */
export function isCloudName(name: string): boolean {
	return /(:|-)cloud$/i.test(name.trim());
}
