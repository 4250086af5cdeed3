import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import * as shapes from "./api-shapes.ts";
import {
	fitOf,
	flushOf,
	historyOf,
	isoTime,
	loadOf,
	releaseStatus,
	statusOf,
	textOf,
	trimOf,
	unloadOf,
} from "./api-words.ts";
import { eventStream } from "./event-stream.ts";
import { keepAliveMs } from "./keep-alive-value.ts";
import { json, type Route, route } from "./route.ts";
import { decisionOf, membersOf, ORIGINAL_PHASE, teamStatusOf } from "./route-words.ts";

const nothing = z.strictObject({});

/** Unknown keys are left alone, as the engine leaves them. */
const anyQuery = z.object({});

const modelParams = z.strictObject({ id: z.string().trim().min(1).max(512) });

const QUARTER_HOUR_MS = 15 * 60_000;

/** A time in the query: ISO 8601, or milliseconds since 1970. */
const queryTime = z
	.string()
	.transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
	.refine((at) => Number.isFinite(at) && Math.abs(at) <= 8.64e15, "is no time");

const keepAlive = z
	.union([z.number(), z.string()])
	.refine((value) => keepAliveMs(value) !== null, "is no duration such as 300 or “5m”");

/** What an unload answers with, by where the release stands. */
const UNLOAD_STATUS = { unloaded: 200, "load-cancelled": 200, draining: 202, "not-confirmed": 504 } as const;

/** Codes of problems that any route may answer with, besides those of its own. */
function problem(status: number, when: string): { status: number; when: string; body: z.ZodType } {
	return { status, when, body: shapes.problemSchema };
}

/** Plimsoll's own routes. Everything else under `/api` and `/v1` is the engine's. */
export const routes: readonly Route[] = [
	route({
		method: "GET",
		path: "/",
		name: "root",
		summary: "What this is and what it offers",
		description:
			"Tells name, version and endpoints. `HEAD /` answers 200, which is how clients of Ollama look whether it runs.",
		params: nothing,
		query: anyQuery,
		body: nothing,
		responses: [{ status: 200, when: "always", body: shapes.rootSchema }],
		async handler({ deps }) {
			return json(200, {
				name: "Plimsoll",
				version: deps.appVersion,
				models: deps.state().installed.length,
				endpoints: endpoints(),
				status: "Ollama is running",
			});
		},
	}),
	route({
		method: "GET",
		path: "/health",
		name: "health",
		summary: "Whether Plimsoll and its engine answer",
		description: "Answers 200 while Plimsoll runs; `status` says whether the engine answers too.",
		params: nothing,
		query: anyQuery,
		body: nothing,
		responses: [{ status: 200, when: "always", body: shapes.healthSchema }],
		async handler({ deps }) {
			const { engine, health, watchdog } = deps.state();
			return json(200, {
				status: engine.connection.state === "connected" ? "healthy" : "degraded",
				timestamp: isoTime(deps.clock.now()),
				...ORIGINAL_PHASE,
				version: deps.appVersion,
				engine: {
					kind: engine.kind,
					url: engine.url,
					state: engine.connection.state,
					version: engine.version,
				},
				checks: (health?.checks ?? []).map(({ name, good, message }) => ({
					name,
					good,
					detail: textOf(message),
				})),
				watchdog: watchdog.mode,
			});
		},
	}),
	route({
		method: "GET",
		path: "/api/memory/status",
		name: "memory_status",
		summary: "The machine's memory and the loaded models",
		description:
			"What was read more than a second ago is read again first; an engine that takes longer than a second is not waited for.",
		params: nothing,
		query: anyQuery,
		body: nothing,
		responses: [{ status: 200, when: "always", body: shapes.statusSchema }],
		async handler({ deps }) {
			await deps.freshen();
			return json(200, statusOf(deps.state()));
		},
	}),
	route({
		method: "POST",
		path: "/api/memory/flush",
		name: "memory_flush",
		summary: "Unload every local model",
		description:
			"Waits, 30 s at most, until each model has left and its process was seen to end. A second call while one runs gets the same result.",
		params: nothing,
		query: anyQuery,
		body: z.object({}).default({}),
		responses: [
			{ status: 200, when: "everything has left", body: shapes.flushSchema },
			{
				status: 202,
				when: "what has not left yet still answers and leaves by itself",
				body: shapes.flushSchema,
			},
			{ status: 504, when: "a release is not confirmed", body: shapes.flushSchema },
		],
		async handler({ deps }) {
			const result = await deps.flush();
			const statuses = new Set(result.releases.map(releaseStatus));
			return json(
				statuses.has("not-confirmed") ? 504 : statuses.has("draining") ? 202 : 200,
				flushOf(result),
			);
		},
	}),
	route({
		method: "DELETE",
		path: "/api/memory/models/{id}",
		name: "memory_unload",
		summary: "Unload one model",
		description:
			"Takes the model's name, with `/` and `:` raw or percent-encoded. A model that still answers leaves when its answer ends; the call then says so after 10 s. One that loads has its load cancelled.",
		params: modelParams,
		query: anyQuery,
		body: z.object({}).default({}),
		responses: [
			{ status: 200, when: "it has left, or its load was cancelled", body: shapes.unloadSchema },
			{ status: 202, when: "it still answers and leaves by itself", body: shapes.unloadSchema },
			{ status: 504, when: "its release is not confirmed", body: shapes.unloadSchema },
			problem(404, "it is not loaded"),
		],
		async handler({ deps, params }) {
			const before = deps.state().machine?.sample ?? null;
			const result = await deps.unload(params.id);
			return json(
				UNLOAD_STATUS[releaseStatus(result)],
				unloadOf(result, before, deps.state().machine?.sample ?? null),
			);
		},
	}),
	route({
		method: "POST",
		path: "/api/memory/models/{id}/load",
		name: "memory_load",
		summary: "Load one model",
		description:
			"Answers when the engine lists the model. A client that goes away takes its load back. `force` loads a model that is over the budget.",
		params: modelParams,
		query: anyQuery,
		body: z
			.object({
				num_ctx: z.int().min(1).max(16_777_216).optional().describe("tokens of context"),
				keep_alive: keepAlive.optional().describe("seconds or a duration such as “5m”; negative for ever"),
				force: z.boolean().default(false).describe("load although it is over the budget"),
			})
			.prefault({}),
		responses: [
			{ status: 200, when: "it is loaded", body: shapes.loadSchema },
			problem(404, "there is no such model"),
			problem(409, "it runs in the cloud"),
			problem(502, "the engine does not answer or cannot load it"),
			problem(507, "it does not fit; the figures stand in `figures`"),
		],
		async handler({ deps, params, body, signal }) {
			const keepAliveFor = body.keep_alive === undefined ? null : keepAliveMs(body.keep_alive);
			const result = await deps.load(
				{
					model: params.id,
					force: body.force,
					...(body.num_ctx === undefined ? {} : { contextLength: body.num_ctx }),
					...(keepAliveFor === null ? {} : { keepAliveMs: keepAliveFor }),
				},
				signal,
			);
			return json(200, loadOf(result));
		},
	}),
	route({
		method: "GET",
		path: "/api/memory/models/{id}/fit",
		name: "memory_fit",
		summary: "Whether a model fits, without loading it",
		description:
			"The verdict that a load through this API would get now, with every term: what the model would take, what may still be loaded, what would have to go and what would make room.",
		params: modelParams,
		query: z.object({
			num_ctx: z.coerce.number().int().min(1).max(16_777_216).optional().describe("tokens of context"),
		}),
		body: nothing,
		responses: [
			{ status: 200, when: "always; also where it does not fit", body: shapes.fitSchema },
			problem(404, "there is no such model"),
			problem(409, "it runs in the cloud"),
			problem(502, "the engine does not answer"),
		],
		async handler({ deps, params, query }) {
			return json(200, fitOf(params.id, await deps.fit(params.id, query.num_ctx ?? null)));
		},
	}),
	route({
		method: "POST",
		path: "/api/memory/models/{id}/trim",
		name: "memory_trim",
		summary: "Unload and load again one idle model whose runner has grown",
		description:
			"Answers when the model is listed again, with what its runner took before and takes now. Context and keep-alive stay as they were.",
		params: modelParams,
		query: anyQuery,
		body: z.object({}).default({}),
		responses: [
			{ status: 200, when: "it is loaded again", body: shapes.trimSchema },
			problem(404, "it is not loaded"),
			problem(409, "it works right now"),
			problem(504, "it did not leave"),
		],
		async handler({ deps, params }) {
			return json(200, trimOf(await deps.trim(params.id)));
		},
	}),
	route({
		method: "POST",
		path: "/api/route",
		name: "route",
		summary: "Who would answer a prompt, and why",
		description:
			"The whole decision, without asking anybody. `assume_installed` takes every member as installed and not loaded, and judges it by what the team's list says it takes.",
		params: nothing,
		query: anyQuery,
		body: z.object({
			prompt: z.string().min(1),
			images: z
				.union([z.int().min(0).max(100), z.array(z.string()).max(100)])
				.default(0)
				.describe("pictures, or how many there are"),
			context: z
				.object({
					tokens: z.int().min(0).max(16_777_216).default(0).describe("of the conversation before it"),
					tools: z.boolean().default(false),
					last_member: z.string().optional().describe("who gave the conversation's last answer"),
					priority: z.string().max(40).default("normal"),
				})
				.prefault({}),
			member: z.string().optional().describe("who is wanted"),
			team: z
				.literal("original")
				.optional()
				.describe("asks the original eleven instead of the team in force"),
			assume_installed: z.boolean().default(false),
		}),
		responses: [
			{ status: 200, when: "always; also where nobody can answer", body: shapes.decisionSchema },
			problem(400, "the team has no such member"),
		],
		async handler({ deps, body }) {
			const { context, images } = body;
			const decision = await deps.router.decide({
				prompt: body.prompt,
				imageCount: typeof images === "number" ? images : images.length,
				contextTokens: context.tokens,
				tools: context.tools,
				conversation: context.last_member === undefined ? null : { id: "", lastMember: context.last_member },
				override: body.member ?? null,
				assumeInstalled: body.assume_installed,
				...(body.team === undefined ? {} : { team: body.team }),
			});
			const team = body.team ?? deps.router.team().team.id;
			return json(200, decisionOf(decision, { prompt: body.prompt, priority: context.priority, team }));
		},
	}),
	route({
		method: "GET",
		path: "/api/team/members",
		name: "team_members",
		summary: "The members that prompts are routed to",
		description: "An object by id, in the original API's shape.",
		params: nothing,
		query: anyQuery,
		body: nothing,
		responses: [{ status: 200, when: "always", body: shapes.membersSchema }],
		handler: async ({ deps }) => json(200, membersOf(deps.state())),
	}),
	route({
		method: "GET",
		path: "/api/team/status",
		name: "team_status",
		summary: "The team and the machine it works on",
		description: "In the original API's shape.",
		params: nothing,
		query: anyQuery,
		body: nothing,
		responses: [{ status: 200, when: "always", body: shapes.teamStatusSchema }],
		async handler({ deps }) {
			await deps.freshen();
			return json(200, teamStatusOf(deps.state(), deps.appVersion));
		},
	}),
	route({
		method: "GET",
		path: "/api/memory/history",
		name: "memory_history",
		summary: "The memory over time, and what happened",
		description:
			"Samples oldest first, events newest first; the last quarter of an hour where nothing is asked.",
		params: nothing,
		query: z.object({
			from: queryTime.optional().describe("ISO 8601 or milliseconds since 1970"),
			to: queryTime.optional().describe("ISO 8601 or milliseconds since 1970"),
			points: z.coerce.number().int().min(2).max(2000).default(600).describe("samples at most"),
		}),
		body: nothing,
		responses: [{ status: 200, when: "always", body: shapes.historySchema }],
		async handler({ deps, query }) {
			const toAt = query.to ?? deps.clock.now();
			const fromAt = query.from ?? toAt - QUARTER_HOUR_MS;
			if (fromAt > toAt) throw AppError.of("invalid-argument", { what: "from", problem: "is later than to" });
			return json(200, historyOf(await deps.history({ fromAt, toAt, points: query.points }), fromAt, toAt));
		},
	}),
	route({
		method: "GET",
		path: "/api/events",
		name: "events",
		summary: "What happens, as it happens",
		description:
			"Server-sent events: `id`, and `data` with an event as the history tells it. `Last-Event-ID` brings what was missed. No prompt text.",
		params: nothing,
		query: anyQuery,
		body: nothing,
		responses: [{ status: 200, when: "always; text/event-stream" }],
		async handler({ deps, limits, lastEventId }) {
			return { kind: "events", stream: eventStream(deps, { lastEventId, heartbeatMs: limits.heartbeatMs }) };
		},
	}),
];

/** Routes by their names, as the original API lists them, with what is passed on. */
function endpoints(): Readonly<Record<string, string>> {
	return {
		...Object.fromEntries(routes.map(({ name, method, path }) => [name, `${method} ${path}`])),
		chat: "POST /api/chat",
		ollama: "/api/*",
		openai: "/v1/*",
		anthropic: "POST /v1/messages",
	};
}
