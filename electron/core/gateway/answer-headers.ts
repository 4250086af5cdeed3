import type { IncomingHttpHeaders } from "node:http";
import type { AppError } from "../../../shared/errors.ts";

/** Names and values alternating, as node takes and gives them. */
export type FlatHeaders = readonly string[];

/** What every answer of Plimsoll's own carries: nothing is guessed, framed, kept or run from it. */
export const OWN_ANSWER_HEADERS: FlatHeaders = [
	"X-Content-Type-Options",
	"nosniff",
	"Cache-Control",
	"no-store",
	"Content-Security-Policy",
	"default-src 'none'; frame-ancestors 'none'",
	"X-Frame-Options",
	"DENY",
	"Referrer-Policy",
	"no-referrer",
	"Cross-Origin-Resource-Policy",
	"same-origin",
];

/** An engine's answer opened as a page must not run as a page of Plimsoll's own origin. */
export const PASSED_ON_ANSWER_HEADERS: FlatHeaders = [
	"X-Content-Type-Options",
	"nosniff",
	"Content-Security-Policy",
	"sandbox",
];

/** Tells a client when to come back, where the error knows. */
export function retryAfter(error: AppError): FlatHeaders {
	const { retrySeconds } = error.params;
	return retrySeconds === undefined ? [] : ["Retry-After", String(retrySeconds)];
}

/** The mark of this instance. */
export function instanceHeader(instanceId: string): FlatHeaders {
	return ["Plimsoll-Instance", instanceId];
}

/** Lets an allowed page read the answer. No cookies are involved, so credentials are never granted. */
export function corsHeaders(corsOrigin: string | null): FlatHeaders {
	if (corsOrigin === null) return [];
	return [
		"Access-Control-Allow-Origin",
		corsOrigin,
		"Access-Control-Expose-Headers",
		"Plimsoll-Instance, Plimsoll-Demo, Plimsoll-Member",
		"Vary",
		"Origin",
	];
}

/** The answer to an allowed page that asks whether it may call. */
export function preflightHeaders(corsOrigin: string, headers: IncomingHttpHeaders): FlatHeaders {
	const asked = headers["access-control-request-headers"];
	const names = asked !== undefined && /^[\w!#$%&'*+.^`|~\-, ]*$/.test(asked) ? asked : "";
	return [
		...corsHeaders(corsOrigin),
		"Access-Control-Allow-Methods",
		"GET, HEAD, POST, PUT, PATCH, DELETE",
		...(names === "" ? [] : ["Access-Control-Allow-Headers", names]),
		...(headers["access-control-request-private-network"] === "true"
			? ["Access-Control-Allow-Private-Network", "true"]
			: []),
		"Access-Control-Max-Age",
		"600",
	];
}
