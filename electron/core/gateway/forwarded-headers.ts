import type { FlatHeaders } from "./answer-headers.ts";

/** Headers that speak of one connection, not of the message it carries. */
const HOP_BY_HOP = [
	"connection",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"proxy-connection",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
	"http2-settings",
] as const;

/**
 * What is not passed on to the engine besides. `Expect` was answered here. Which page asks was judged here: the
 * engine would refuse pages that the user has allowed.
 */
const NOT_FOR_ENGINE: ReadonlySet<string> = new Set([
	...HOP_BY_HOP,
	"host",
	"expect",
	"origin",
	"plimsoll-instance",
	"sec-fetch-site",
	"sec-fetch-mode",
	"sec-fetch-dest",
	"access-control-request-method",
	"access-control-request-headers",
	"access-control-request-private-network",
]);

/** What is not passed back to the client: the date is set anew, and which page may read is decided here. */
const NOT_FOR_CLIENT: ReadonlySet<string> = new Set([
	...HOP_BY_HOP,
	"date",
	"plimsoll-instance",
	"access-control-allow-origin",
	"access-control-allow-credentials",
	"access-control-allow-headers",
	"access-control-allow-methods",
	"access-control-expose-headers",
]);

const CREDENTIALS: ReadonlySet<string> = new Set(["authorization", "x-api-key"]);

/** Names that a `Connection` header declares to be of its connection only. */
function declaredHopByHop(rawHeaders: FlatHeaders): readonly string[] {
	const names: string[] = [];
	for (let index = 0; index < rawHeaders.length; index += 2)
		if (
			rawHeaders[index]?.length === "connection".length &&
			rawHeaders[index]?.toLowerCase() === "connection"
		)
			names.push(...(rawHeaders[index + 1] ?? "").split(",").map((name) => name.trim().toLowerCase()));
	return names;
}

function without(rawHeaders: FlatHeaders, isDropped: (name: string) => boolean): string[] {
	const declared = declaredHopByHop(rawHeaders);
	const kept: string[] = [];
	for (let index = 0; index < rawHeaders.length; index += 2) {
		const name = rawHeaders[index] ?? "";
		const lower = name.toLowerCase();
		if (isDropped(lower) || declared.includes(lower)) continue;
		kept.push(name, rawHeaders[index + 1] ?? "");
	}
	return kept;
}

/** How the body reaches the engine. */
export type BodyFraming =
	| { readonly kind: "none" }
	| { readonly kind: "as-announced" }
	| { readonly kind: "chunked" }
	| { readonly kind: "whole"; readonly bytes: number };

/**
 * The headers of a request as the engine gets them, in order and spelling of the client. `dropCredentials` keeps
 * Plimsoll's own token from leaving.
 */
export function headersForEngine(
	rawHeaders: FlatHeaders,
	to: {
		readonly host: string;
		readonly instanceId: string;
		readonly framing: BodyFraming;
		readonly dropCredentials: boolean;
	},
): string[] {
	const { framing } = to;
	const ownLength = framing.kind === "whole" || framing.kind === "chunked";
	const kept = without(
		rawHeaders,
		(name) =>
			NOT_FOR_ENGINE.has(name) ||
			(to.dropCredentials && CREDENTIALS.has(name)) ||
			(ownLength && name === "content-length"),
	);
	if (framing.kind === "whole") kept.push("Content-Length", String(framing.bytes));
	if (framing.kind === "chunked") kept.push("Transfer-Encoding", "chunked");
	return ["Host", to.host, ...kept, "Plimsoll-Instance", to.instanceId];
}

/** The headers of the engine's answer as the client gets them. */
export function headersForClient(rawHeaders: FlatHeaders): string[] {
	return without(rawHeaders, (name) => NOT_FOR_CLIENT.has(name));
}
