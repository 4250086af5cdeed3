import type { z } from "zod";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Requirements, RouteDecision } from "../../../shared/router.ts";
import type { AppState } from "../../../shared/state.ts";
import { toGb } from "../../../shared/units.ts";
import type { decisionSchema, membersSchema, requirementsSchema, teamStatusSchema } from "./api-shapes.ts";
import { statusOf, stepOf, textOf } from "./api-words.ts";

/** What the original API says of itself in every answer; its last phase is the one whose behaviour this keeps. */
export const ORIGINAL_PHASE = { phase: "4B", http_client: "node:http" } as const;

const ENTERPRISE_TOPICS: ReadonlySet<string> = new Set(["excel", "vba", "enterprise"]);

/** From how many tokens on the original would have looked for a large context. */
const LARGE_CONTEXT_TOKENS = 8_192;

/** The domain in the original API's four words. */
export function originalDomain({ domain, topics }: Requirements) {
	if (domain === "vision") return "visual" as const;
	if (topics.some((topic) => ENTERPRISE_TOPICS.has(topic))) return "enterprise" as const;
	return domain === "data" ? ("data" as const) : ("coding" as const);
}

/** What a prompt needs, with the original API's keys and Plimsoll's own. */
export function requirementsOf(
	requirements: Requirements,
	{ prompt, priority }: { readonly prompt: string; readonly priority: string },
): z.infer<typeof requirementsSchema> {
	const { needs } = requirements;
	return {
		complexity: requirements.complexity,
		domain: originalDomain(requirements),
		needs_vision: needs.vision,
		needs_uncensored: false,
		needs_large_context: needs.contextTokens > LARGE_CONTEXT_TOKENS,
		needs_338_languages: false,
		tool_requirements: {},
		priority,
		prompt,
		plimsoll_domain: requirements.domain,
		confidence: Math.round(requirements.confidence * 1000) / 1000,
		runner_up: requirements.runnerUp,
		domain_source: requirements.domainSource,
		topics: [...requirements.topics],
		tier: requirements.tier,
		needs_tools: needs.tools,
		context_tokens: needs.contextTokens,
		language: needs.language,
	};
}

/** A decision as `POST /api/route` tells it. */
export function decisionOf(
	decision: RouteDecision,
	asked: { readonly prompt: string; readonly priority: string; readonly team: string },
): z.infer<typeof decisionSchema> {
	const { member } = decision;
	return {
		member: member?.id ?? null,
		name: member?.name ?? null,
		model: member?.model ?? null,
		team: asked.team,
		requirements: requirementsOf(decision.requirements, asked),
		candidates: decision.candidates.map((candidate) => ({ ...candidate })),
		steps: decision.steps.map(stepOf),
		loads: decision.loads,
		edge: decision.edge,
		why: textOf(decision.why),
		took_ms: Math.round(decision.tookMs * 1000) / 1000,
	};
}

function namesOf(models: readonly { readonly name: string }[]): ReadonlySet<string> {
	return new Set(models.map(({ name }) => normalizeModelName(name)));
}

/** The team as `GET /api/team/members` tells it. */
export function membersOf(state: AppState): z.infer<typeof membersSchema> {
	const installed = namesOf(state.installed);
	const loaded = namesOf(state.loaded);
	return Object.fromEntries(
		state.team.team.members.map((member) => [
			member.id,
			{
				name: member.name,
				model_id: member.model,
				memory_gb: member.memoryGb,
				context_tokens: member.contextTokens,
				roles: [...member.roles],
				expertise: [...member.expertise],
				performance_rating: member.rating,
				is_abliterated: /abliterat|uncensor/i.test(member.model),
				domains: [...member.domains],
				topics: [...member.topics],
				tier: member.tier,
				vision: member.vision,
				tools: member.tools,
				installed: installed.has(normalizeModelName(member.model)),
				loaded: loaded.has(normalizeModelName(member.model)),
			},
		]),
	);
}

const PLATFORM = { macos: "macOS", linux: "Linux", demo: "Demo" } as const;

/** The team as `GET /api/team/status` tells it. */
export function teamStatusOf(state: AppState, appVersion: string): z.infer<typeof teamStatusSchema> {
	const { system } = statusOf(state);
	const { source, team } = state.team;
	const installed = namesOf(state.installed);
	return {
		active_member: state.router.activeMember,
		team_size: team.members.length,
		system: {
			platform: state.machine === null ? "unknown" : PLATFORM[state.machine.source],
			total_memory_gb: state.machine === null ? null : toGb(state.machine.sample.totalBytes),
			available_memory_gb: system.available_gb,
			memory_pressure: system.pressure_percent,
		},
		...ORIGINAL_PHASE,
		version: appVersion,
		team: team.name,
		source,
		missing: team.members
			.map(({ model }) => model)
			.filter((model) => !installed.has(normalizeModelName(model))),
	};
}
