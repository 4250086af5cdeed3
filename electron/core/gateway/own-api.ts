import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { type FlatHeaders, OWN_ANSWER_HEADERS, retryAfter } from "./answer-headers.ts";
import { errorAnswer } from "./error-answer.ts";
import type { GatewayDeps, GatewayLimits } from "./gateway-deps.ts";
import { pathOf } from "./path-kind.ts";
import type { Route } from "./route.ts";

const JSON_TYPE = "application/json; charset=utf-8";
const EVENT_STREAM = "text/event-stream; charset=utf-8";

/** What a request brings besides itself: its body, read and limited already, and headers for its answer. */
interface Bindings {
	readonly body: Buffer;
	readonly headers: FlatHeaders;
	readonly signal: AbortSignal;
}

/** Plimsoll's own routes as a server. */
export interface OwnApi {
	/** Methods that a request target takes, or null where there is no such route. */
	allowed(target: string): readonly string[] | null;
	/** Answers a request whose body was read. */
	answer(request: IncomingMessage, response: ServerResponse, bindings: Bindings): void;
}

function decoded(path: string): string {
	try {
		return decodeURI(path);
	} catch {
		return path;
	}
}

function patternOf(path: string): RegExp {
	const literal = path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
	return new RegExp(`^${literal.replace("{id}", "(.+)")}$`);
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	const what = [where, ...(issue?.path ?? [])].join(".");
	throw AppError.of("invalid-argument", { what, problem: issue?.message ?? "not valid" });
}

function parseBody(body: Buffer): unknown {
	if (body.length === 0) return undefined;
	try {
		return JSON.parse(body.toString("utf8"));
	} catch (thrown) {
		const problem = thrown instanceof Error ? thrown.message : String(thrown);
		throw AppError.of("invalid-argument", { what: "body", problem }, thrown);
	}
}

/** Makes the server of Plimsoll's own routes. */
export function createOwnApi(routes: readonly Route[], deps: GatewayDeps, limits: GatewayLimits): OwnApi {
	const app = new Hono<{ Bindings: Bindings }>();
	const patterns = routes.map((route) => ({ route, pattern: patternOf(route.path) }));

	function fullHeaders(context: Context<{ Bindings: Bindings }>, contentType: string): Headers {
		const headers = new Headers({ "Content-Type": contentType });
		const all = [...OWN_ANSWER_HEADERS, ...context.env.headers];
		for (let index = 0; index < all.length; index += 2)
			headers.append(all[index] ?? "", all[index + 1] ?? "");
		return headers;
	}

	function problem(context: Context<{ Bindings: Bindings }>, thrown: unknown): Response {
		const error = AppError.wrap(thrown);
		if (error.code === "internal")
			deps.log.error("a route failed", { path: pathOf(context.req.path), problem: error.message });
		const answer = errorAnswer("plimsoll", error);
		const headers = fullHeaders(context, answer.contentType);
		const [name, value] = retryAfter(error);
		if (name !== undefined && value !== undefined) headers.append(name, value);
		return new Response(`${JSON.stringify(answer.body)}\n`, { status: answer.status, headers });
	}

	for (const route of routes) {
		app.on(route.method, route.path.replace("{id}", ":id{.+}"), async (context) => {
			const body = parseBody(context.env.body);
			const answer = await route.handler({
				params: check(route.params, context.req.param(), "path"),
				query: check(route.query, context.req.query(), "query"),
				body: check(route.body, route.method === "GET" ? {} : body, "body"),
				lastEventId: context.req.header("Last-Event-ID") ?? null,
				signal: context.env.signal,
				deps,
				limits,
			});
			if (answer.kind === "events" && context.req.raw.method === "HEAD") await answer.stream.cancel();
			else if (answer.kind === "events")
				return new Response(answer.stream, { headers: fullHeaders(context, EVENT_STREAM) });
			return new Response(answer.kind === "events" ? null : `${JSON.stringify(answer.body)}\n`, {
				status: answer.kind === "events" ? 200 : answer.status,
				headers: fullHeaders(context, answer.kind === "events" ? EVENT_STREAM : JSON_TYPE),
			});
		});
	}
	app.notFound((context) => problem(context, AppError.of("not-found", { path: context.req.path })));
	app.onError((error, context) => problem(context, error));

	const bindingsOf = new WeakMap<IncomingMessage, Bindings>();
	const listener = getRequestListener(
		(request, env) => {
			const bindings = bindingsOf.get(env.incoming as IncomingMessage);
			return app.fetch(request, bindings);
		},
		{ overrideGlobalObjects: false },
	);

	return {
		allowed(target) {
			const path = decoded(pathOf(target));
			const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route.method);
			if (methods.length === 0) return null;
			const unique = new Set<string>(methods);
			if (unique.has("GET")) unique.add("HEAD");
			return [...unique];
		},
		answer(request, response, bindings) {
			bindingsOf.set(request, bindings);
			void listener(request, response);
		},
	};
}
