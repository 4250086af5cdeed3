import { randomBytes } from "node:crypto";
import { composeAnswer, countTokens } from "./answers.ts";
import { EngineError, requestCanceled, runnerStopped } from "./engine-error.ts";
import type { EngineState } from "./engine-state.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { ModelDescription } from "./model-description.ts";

/** A request for an answer, whatever dialect it came in. */
export interface GenerationRequest {
	readonly description: ModelDescription;
	/** The whole conversation as text, for counting. */
	readonly transcript: string;
	/** The last thing the user said. */
	readonly prompt: string;
	readonly imageCount: number;
	readonly contextLength: number | null;
	readonly maxTokens: number | null;
	readonly keepAliveMs: number | null;
	/** null leaves it to the model. */
	readonly think: boolean | null;
	readonly format: unknown;
	readonly tools: readonly { readonly name: string; readonly parameters: unknown }[];
	readonly signal: AbortSignal;
}

/** A call the model asks for. */
export interface ToolCall {
	readonly id: string;
	readonly name: string;
	readonly arguments: Readonly<Record<string, unknown>>;
}

/** One piece of an answer; `raw` is what a misbehaving server writes instead of one. */
export type Piece =
	| { readonly kind: "thinking"; readonly text: string }
	| { readonly kind: "content"; readonly text: string }
	| { readonly kind: "tool-calls"; readonly calls: readonly ToolCall[] }
	| { readonly kind: "raw"; readonly text: string };

/** Counts and times of an answer so far; durations in nanoseconds. */
export interface GenerationFigures {
	readonly doneReason: "stop" | "length";
	readonly promptTokens: number;
	readonly answerTokens: number;
	readonly totalNs: number;
	readonly loadNs: number;
	readonly promptNs: number;
	readonly answerNs: number;
}

/** A running answer: its first token is there, or there would have been an error. */
export interface Generation {
	readonly pieces: AsyncIterable<Piece>;
	figures(): GenerationFigures;
	/** Gives the runner back; must be called whatever happens. */
	finish(): void;
}

/** The stream ends here without a last line. */
export class StreamCut extends Error {}

/** What 0.30 and later say when a picture is given to a model that has no eyes. */
const NO_EYES = JSON.stringify({
	error: {
		code: 400,
		message: "Multimodal data provided, but model does not support multimodal requests.",
		type: "invalid_request_error",
	},
});

/**
 * Gets the model, reads the prompt and waits for the first token. Throws `EngineError` with the status a client
 * gets when no part of the answer has been sent.
 */
export async function startGeneration(state: EngineState, request: GenerationRequest): Promise<Generation> {
	const startedAt = performance.now();
	const { description, signal } = request;
	const { scheduler, misbehaviours, options } = state;
	refuseWhenBusy(state, description);
	const model = await scheduler.acquire(request);
	const loadedAt = performance.now();
	let freeSlot: (() => void) | null = null;
	let finished = false;
	const finish = (): void => {
		if (finished) return;
		finished = true;
		if (model.users <= 1) model.runner.setBusy(false);
		freeSlot?.();
		scheduler.release(model);
	};
	try {
		if (request.imageCount > 0 && !description.seesImages && options.flavour !== "0.24")
			throw new EngineError(400, NO_EYES);
		freeSlot = await model.slot(options.numParallel);
		await pause(0, model, signal, true, options.flavour);
		model.runner.setBusy(true);
		const promptTokens = Math.max(1, countTokens(request.transcript));
		await takePrompt(state, model, request, promptTokens);
		if (misbehaviours.of(description.name, "crash-before-first-token") !== null) await model.runner.kill();
		const promptStartedAt = performance.now();
		await pause((promptTokens / options.promptTokensPerSecond) * 1000, model, signal, true, options.flavour);
		const promptReadAt = performance.now();

		const answer = answerOf(request);
		const limit = request.maxTokens ?? Number.POSITIVE_INFINITY;
		let answerTokens = 0;
		const cut = answer.length > limit;
		const pieces = (async function* (): AsyncGenerator<Piece> {
			for (const piece of answer.slice(0, Math.max(0, limit))) {
				misbehaveAt(state, model, answerTokens);
				const raw = misbehaviours.of(description.name, "garbage-json");
				if (raw !== null && answerTokens === raw)
					yield { kind: "raw", text: '{"model":"\u0000<<<not json>>>' };
				const due = promptReadAt + ((answerTokens + 1) / options.tokensPerSecond) * 1000;
				await pause(due - performance.now(), model, signal, false, options.flavour);
				answerTokens += 1;
				yield piece;
			}
			misbehaveAt(state, model, answerTokens);
		})();
		return {
			pieces,
			finish,
			figures: () => {
				const now = performance.now();
				return {
					doneReason: cut ? "length" : "stop",
					promptTokens,
					answerTokens,
					totalNs: nanoseconds(now - startedAt),
					loadNs: nanoseconds(loadedAt - startedAt),
					promptNs: nanoseconds(promptReadAt - promptStartedAt),
					answerNs: nanoseconds(now - promptReadAt),
				};
			},
		};
	} catch (error) {
		finish();
		throw error;
	}
}

/** Milliseconds as Go's durations; never 0, which the server would leave out. */
export function nanoseconds(ms: number): number {
	return Math.max(1, Math.round(ms * 1e6));
}

/** Throws 503 for a model told to be busy. */
export function refuseWhenBusy(state: EngineState, description: ModelDescription): void {
	if (state.misbehaviours.of(description.name, "busy") !== null)
		throw new EngineError(503, "server busy, please try again.  maximum pending requests exceeded");
}

async function takePrompt(
	state: EngineState,
	model: LoadedModel,
	request: GenerationRequest,
	tokens: number,
): Promise<void> {
	const growth = state.misbehaviours.of(request.description.name, "growth");
	try {
		await model.takePrompt(request.transcript, tokens, {
			keepsPrompts: state.options.flavour !== "0.24",
			extraBytes: growth === null ? 0 : Math.round(growth * 1024 ** 3),
		});
	} catch {
		throw runnerStopped(state.options.flavour, true);
	}
}

/** All pieces of the answer, the tool call in place of text where a tool is wanted. */
function answerOf(request: GenerationRequest): readonly Piece[] {
	const { description } = request;
	const answer = composeAnswer({
		model: description.name,
		prompt: request.prompt,
		imageCount: description.seesImages ? request.imageCount : 0,
		format: request.format,
		thinks: description.capabilities.includes("thinking") && request.think !== false,
	});
	const thinking = answer.thinking.map((text): Piece => ({ kind: "thinking", text }));
	const wanted = request.tools.find((tool) => request.prompt.toLowerCase().includes(tool.name.toLowerCase()));
	if (wanted !== undefined && wanted.name.length > 1)
		return [...thinking, { kind: "tool-calls", calls: [callOf(wanted, request.prompt)] }];
	return [...thinking, ...answer.content.map((text): Piece => ({ kind: "content", text }))];
}

function callOf(tool: { readonly name: string; readonly parameters: unknown }, prompt: string): ToolCall {
	const properties =
		(tool.parameters as { properties?: Record<string, { type?: string }> } | null)?.properties ?? {};
	const argumentsOf = Object.entries(properties).map(([key, schema]) => [
		key,
		schema.type === "number" || schema.type === "integer"
			? 1
			: schema.type === "boolean"
				? true
				: prompt.slice(0, 40),
	]);
	return {
		id: `call_${randomBytes(4).toString("hex")}`,
		name: tool.name,
		arguments: Object.fromEntries(argumentsOf),
	};
}

function misbehaveAt(state: EngineState, model: LoadedModel, tokens: number): void {
	const { name } = model.description;
	const { misbehaviours } = state;
	if (misbehaviours.of(name, "crash-mid-stream") === tokens) void model.runner.kill();
	if (misbehaviours.of(name, "stream-error") === tokens)
		throw new EngineError(500, "an error was encountered while running the model: the demo was told to fail");
	if (misbehaviours.of(name, "stream-without-end") === tokens) throw new StreamCut();
}

/** Waits; throws when the runner dies or the client leaves meanwhile. */
async function pause(
	ms: number,
	model: LoadedModel,
	signal: AbortSignal,
	beforeFirstToken: boolean,
	flavour: string,
): Promise<void> {
	// A timer takes at least a millisecond; shorter waits are made up for at the next token.
	if (ms >= 1 && !signal.aborted && !model.runner.hasExited) {
		await new Promise<void>((resolve) => {
			const over = (): void => {
				clearTimeout(timer);
				signal.removeEventListener("abort", over);
				model.runner.gone.removeEventListener("abort", over);
				resolve();
			};
			const timer = setTimeout(over, ms);
			signal.addEventListener("abort", over);
			model.runner.gone.addEventListener("abort", over);
		});
	} else await new Promise((resolve) => setImmediate(resolve));
	if (signal.aborted) throw requestCanceled();
	if (model.runner.hasExited) throw runnerStopped(flavour, beforeFirstToken);
}
