import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { ChatTurn } from "../engine/engine.ts";
import { type Routed, routeAndAdmit } from "./admit.ts";
import { type FlatHeaders, OWN_ANSWER_HEADERS, retryAfter } from "./answer-headers.ts";
import { textOf } from "./api-words.ts";
import type { CarriedAnswers } from "./carried-answers.ts";
import { figuresOf, sentenceOf } from "./error-answer.ts";
import type { GatewayDeps } from "./gateway-deps.ts";
import type { Fields } from "./load-request.ts";
import { ORIGINAL_PHASE, requirementsOf } from "./route-words.ts";
import { sendJson } from "./send-answer.ts";

const JSON_TYPE = "application/json; charset=utf-8";
const LINES = "application/x-ndjson";

/** What the original API answers with where its model, or the choice of one, has failed. */
const FAILED_IN_ANSWER = "Error occurred during generation";
const FAILED_BEFORE = "Router error occurred";

/** Temperature of the original API where a request says nothing. */
const ORIGINAL_TEMPERATURE = 0.7;

const MINUTE_MS = 60_000;

/** The body of the original API's chat. Unknown keys are left alone, as they are there. */
export const routedChatSchema = z.object({
	prompt: z.string().min(1),
	context: z
		.object({
			temperature: z.number().min(0).max(2).optional(),
			priority: z.string().max(40).default("normal"),
		})
		.nullable()
		.transform((given) => given ?? { priority: "normal" })
		.prefault({}),
	images: z.array(z.string()).max(20).default([]).describe("base64"),
	member: z.string().optional().describe("id of the member that is to answer"),
	stream: z.boolean().default(false),
});

type Asked = z.infer<typeof routedChatSchema>;

/** One request of this dialect, on its way. */
interface Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly headers: FlatHeaders;
}

function check(fields: Fields): Asked {
	const result = routedChatSchema.safeParse(fields);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	throw AppError.of("invalid-argument", {
		what: ["body", ...(issue?.path ?? [])].join("."),
		problem: issue?.message ?? "not valid",
	});
}

/**
 * `POST /api/chat` with a prompt and neither model nor messages: the original API's chat, for which Plimsoll chooses who
 * answers. Failures keep the original keys and carry `error`, with the status that they have everywhere else.
 */
export function createRoutedChat(
	deps: Pick<GatewayDeps, "admit" | "inFlight" | "clock" | "log" | "router" | "chat" | "keepAliveMs">,
	carried: Pick<CarriedAnswers, "add">,
): (exchange: Exchange, fields: Fields) => Promise<void> {
	function metadataOf(asked: Asked, routed: Routed, startedMs: number): Fields {
		const { decision } = routed;
		return {
			model: decision.member.model,
			member: decision.member.name,
			member_id: decision.member.id,
			elapsed_time: Math.round(deps.clock.monotonicMs() - startedMs) / 1000,
			requirements: requirementsOf(decision.requirements, {
				prompt: asked.prompt,
				priority: asked.context.priority,
			}),
			...ORIGINAL_PHASE,
			why: textOf(decision.why),
			loaded_for_this: routed.ticket.basis === "load",
		};
	}

	/** Asks the chosen member and hands on each piece of its answer. */
	async function answer(
		{ response }: Exchange,
		asked: Asked,
		{ decision, contextLength, ticket }: Routed,
		onText: (text: string) => void,
	): Promise<void> {
		const { member } = decision;
		const left = new AbortController();
		const leave = (): void => left.abort();
		response.once("close", leave);
		if (response.destroyed) left.abort();
		const ended = deps.inFlight(member.model);
		let loads = ticket.basis === "load" || ticket.basis === "joined";
		const arrived = carried.add({
			model: member.model,
			loads: () => loads,
			end: (error) => left.abort(error),
		});
		const turns: ChatTurn[] = [
			...(member.systemPrompt === null ? [] : [{ role: "system" as const, content: member.systemPrompt }]),
			{ role: "user", content: asked.prompt, ...(asked.images.length === 0 ? {} : { images: asked.images }) },
		];
		const keepAliveMs =
			member.keepAliveMinutes === null
				? deps.keepAliveMs(member.model)
				: member.keepAliveMinutes < 0
					? -1
					: member.keepAliveMinutes * MINUTE_MS;
		try {
			const chunks = deps.chat(
				{
					model: member.model,
					turns,
					temperature: asked.context.temperature ?? member.temperature ?? ORIGINAL_TEMPERATURE,
					...(contextLength === null ? {} : { contextLength }),
					...(keepAliveMs === undefined ? {} : { keepAliveMs }),
				},
				left.signal,
			);
			for await (const chunk of chunks) {
				loads = false;
				ticket.release();
				if (chunk.kind === "text") onText(chunk.text);
			}
		} catch (thrown) {
			const reason: unknown = left.signal.reason;
			throw reason instanceof AppError ? reason : AppError.wrap(thrown);
		} finally {
			response.off("close", leave);
			ticket.release();
			ended();
			arrived();
		}
	}

	function refuse(
		{ response, headers }: Exchange,
		error: AppError,
		told: { readonly text: string; readonly metadata: Fields },
	): void {
		const body = {
			response: told.text,
			metadata: { ...told.metadata, error: sentenceOf(error) },
			error: sentenceOf(error),
			code: error.code,
			...figuresOf(error),
		};
		if (response.headersSent) response.end(`${JSON.stringify({ ...body, done: true })}\n`);
		else sendJson(response, error.status, JSON_TYPE, body, [...headers, ...retryAfter(error)]);
	}

	return async (exchange, fields) => {
		const { response, headers } = exchange;
		const startedMs = deps.clock.monotonicMs();
		let routed: Routed | null = null;
		let text = "";
		try {
			const asked = check(fields);
			routed = await routeAndAdmit(deps, response, {
				prompt: asked.prompt,
				imageCount: asked.images.length,
				contextTokens: 0,
				conversation: null,
				override: asked.member ?? null,
			});
			const told = routed;
			await answer(exchange, asked, told, (piece) => {
				text += piece;
				if (!asked.stream) return;
				if (!response.headersSent)
					response.writeHead(200, STATUS_CODES[200], [
						"Content-Type",
						LINES,
						"Plimsoll-Member",
						told.decision.member.id,
						...OWN_ANSWER_HEADERS,
						...headers,
					]);
				response.write(`${JSON.stringify({ response: piece, done: false })}\n`);
			});
			deps.router.noteAnswered({ member: told.decision.member.id });
			const metadata = metadataOf(asked, told, startedMs);
			if (response.headersSent) response.end(`${JSON.stringify({ response: "", metadata, done: true })}\n`);
			else
				sendJson(
					response,
					200,
					asked.stream ? LINES : JSON_TYPE,
					{ response: text, metadata, ...(asked.stream ? { done: true } : {}) },
					[...headers, "Plimsoll-Member", told.decision.member.id],
				);
		} catch (thrown) {
			if (response.destroyed) return;
			const error = AppError.wrap(thrown);
			if (error.code === "internal") deps.log.error("a routed chat failed", { problem: error.message });
			if (routed === null) refuse(exchange, error, { text: FAILED_BEFORE, metadata: {} });
			else {
				const { model, name } = routed.decision.member;
				const metadata = { model, member: name, member_id: routed.decision.member.id, partial: text };
				refuse(exchange, error, { text: FAILED_IN_ANSWER, metadata });
			}
		}
	};
}
