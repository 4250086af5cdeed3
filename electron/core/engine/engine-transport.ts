import { setMaxListeners } from "node:events";
import { Ollama } from "ollama";
import Agent from "undici/lib/dispatcher/agent.js";
import { fetch as undiciFetch } from "undici/lib/web/fetch/index.js";
import type { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { Clock, Log, Stop } from "../ports.ts";
import { type CallContext, errorOfStatus, errorOfTransport } from "./engine-errors.ts";

/** Header by which every answer of a Plimsoll gateway names the instance it comes from. */
export const INSTANCE_HEADER = "Plimsoll-Instance";

/** Header by which every answer of the demo engine says what it is. */
export const DEMO_HEADER = "Plimsoll-Demo";

/** What a transport needs. */
export interface TransportOptions {
	/** Base URL without a trailing slash. */
	readonly url: string;
	readonly clock: Clock;
	readonly log: Log;
	/** Sent with every request, so that a gateway recognises a request of its own instance that came round. */
	readonly ownInstance: string | null;
	/** Longest silence inside a stream once it has begun; before its first piece there is no limit. */
	readonly stallMs: number;
}

/** How one call may end before its answer. */
export interface CallLimits {
	/** From the call to the end of its answer; absent means no limit. */
	readonly timeoutMs?: number;
	/** Aborting closes the request. Absent for short calls, which end when the transport closes. */
	readonly signal?: AbortSignal;
}

/** A checked answer and the headers it came with. */
export interface Answer<Value> {
	readonly value: Value;
	readonly headers: Pick<Headers, "get">;
}

/** HTTP to one engine. Every failure is an AppError. */
export interface EngineTransport {
	/** One whole JSON answer, asked through the `ollama` package and checked by a schema. */
	call<Schema extends z.ZodType>(
		about: { readonly model: string | null },
		limits: CallLimits,
		schema: Schema,
		ask: (client: Ollama) => Promise<unknown>,
	): Promise<Answer<z.output<Schema>>>;
	/** A request whose answer has no body that matters. */
	send(
		about: { readonly model: string | null },
		limits: CallLimits,
		method: "POST" | "DELETE",
		path: string,
		body: unknown,
	): Promise<void>;
	/** The lines of a streamed answer, one JSON text each; leaving the loop closes the request. */
	lines(
		about: { readonly model: string | null },
		signal: AbortSignal,
		path: string,
		body: unknown,
	): AsyncGenerator<string, void, undefined>;
	/** Ends short calls and idle connections; loads and streams end by their own signals. */
	close(): Promise<void>;
}

type FetchInit = NonNullable<Parameters<typeof undiciFetch>[1]>;
type FetchResponse = Awaited<ReturnType<typeof undiciFetch>>;

/** Opens a transport. It has a dispatcher of its own, so no process-wide time limit reaches it. */
export function createEngineTransport(options: TransportOptions): EngineTransport {
	const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 10_000 });
	const closing = new AbortController();
	// Every call under way listens, and there may be one for each installed model.
	setMaxListeners(0, closing.signal);

	async function request(
		target: string,
		init: FetchInit,
		context: CallContext,
		signal: AbortSignal,
	): Promise<FetchResponse> {
		const headers = new Headers(init.headers as Record<string, string>);
		if (options.ownInstance !== null) headers.set(INSTANCE_HEADER, options.ownInstance);
		const plainHeaders = Object.fromEntries(headers);
		const response = await undiciFetch(target, { ...init, headers: plainHeaders, signal, dispatcher: agent });
		if (response.ok) return response;
		const text = await response.text();
		if (response.headers.get(INSTANCE_HEADER) !== null)
			throw AppError.of("engine-is-plimsoll", { url: context.url });
		throw errorOfStatus(response.status, text, context);
	}

	/** One signal for time-out, caller and transport; its reason is the AppError to report. */
	function limit(limits: CallLimits): { readonly controller: AbortController; readonly release: () => void } {
		const controller = new AbortController();
		const cancel = () => controller.abort(AppError.of("cancelled", {}));
		const outer = limits.signal ?? closing.signal;
		if (outer.aborted) cancel();
		else outer.addEventListener("abort", cancel, { once: true });
		const { timeoutMs } = limits;
		const stopTimer =
			timeoutMs === undefined
				? nothing
				: options.clock.after(timeoutMs, () =>
						controller.abort(AppError.of("engine-timeout", { seconds: timeoutMs / 1000 })),
					);
		return {
			controller,
			release: () => {
				stopTimer();
				outer.removeEventListener("abort", cancel);
			},
		};
	}

	async function guarded<Value>(
		about: { readonly model: string | null },
		limits: CallLimits,
		run: (signal: AbortSignal, context: CallContext) => Promise<Value>,
	): Promise<Value> {
		const context: CallContext = { url: options.url, model: about.model };
		const { controller, release } = limit(limits);
		try {
			return await run(controller.signal, context);
		} catch (thrown) {
			const error = failure(thrown, controller.signal, context);
			options.log.debug("engine call failed", { url: options.url, code: error.code });
			throw error;
		} finally {
			release();
		}
	}

	return {
		call: (about, limits, schema, ask) =>
			guarded(about, limits, async (signal, context) => {
				let headers: Pick<Headers, "get"> = new Headers();
				const ownFetch = async (target: unknown, init: unknown) => {
					const response = await request(String(target), (init ?? {}) as FetchInit, context, signal);
					headers = response.headers;
					return response;
				};
				// undici's own types and the global ones differ in name only.
				const client = new Ollama({
					host: options.url,
					fetch: ownFetch as unknown as typeof globalThis.fetch,
				});
				const checked = schema.safeParse(await ask(client));
				if (checked.success) return { value: checked.data, headers };
				const where = checked.error.issues[0]?.path.join(".") ?? "";
				throw AppError.of("engine-bad-answer", { problem: `unexpected ${where}`, url: options.url });
			}),

		send: (about, limits, method, path, body) =>
			guarded(about, limits, async (signal, context) => {
				const response = await request(`${options.url}${path}`, jsonInit(method, body), context, signal);
				await response.arrayBuffer();
			}),

		async *lines(about, signal, path, body) {
			const context: CallContext = { url: options.url, model: about.model };
			const { controller, release } = limit({ signal });
			let begun = false;
			let stopStall: Stop = nothing;
			try {
				const response = await request(
					`${options.url}${path}`,
					jsonInit("POST", body),
					context,
					controller.signal,
				);
				const decoder = new TextDecoder();
				let rest = "";
				for await (const piece of response.body ?? []) {
					begun = true;
					stopStall();
					rest += decoder.decode(piece, { stream: true });
					const whole = rest.split("\n");
					rest = whole.pop() ?? "";
					for (const line of whole) if (line.trim() !== "") yield line;
					stopStall = options.clock.after(options.stallMs, () =>
						controller.abort(AppError.of("engine-timeout", { seconds: options.stallMs / 1000 })),
					);
				}
				rest += decoder.decode();
				if (rest.trim() !== "") yield rest;
			} catch (thrown) {
				const error = failure(thrown, controller.signal, context);
				throw begun && error.code === "engine-unreachable" ? AppError.of("stream-broken", {}, thrown) : error;
			} finally {
				stopStall();
				release();
				controller.abort(AppError.of("cancelled", {}));
			}
		},

		async close() {
			closing.abort();
			// Resolves only once running loads and streams have ended, which are not ours to wait for.
			agent.close().catch(nothing);
		},
	};
}

function failure(thrown: unknown, signal: AbortSignal, context: CallContext): AppError {
	if (signal.aborted && signal.reason instanceof AppError) return signal.reason;
	if (thrown instanceof SyntaxError)
		return AppError.of("engine-bad-answer", { problem: "no JSON", url: context.url }, thrown);
	return errorOfTransport(thrown, context);
}

function nothing(): void {}

function jsonInit(method: "POST" | "DELETE", body: unknown): FetchInit {
	return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
