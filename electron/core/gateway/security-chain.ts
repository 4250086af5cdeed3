import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import type { OriginPolicy } from "./origin-policy.ts";
import type { PathKind } from "./path-kind.ts";
import { sameSecret } from "./same-secret.ts";

/** The head of a request; node's own request fits. */
export interface RequestHead {
	readonly method?: string | undefined;
	readonly url?: string | undefined;
	readonly headers: IncomingHttpHeaders;
	/** Names and values alternating, as they came. */
	readonly rawHeaders: readonly string[];
}

/** By what a request is judged. */
export interface ChainPolicy extends OriginPolicy {
	/** Null where no token is asked for. */
	readonly token: string | null;
	/** Bytes of a body on Plimsoll's own routes. */
	readonly ownBodyBytes: number;
	/** A request that carries it has come from this very gateway. */
	readonly instanceId: string;
}

/** What the chain says of a request. */
export type Verdict =
	/** Let through; `corsOrigin` is the allowed page that asks, if one does. */
	| { readonly kind: "pass"; readonly corsOrigin: string | null }
	/** An allowed page asks whether it may call; no handler is to run. */
	| { readonly kind: "preflight"; readonly corsOrigin: string }
	/** Refused; `origin` is the page that was turned away, if one was. */
	| { readonly kind: "refused"; readonly error: AppError; readonly origin: string | null };

/** Longest piece of a header that is repeated in an answer or an event. */
const SHOWN_CHARACTERS = 120;

function refused(error: AppError, origin: string | null = null): Verdict {
	return { kind: "refused", error, origin };
}

function forbidden(reason: string, origin: string | null = null): Verdict {
	return refused(AppError.of("forbidden", { reason: reason.slice(0, SHOWN_CHARACTERS) }), origin);
}

function count(head: RequestHead, name: string): number {
	let found = 0;
	for (let index = 0; index < head.rawHeaders.length; index += 2)
		if (head.rawHeaders[index]?.length === name.length && head.rawHeaders[index]?.toLowerCase() === name)
			found += 1;
	return found;
}

/** Whether a request announces a body. */
export function announcesBody(headers: IncomingHttpHeaders): boolean {
	return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? "0") !== 0;
}

function isJson(contentType: string | undefined): boolean {
	const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
	return type === "application/json" || /^application\/[a-z0-9.+-]+\+json$/.test(type);
}

function shownToken(headers: IncomingHttpHeaders): string | null {
	const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
	if (bearer !== undefined) return bearer;
	const key = headers["x-api-key"];
	return typeof key === "string" ? key : null;
}

/**
 * Judges a request by its head alone, before anything else looks at it: that it was meant for this server and not
 * for a name rebound to it, that no web page sent it but an allowed one, that it shows the token where one is asked
 * for, and, on Plimsoll's own routes, that its body is JSON of a reasonable size. WebSocket upgrades are judged by
 * the same rules.
 */
export function judgeRequest(head: RequestHead, kind: PathKind, policy: ChainPolicy): Verdict {
	const { headers } = head;
	const host = headers.host?.toLowerCase();
	if (host === undefined || !policy.hosts.has(host) || count(head, "host") !== 1)
		return forbidden(`Host ${host ?? "missing"}`);
	if (!head.url?.startsWith("/") && !(head.method === "OPTIONS" && head.url === "*"))
		return forbidden(`request target ${head.url ?? ""}`);
	if (headers["plimsoll-instance"] === policy.instanceId)
		return refused(AppError.of("engine-is-plimsoll", { url: `http://${host}` }));

	const { origin } = headers;
	const allowed = origin !== undefined && policy.allowedOrigins.has(origin);
	if (origin !== undefined && !allowed && !policy.ownOrigins.has(origin))
		return forbidden(`Origin ${origin}`, origin.slice(0, SHOWN_CHARACTERS));
	const site = headers["sec-fetch-site"];
	if (!allowed && (site === "cross-site" || site === "same-site")) return forbidden(`Sec-Fetch-Site ${site}`);
	if (allowed && head.method === "OPTIONS" && headers["access-control-request-method"] !== undefined)
		return { kind: "preflight", corsOrigin: origin };

	if (policy.token !== null) {
		const shown = shownToken(headers);
		if (shown === null || !sameSecret(shown, policy.token)) return refused(AppError.of("unauthorized", {}));
	}
	if (kind === "own" && announcesBody(headers)) {
		if (!isJson(headers["content-type"])) {
			const type = (headers["content-type"] ?? "nothing").slice(0, SHOWN_CHARACTERS);
			return refused(AppError.of("unsupported-media-type", { type }));
		}
		if (Number(headers["content-length"] ?? "0") > policy.ownBodyBytes)
			return refused(AppError.of("body-too-large", { limitBytes: policy.ownBodyBytes }));
	}
	return { kind: "pass", corsOrigin: allowed ? origin : null };
}
