/** Who answers a path: Plimsoll itself, or the engine behind it. */
export type PathKind = "own" | "passed-on";

/** The path of a request target without its query. */
export function pathOf(target: string): string {
	const queryAt = target.indexOf("?");
	return queryAt === -1 ? target : target.slice(0, queryAt);
}

/**
 * The path with its percent-encoding undone as far as the engine undoes it before it chooses a handler; as written
 * where the encoding is broken.
 */
export function decodedPath(target: string): string {
	const path = pathOf(target);
	if (!path.includes("%")) return path;
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}

const OWN_UNDER_API = /^\/api\/(?:memory(?:\/|$)|team(?:\/|$)|events$|route$)/;

/** Everything under `/api` and `/v1` is the engine's, known or not, but for what Plimsoll keeps for itself. */
export function pathKind(target: string): PathKind {
	const path = pathOf(target);
	if (OWN_UNDER_API.test(path)) return "own";
	return /^\/(?:api|v1)(?:\/|$)/.test(path) ? "passed-on" : "own";
}
