import type { GenerateRequest, ShowRequest } from "ollama";
import type { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { Clock, Log } from "../ports.ts";
import type { ChatChunk, Engine, EngineLoad, PullProgress } from "./engine.ts";
import {
	chatChunksOf,
	chatLine,
	installedModelsOf,
	loadedRowsOf,
	modelFactsOf,
	psAnswer,
	pullLine,
	pullProgressOf,
	residencyAnswer,
	showAnswer,
	tagsAnswer,
	versionAnswer,
} from "./engine-answers.ts";
import { errorOfText, errorTextOf } from "./engine-errors.ts";
import { createEngineTransport, DEMO_HEADER, INSTANCE_HEADER } from "./engine-transport.ts";

/** How long the calls of a client may take, milliseconds. Loads and the time to a stream's first piece have no limit. */
export interface EngineTimeouts {
	readonly versionMs: number;
	readonly psMs: number;
	/** Unload, which takes the scheduler's lock and so waits while another runner is being ended. */
	readonly unloadMs: number;
	/** Tags, show, touch, delete. */
	readonly otherMs: number;
	/** Silence inside a stream that has begun; generous, since a machine that swaps is slow, not gone. */
	readonly stallMs: number;
}

/** The limits in force unless a test sets others. */
export const DEFAULT_ENGINE_TIMEOUTS: EngineTimeouts = {
	versionMs: 1000,
	psMs: 4000,
	unloadMs: 10_000,
	otherMs: 30_000,
	stallMs: 600_000,
};

/** What a client needs. */
export interface EngineOptions {
	/** Base URL without a trailing slash. */
	readonly url: string;
	readonly engineId: string;
	readonly clock: Clock;
	readonly log: Log;
	/** Sent with every request, so that the own gateway recognises one that came round; null sends none. */
	readonly ownInstance?: string | null;
	readonly timeouts?: Partial<EngineTimeouts>;
}

/** Speaks to one engine. Nothing is sent before the first call. */
export function createEngine(options: EngineOptions): Engine {
	const limits = { ...DEFAULT_ENGINE_TIMEOUTS, ...options.timeouts };
	const { url, clock } = options;
	const transport = createEngineTransport({
		url,
		clock,
		log: options.log.child(options.engineId),
		ownInstance: options.ownInstance ?? null,
		stallMs: limits.stallMs,
	});

	/** Empty generate, which loads, prolongs or unloads; embedding models refuse it and take an empty embed instead. */
	async function ask(
		model: EngineLoad & { readonly loadable: boolean },
		call: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
	): Promise<void> {
		const body = {
			model: model.name,
			...(model.contextLength === undefined ? {} : { options: { num_ctx: model.contextLength } }),
			...(model.keepAliveMs === undefined ? {} : { keep_alive: keepAliveOf(model.keepAliveMs) }),
			...(model.runner === null ? {} : { runner: model.runner }),
		};
		const about = { model: model.name };
		const byEmbed = () =>
			transport.call(about, call, residencyAnswer, (ollama) => ollama.embed({ ...body, input: "" }));
		const byGenerate = () =>
			transport.call(about, call, residencyAnswer, (ollama) =>
				ollama.generate({ ...body, prompt: "", stream: false } satisfies GenerateRequest & { stream: false }),
			);
		const answer = await (model.embedding ? byEmbed() : byGenerate()).catch((error: unknown) => {
			if (model.loadable && !model.embedding && refusesGenerate(error)) return byEmbed();
			throw error;
		});
		const problem = errorTextOf(answer.value);
		if (problem !== null) throw errorOfText(problem, { url, model: model.name });
	}

	async function* checkedLines<Schema extends z.ZodType>(
		model: string,
		schema: Schema,
		signal: AbortSignal,
		path: string,
		body: unknown,
	): AsyncGenerator<z.output<Schema>, void, undefined> {
		for await (const line of transport.lines({ model }, signal, path, body)) {
			const value = jsonOf(line, url);
			const problem = errorTextOf(value);
			if (problem !== null) throw errorOfText(problem, { url, model });
			const checked = schema.safeParse(value);
			if (!checked.success)
				throw AppError.of("engine-bad-answer", { problem: "a line of another shape", url });
			yield checked.data;
		}
	}

	async function* chat(
		request: Parameters<Engine["chat"]>[0],
		signal: AbortSignal,
	): AsyncGenerator<ChatChunk, void, undefined> {
		const options_ = {
			...(request.contextLength === undefined ? {} : { num_ctx: request.contextLength }),
			...(request.temperature === undefined ? {} : { temperature: request.temperature }),
		};
		const body = {
			model: request.model,
			messages: request.turns,
			stream: true,
			...(request.keepAliveMs === undefined ? {} : { keep_alive: keepAliveOf(request.keepAliveMs) }),
			...(Object.keys(options_).length === 0 ? {} : { options: options_ }),
		};
		for await (const line of checkedLines(request.model, chatLine, signal, "/api/chat", body)) {
			yield* chatChunksOf(line);
			if (line.done === true) return;
		}
		throw AppError.of("stream-broken", {});
	}

	async function* pull(name: string, signal: AbortSignal): AsyncGenerator<PullProgress, void, undefined> {
		const body = { model: name, stream: true };
		for await (const line of checkedLines(name, pullLine, signal, "/api/pull", body)) {
			yield pullProgressOf(line);
			if (line.status === "success") return;
		}
		throw AppError.of("stream-broken", {});
	}

	return {
		url,
		async identify() {
			const call = { timeoutMs: limits.versionMs };
			const answer = await transport.call({ model: null }, call, versionAnswer, (ollama) => ollama.version());
			return {
				kind: answer.headers.get(DEMO_HEADER) === null ? "ollama" : "demo",
				version: answer.value.version,
				plimsollInstance: answer.headers.get(INSTANCE_HEADER),
			};
		},
		async loadedRows() {
			const call = { timeoutMs: limits.psMs };
			const answer = await transport.call({ model: null }, call, psAnswer, (ollama) => ollama.ps());
			return loadedRowsOf(answer.value, clock.now());
		},
		async installed() {
			const call = { timeoutMs: limits.otherMs };
			const answer = await transport.call({ model: null }, call, tagsAnswer, (ollama) => ollama.list());
			return installedModelsOf(answer.value);
		},
		async show(name, about = {}) {
			const request = {
				model: name,
				...(about.verbose === true ? { verbose: true } : {}),
				...(about.runner === undefined || about.runner === null ? {} : { runner: about.runner }),
			} satisfies ShowRequest & { verbose?: boolean; runner?: string };
			const call = { timeoutMs: limits.otherMs };
			const answer = await transport.call({ model: name }, call, showAnswer, (ollama) =>
				ollama.show(request),
			);
			return modelFactsOf(name, answer.value);
		},
		load: (load, signal) => ask({ ...load, loadable: true }, { signal }),
		unload: (model) =>
			ask({ ...model, embedding: false, keepAliveMs: 0, loadable: false }, { timeoutMs: limits.unloadMs }),
		touch: ({ contextLength, ...model }) =>
			ask(
				{ ...model, loadable: true, ...(contextLength > 0 ? { contextLength } : {}) },
				{ timeoutMs: limits.otherMs },
			),
		chat,
		pull,
		remove: (name) =>
			transport.send({ model: name }, { timeoutMs: limits.otherMs }, "DELETE", "/api/delete", {
				model: name,
			}),
		close: () => transport.close(),
	};
}

/** Milliseconds as the engine takes them: seconds, negative for ever. */
function keepAliveOf(keepAliveMs: number): number {
	return keepAliveMs < 0 ? -1 : keepAliveMs / 1000;
}

function refusesGenerate(error: unknown): boolean {
	return (
		error instanceof AppError &&
		error.code === "engine-error" &&
		String(error.params.text).includes("does not support generate")
	);
}

function jsonOf(line: string, url: string): unknown {
	try {
		return JSON.parse(line);
	} catch (thrown) {
		throw AppError.of("engine-bad-answer", { problem: "a line that is no JSON", url }, thrown);
	}
}
