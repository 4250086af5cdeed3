import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { EngineError } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import { Exchange, JSON_UTF8 } from "./exchange.ts";

/** Handles one request. An `EngineError` it throws before anything was sent becomes `{"error"}` with its status. */
export type Handler = (state: EngineState, exchange: Exchange) => Promise<void> | void;

/** One route. A path that ends in `/` matches everything below it. */
export interface Route {
	readonly method: string;
	readonly path: string;
	readonly handle: Handler;
}

/** Marks every answer, so that a client knows what it talks to. */
const MARK = { "plimsoll-demo": "1" } as const;

const ALLOWED_ORIGIN =
	/^(https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d+)?|app:\/\/.*|file:\/\/.*|tauri:\/\/.*|vscode-webview:\/\/.*|vscode-file:\/\/.*)$/;

/** A request listener over a table of routes, with the checks and answers of Ollama's router around it. */
export function routerFor(
	state: EngineState,
	routes: readonly Route[],
): (request: IncomingMessage, response: ServerResponse) => void {
	return (request, response) => {
		for (const [name, value] of Object.entries(MARK)) response.setHeader(name, value);
		void answer(state, routes, request, response);
	};
}

async function answer(
	state: EngineState,
	routes: readonly Route[],
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const path = decodeSafely(new URL(request.url ?? "/", "http://engine").pathname);
	const bare = new Exchange(request, response, path, "");
	if (!isAllowedHost(request.headers.host)) return bare.empty(403);
	const { origin } = request.headers;
	if (origin !== undefined && !ALLOWED_ORIGIN.test(origin)) return bare.empty(403);
	if (origin !== undefined) response.setHeader("access-control-allow-origin", origin);

	const demoRoute = path.startsWith("/demo/");
	if (!demoRoute) {
		if (state.misbehaviours.ofServer("hang-all") !== null) return;
		if (state.misbehaviours.ofServer("html") !== null)
			return bare.text(200, "<!doctype html><title>Sign in</title><h1>Sign in to continue</h1>", "text/html");
	}

	const matching = routes.filter((route) => matches(route, path));
	const methods = [...new Set(matching.map(({ method }) => method))];
	if (request.method === "OPTIONS" && origin !== undefined)
		return bare.empty(204, {
			...(methods.length === 0 ? {} : { allow: methods.join(", ") }),
			"access-control-allow-methods": "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
			"access-control-allow-headers": request.headers["access-control-request-headers"] ?? "Content-Type",
			"access-control-max-age": "43200",
		});
	if (matching.length === 0) return bare.text(404, "404 page not found", "text/plain");
	const route = matching.find(({ method }) => method === request.method);
	if (route === undefined) {
		response.setHeader("allow", methods.join(", "));
		return bare.text(405, "405 method not allowed", "text/plain");
	}
	const exchange = new Exchange(request, response, path, path.slice(route.path.length));
	try {
		await route.handle(state, exchange);
	} catch (error) {
		failWith(exchange, error);
	}
}

function failWith(exchange: Exchange, error: unknown): void {
	const { response } = exchange;
	const message = error instanceof Error ? error.message : String(error);
	if (response.headersSent) {
		response.destroy();
		return;
	}
	exchange.json(error instanceof EngineError ? error.status : 500, { error: message }, JSON_UTF8);
}

function matches(route: Route, path: string): boolean {
	return route.path.endsWith("/") && route.path !== "/"
		? path.startsWith(route.path) && path.length > route.path.length
		: path === route.path;
}

/** Ollama serves addresses and local names; anything else could be a name that was bound anew to this machine. */
function isAllowedHost(header: string | undefined): boolean {
	if (header === undefined || header === "") return true;
	const host = header.startsWith("[")
		? header.slice(1, header.indexOf("]"))
		: header.replace(/:\d+$/, "").toLowerCase();
	if (host === "localhost" || isIP(host) !== 0) return true;
	return [".localhost", ".local", ".internal"].some((suffix) => host.endsWith(suffix));
}

function decodeSafely(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}
