import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "../../../shared/errors.ts";
import { corsHeaders, type FlatHeaders, instanceHeader, preflightHeaders } from "./answer-headers.ts";
import { type Carried, createCarriedAnswers } from "./carried-answers.ts";
import { createEnginePipe } from "./engine-pipe.ts";
import { problemOf } from "./error-answer.ts";
import type { GatewayDeps, GatewayLimits } from "./gateway-deps.ts";
import { closeNow, listenOnLoopback } from "./listen-loopback.ts";
import { longestParsableBody } from "./load-request.ts";
import { originPolicy } from "./origin-policy.ts";
import { createOwnApi } from "./own-api.ts";
import { createPassThrough } from "./pass-through.ts";
import { pathKind, pathOf } from "./path-kind.ts";
import { takeAsPlainRequest } from "./plain-again.ts";
import { createRefusedOrigins } from "./refused-origins.ts";
import { readBody } from "./request-body.ts";
import { routes } from "./routes.ts";
import { announcesBody, type ChainPolicy, judgeRequest, type Verdict } from "./security-chain.ts";
import { sendError } from "./send-answer.ts";

/** Something else that is served on the gateway's port, behind the same security chain. */
export interface Mount {
	/** Paths that begin with it are given to it; it ends in a slash, and without the slash it is found too. */
	readonly prefix: string;
	/** It asks for a secret of its own, so the gateway's token is not asked for. */
	readonly hasOwnSecret: boolean;
	/** Answers a request. `headers` must be on the answer. */
	readonly request: (request: IncomingMessage, response: ServerResponse, headers: FlatHeaders) => void;
	/** Takes over a WebSocket whose Host and Origin were found good. */
	readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Where a gateway listens. */
export interface Listening {
	readonly port: number;
	/** The port that was asked for, where another one had to be taken. */
	readonly wantedPort: number | null;
}

/** The loopback HTTP server. */
export interface Gateway {
	/** Listens on the port, else on the next free one; 0 takes any. Rejects with `port-taken`. */
	listen(port: number): Promise<Listening>;
	/** Serves something else beside the API. */
	mount(mount: Mount): void;
	/** Answers of the engine that are on their way to clients now. */
	carried(): readonly Carried[];
	/** Breaks every connection off and stops listening. */
	close(): Promise<void>;
	readonly server: Server;
}

const DEFAULT_LIMITS: GatewayLimits = {
	ownBodyBytes: 1024 ** 2,
	loadBodyBytes: longestParsableBody,
	headMs: 15_000,
	ownBodyMs: 15_000,
	connectMs: 10_000,
	heartbeatMs: 15_000,
};

/** Idle connections are kept this long, so that a client's next request need not connect anew. */
const KEEP_IDLE_CONNECTION_MS = 60_000;

/** Makes the gateway; it serves nobody before {@link Gateway.listen}. */
export function createGateway(deps: GatewayDeps, limitsOverride: Partial<GatewayLimits> = {}): Gateway {
	const limits: GatewayLimits = { ...DEFAULT_LIMITS, ...limitsOverride };
	const { log } = deps;
	const instance = instanceHeader(deps.instanceId);
	const pipe = createEnginePipe({ ...deps, connectMs: limits.connectMs });
	const carried = createCarriedAnswers();
	const passOn = createPassThrough(deps, limits, pipe, carried);
	const ownApi = createOwnApi(routes, deps, limits);
	const originRefused = createRefusedOrigins(deps);
	const mounts: Mount[] = [];
	/** Sockets handed over to a mount; a server that closes knows nothing of them any more and would wait for ever. */
	const upgraded = new Set<Duplex>();
	let port = 0;
	/** Worked out anew only when the list of allowed pages is another one. */
	let policy: { readonly of: readonly string[]; readonly chain: ChainPolicy } | null = null;

	function chainPolicy(): ChainPolicy {
		const { allowedOrigins } = deps.settings().gateway;
		if (policy?.of !== allowedOrigins)
			policy = {
				of: allowedOrigins,
				chain: {
					...originPolicy(port, allowedOrigins),
					token: null,
					ownBodyBytes: limits.ownBodyBytes,
					instanceId: deps.instanceId,
				},
			};
		return policy.chain;
	}

	function mountOf(target: string): Mount | null {
		const path = pathOf(target);
		return mounts.find(({ prefix }) => path.startsWith(prefix) || `${path}/` === prefix) ?? null;
	}

	function tokenIsAsked(target: string): boolean {
		return deps.settings().gateway.requireToken && mountOf(target)?.hasOwnSecret !== true;
	}

	/** The chain; it stands before everything, upgrades included. */
	async function judge(request: IncomingMessage): Promise<Verdict> {
		const target = request.url ?? "/";
		const open = chainPolicy();
		const policyNow = tokenIsAsked(target) ? { ...open, token: await deps.token() } : open;
		const verdict = judgeRequest(request, pathKind(target), policyNow);
		if (verdict.kind === "refused") {
			log.info("request refused", { code: verdict.error.code, path: pathOf(target).slice(0, 200) });
			if (verdict.origin !== null) originRefused(verdict.origin);
		}
		return verdict;
	}

	async function answerOwn(
		request: IncomingMessage,
		response: ServerResponse,
		headers: FlatHeaders,
	): Promise<void> {
		const target = request.url ?? "/";
		const allowed = ownApi.allowed(target);
		if (allowed === null) throw AppError.of("not-found", { path: pathOf(target) });
		if (!allowed.includes(request.method ?? ""))
			throw AppError.of("method-not-allowed", {
				path: pathOf(target),
				method: request.method ?? "",
				allowed: allowed.join(", "),
			});
		const left = new AbortController();
		response.once("close", () => left.abort());
		const bodyLimits = { limitBytes: limits.ownBodyBytes, withinMs: limits.ownBodyMs };
		const body = announcesBody(request.headers)
			? await readBody(request, bodyLimits, deps.clock)
			: Buffer.alloc(0);
		ownApi.answer(request, response, { body, headers, signal: left.signal });
	}

	async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const target = request.url ?? "/";
		response.on("error", () => response.destroy());
		const verdict = await judge(request);
		if (verdict.kind === "preflight") {
			response.writeHead(204, [...instance, ...preflightHeaders(verdict.corsOrigin, request.headers)]);
			response.end();
			return;
		}
		if (verdict.kind === "refused") throw verdict.error;
		if (request.headers.expect !== undefined) response.writeContinue();
		const headers = [...instance, ...corsHeaders(verdict.corsOrigin)];
		if (pathKind(target) === "passed-on") {
			passOn({ request, response, headers, dropCredentials: tokenIsAsked(target) });
			return;
		}
		const mount = mountOf(target);
		if (mount === null) await answerOwn(request, response, headers);
		else mount.request(request, response, headers);
	}

	function serve(request: IncomingMessage, response: ServerResponse): void {
		handle(request, response).catch((thrown: unknown) => {
			if (response.destroyed) return;
			const error = AppError.wrap(thrown);
			if (error.code === "internal") log.error("a request failed", { problem: error.message });
			const { origin } = request.headers;
			const corsOrigin = origin !== undefined && chainPolicy().allowedOrigins.has(origin) ? origin : null;
			sendError(request, response, error, [...instance, ...corsHeaders(corsOrigin)], deps.clock);
		});
	}

	/** Ends a connection that never became a request, or whose upgrade was refused, with a bare answer. */
	function endWith(socket: Duplex, error: AppError): void {
		if (!socket.writable) {
			socket.destroy();
			return;
		}
		const body = `${JSON.stringify(problemOf(error))}\n`;
		const head = [
			`HTTP/1.1 ${error.status} ${http.STATUS_CODES[error.status] ?? ""}`,
			"Content-Type: application/problem+json",
			`Content-Length: ${Buffer.byteLength(body)}`,
			"Connection: close",
			`${instance[0]}: ${instance[1]}`,
		];
		socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
	}

	async function upgrade(
		server: Server,
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
	): Promise<void> {
		if (request.headers.upgrade?.toLowerCase() !== "websocket") {
			takeAsPlainRequest(server, request, socket, head);
			return;
		}
		socket.on("error", () => socket.destroy());
		const verdict = await judge(request);
		const mount = mountOf(request.url ?? "/");
		if (verdict.kind === "refused") endWith(socket, verdict.error);
		else if (mount?.upgrade === undefined)
			endWith(socket, AppError.of("not-found", { path: pathOf(request.url ?? "/") }));
		else mount.upgrade(request, socket, head);
	}

	function badConnection(thrown: NodeJS.ErrnoException, socket: Duplex): void {
		if (thrown.code === "ECONNRESET") socket.destroy();
		else if (thrown.code === "ERR_HTTP_REQUEST_TIMEOUT")
			endWith(socket, AppError.of("request-timeout", { seconds: limits.headMs / 1000 }));
		else endWith(socket, AppError.of("invalid-argument", { what: "The request", problem: thrown.message }));
	}

	function makeServer(): Server {
		const server = http.createServer(
			{
				requireHostHeader: false,
				headersTimeout: limits.headMs,
				// Uploads to the engine and answers from it take as long as they take; own bodies have their own limit.
				requestTimeout: 0,
				connectionsCheckingInterval: Math.min(1_000, limits.headMs),
				keepAliveTimeout: KEEP_IDLE_CONNECTION_MS,
			},
			serve,
		);
		server.on("checkContinue", serve);
		server.on("clientError", badConnection);
		server.on("upgrade", (request, socket, head) => {
			upgraded.add(socket);
			socket.once("close", () => upgraded.delete(socket));
			upgrade(server, request, socket, head).catch((thrown: unknown) =>
				endWith(socket, AppError.wrap(thrown)),
			);
		});
		return server;
	}

	const server = makeServer();
	const ipv6Server = makeServer();

	return {
		server,
		async listen(wanted) {
			const listening = await listenOnLoopback(server, ipv6Server, wanted);
			port = listening.port;
			policy = null;
			log.info("listening", { port, wanted, ipv6: listening.ipv6 });
			return { port, wantedPort: wanted === 0 || wanted === port ? null : wanted };
		},
		carried: carried.all,
		mount(mount) {
			mounts.push(mount);
		},
		async close() {
			for (const socket of upgraded) socket.destroy();
			await Promise.all([closeNow(server), closeNow(ipv6Server)]);
			pipe.close();
		},
	};
}
