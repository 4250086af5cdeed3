import type { ChatFigures, ChatMessage } from "../../../shared/chat.ts";
import { AppError } from "../../../shared/errors.ts";
import type { FitStep } from "../../../shared/fit.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import type { Domain, Member, RouteDecision } from "../../../shared/router.ts";
import type { ChatChunk, ChatTurn, Engine } from "../engine/engine.ts";
import type { Clock, Log, Stop } from "../ports.ts";
import { nobody } from "../router/nobody.ts";
import { estimateTokens } from "../router/requirements/estimate-tokens.ts";
import { createArrival } from "./arrival.ts";
import { type ChosenTurns, correctionOf, turnsWithin } from "./turns.ts";

/** The router as the chat uses it. */
export interface ChatRouter {
	/** Chooses who answers; changes nothing. */
	decide(ask: {
		readonly prompt: string;
		readonly imageCount: number;
		readonly contextTokens: number;
		readonly conversation: { readonly id: string; readonly lastMember: string | null } | null;
		/** Id of the member that is wanted, or null. */
		readonly override: string | null;
		readonly domain?: Domain;
		readonly asker?: "click";
		/** Models that have just answered are waited for until they count as idle. */
		readonly waitUntilQuiet?: AbortSignal;
	}): Promise<RouteDecision>;
	/** Context to load its model with, tokens; null leaves it as it is or to the engine. */
	contextOf(decision: RouteDecision & { readonly member: Member }): number | null;
	noteAnswered(answered: { readonly member: string }): void;
	/** Keeps what a prompt was about. Throws `storage-failed` where the disk refused. */
	correct(correction: { readonly prompt: string; readonly domain: Domain; readonly was: Domain }): void;
}

/** What an answer needs of the rest of core. */
export interface AnswerDeps {
	readonly clock: Clock;
	readonly log: Log;
	readonly router: ChatRouter;
	engine(): Engine;
	/** An installed model by its name, or null. */
	installed(model: string): InstalledModel | null;
	/** What has to go before this model can be loaded, and how long its last load took; nothing where it is loaded. */
	planFor(
		model: string,
		contextLength: number | null,
	): Promise<{ readonly steps: readonly FitStep[]; readonly expectedLoadMs: number | null }>;
	/** Makes sure that the model is loaded, through admission; resolves to the context it is loaded with (0 unknown). */
	ensureLoaded(
		model: string,
		contextLength: number | null,
		signal: AbortSignal,
	): Promise<{ readonly contextLength: number; readonly loadMs: number | null }>;
	/** Milliseconds to keep a model after its answer, where a setting says so; absent leaves it to the engine. */
	keepAliveMs?(model: string): number | undefined;
	/** Marks the model as busy with a request of ours until released. */
	inFlight(model: string): Stop;
	/** The bytes of a picture, or null where they are gone. */
	picture(id: string): Buffer | null;
}

/** Who is to answer: a model, a member of the team, or whoever is best. */
export interface Choice {
	readonly model: string | null;
	readonly member: string | null;
	/** What the user says the question is about. */
	readonly domain?: Domain;
	/** Context to load the model with, tokens; null leaves it to the member or the engine. */
	readonly contextLength: number | null;
}

/** A question with what came before it. */
export interface Asked {
	readonly conversationId: string;
	readonly systemPrompt: string;
	readonly question: ChatMessage;
	/** What was said before, newest first; read as far as it is needed. */
	readonly earlier: () => Iterable<ChatMessage>;
	readonly earlierCount: number;
	readonly choice: Choice;
}

/** The member that gave the last answer of a conversation, or null. */
function lastMemberIn(earlier: Iterable<ChatMessage>): string | null {
	for (const { role, route } of earlier) if (role === "assistant") return route?.member?.id ?? null;
	return null;
}

function lastAnswerBy(model: string, earlier: Iterable<ChatMessage>): ChatMessage | undefined {
	for (const message of earlier)
		if (message.role === "assistant") return message.model === model ? message : undefined;
	return undefined;
}

/** Tokens of the conversation before a question, as far as they matter for the choice of a model. */
function tokensBefore({ systemPrompt, earlier }: Asked): number {
	let tokens = estimateTokens(systemPrompt);
	for (const { text } of earlier()) {
		tokens += estimateTokens(text);
		if (tokens > MOST_TOKENS) return MOST_TOKENS;
	}
	return tokens;
}

/** More of a conversation is left out rather than asked a huge context for. */
const MOST_TOKENS = 24_000;

function figuresOf(
	done: Extract<ChatChunk, { kind: "done" }> | null,
	measured: {
		readonly firstTokenMs: number | null;
		readonly loadMs: number | null;
		readonly estimatedPromptTokens: number;
	},
): ChatFigures {
	const answerTokens = done?.answerTokens ?? null;
	const answerMs = done?.answerMs ?? null;
	return {
		...measured,
		loadMs: measured.loadMs ?? done?.loadMs ?? null,
		promptTokens: done?.promptTokens ?? null,
		answerTokens,
		tokensPerSecond: answerTokens !== null && answerMs ? answerTokens / (answerMs / 1000) : null,
		contextFull: done?.reason === "length",
	};
}

/**
 * Brings one answer: chooses who gives it, loads the model, and streams. Every change is told to `change`. Never
 * rejects: what went wrong stands in the message, with what had come.
 */
export async function bringAnswer(
	deps: AnswerDeps,
	asked: Asked,
	signal: AbortSignal,
	change: (change: Partial<ChatMessage>) => void,
): Promise<void> {
	const { clock, router } = deps;
	const { question } = asked;
	const arriving = createArrival(clock, (text, thinking) => {
		change({ state: "streaming", steps: [], text, thinking });
	});
	let release: Stop = () => undefined;
	let model = asked.choice.model;
	try {
		let member: Member | null = null;
		let contextLength = asked.choice.contextLength;
		if (model === null) {
			const route = await router.decide({
				prompt: question.text,
				imageCount: question.pictures.length,
				contextTokens: tokensBefore(asked),
				conversation: { id: asked.conversationId, lastMember: lastMemberIn(asked.earlier()) },
				override: asked.choice.member,
				asker: "click",
				waitUntilQuiet: signal,
				...(asked.choice.domain === undefined ? {} : { domain: asked.choice.domain }),
			});
			({ member } = route);
			if (member === null) {
				change({ route });
				throw nobody(route);
			}
			({ model } = member);
			contextLength ??= router.contextOf({ ...route, member });
			change({ model, route });
		}
		if (signal.aborted) throw AppError.of("cancelled", {});
		const sees = deps.installed(model)?.capabilities.includes("vision") ?? false;
		if (question.pictures.length > 0 && !sees) throw AppError.of("cannot-see-pictures", { model });
		change(await deps.planFor(model, contextLength));
		const loaded = await deps.ensureLoaded(model, contextLength, signal);
		change({ steps: [] });
		const chosen = turnsFor(deps, asked, { model, member, loadedContext: loaded.contextLength });
		release = deps.inFlight(model);
		const askedAtMs = clock.monotonicMs();
		let firstTokenMs: number | null = null;
		let done: Extract<ChatChunk, { kind: "done" }> | null = null;
		change({ leftOut: chosen.leftOut, contextTokens: chosen.contextTokens });
		const keepAliveMs =
			member?.keepAliveMinutes == null
				? deps.keepAliveMs?.(model)
				: member.keepAliveMinutes < 0
					? -1
					: member.keepAliveMinutes * 60_000;
		const chunks = deps.engine().chat(
			{
				model,
				turns: chosen.turns(sees),
				...(loaded.contextLength > 0 ? { contextLength: loaded.contextLength } : {}),
				...(keepAliveMs === undefined ? {} : { keepAliveMs }),
				...(member?.temperature == null ? {} : { temperature: member.temperature }),
			},
			signal,
		);
		for await (const chunk of chunks) {
			if (chunk.kind === "done") done = chunk;
			else {
				firstTokenMs ??= clock.monotonicMs() - askedAtMs;
				arriving.add(chunk);
			}
		}
		arriving.flush();
		const { estimatedTokens: estimatedPromptTokens } = chosen;
		change({
			state: "done",
			figures: figuresOf(done, { firstTokenMs, loadMs: loaded.loadMs, estimatedPromptTokens }),
		});
		if (member !== null) router.noteAnswered({ member: member.id });
	} catch (thrown) {
		arriving.flush();
		const reason: unknown = signal.reason;
		const error = reason instanceof AppError ? reason : AppError.wrap(thrown);
		if (signal.aborted && error !== reason) change({ state: "stopped", steps: [] });
		else {
			deps.log.warn("answer broke off", { model, code: error.code });
			change({ state: "broken", steps: [], error: error.serialize() });
		}
	} finally {
		release();
	}
}

interface SentTurns extends ChosenTurns {
	readonly contextTokens: number | null;
	/** As the engine takes them; pictures only for a model that sees. */
	turns(withPictures: boolean): readonly ChatTurn[];
}

/** What the model is given, with the system prompts of member and conversation. Throws `question-too-long`. */
function turnsFor(
	deps: AnswerDeps,
	asked: Asked,
	answerer: { readonly model: string; readonly member: Member | null; readonly loadedContext: number },
): SentTurns {
	const { model, member, loadedContext } = answerer;
	const trained = deps.installed(model)?.details.contextLength ?? 0;
	const contextTokens = loadedContext || trained || null;
	const systemPrompt = [member?.systemPrompt ?? "", asked.systemPrompt]
		.filter((each) => each !== "")
		.join("\n\n");
	const { question, earlierCount } = asked;
	const correction = correctionOf(lastAnswerBy(model, asked.earlier()));
	const chosen = turnsWithin({
		question,
		systemPrompt,
		earlier: asked.earlier(),
		earlierCount,
		contextTokens,
		correction,
	});
	if (chosen === null) {
		const neededTokens = Math.ceil(
			(estimateTokens(question.text) + estimateTokens(systemPrompt)) * correction,
		);
		throw AppError.of("question-too-long", { model, neededTokens, contextTokens: contextTokens ?? 0 });
	}
	return {
		...chosen,
		contextTokens,
		turns: (withPictures) => [
			...(systemPrompt === "" ? [] : [{ role: "system" as const, content: systemPrompt }]),
			...chosen.messages.map(({ role, text, pictures }) => {
				const images = withPictures
					? pictures.flatMap(({ id }) => deps.picture(id)?.toString("base64") ?? [])
					: [];
				return { role, content: text, ...(images.length === 0 ? {} : { images }) };
			}),
		],
	};
}
