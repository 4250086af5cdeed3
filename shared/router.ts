import type { FitStep } from "./fit.ts";
import type { Message } from "./messages/message.ts";

/** What the classifier tells apart. */
export const CLASSIFIED_DOMAINS = [
	"coding",
	"reasoning",
	"vision",
	"writing",
	"general",
	"smalltalk",
] as const;
export type ClassifiedDomain = (typeof CLASSIFIED_DOMAINS)[number];

/** What a prompt is about. `data` is coding or reasoning with a topic of data, by rule. */
export const DOMAINS = [...CLASSIFIED_DOMAINS, "data"] as const;
export type Domain = (typeof DOMAINS)[number];

/**
 * How large a member a prompt asks for: `tiny` for a quick fix or a one-line change, `medium` for what calls itself
 * simple, `versatile` for one small function without a framework, `best` for everything else.
 */
export type Tier = "tiny" | "medium" | "versatile" | "best";

/** What an answer needs of its model. */
export interface RouteNeeds {
	readonly vision: boolean;
	readonly tools: boolean;
	/** Tokens that question and conversation take, with room for the answer; estimated. */
	readonly contextTokens: number;
	/** ISO 639-1 code of the language the prompt is written in, null where that cannot be told. */
	readonly language: string | null;
}

/** Who decided the domain. */
export type DomainSource = "classifier" | "image" | "correction" | "fallback" | "user";

/** What can be told from the prompt alone. */
export interface Requirements {
	readonly domain: Domain;
	/** Probability of that domain, 0 to 1. */
	readonly confidence: number;
	readonly runnerUp: Domain | null;
	readonly domainSource: DomainSource;
	/** Such as vue, laravel, excel, pandas, sql, enterprise; in the order of the table of topics. */
	readonly topics: readonly string[];
	/** 1 (a word or two) to 5. */
	readonly complexity: 1 | 2 | 3 | 4 | 5;
	readonly tier: Tier;
	readonly needs: RouteNeeds;
}

/** A model with a role in the team. */
export interface Member {
	/** Lower-case letters, digits, `_` and `-`; `ask_<id>` is its tool's name. */
	readonly id: string;
	readonly name: string;
	readonly model: string;
	/** Domains it is taken for, best first. */
	readonly domains: readonly Domain[];
	/** Topics in which it comes before the others of its domain. */
	readonly topics: readonly string[];
	readonly tier: Tier;
	/** 1 to 10. */
	readonly rating: number;
	readonly vision: boolean;
	readonly tools: boolean;
	/** Most tokens it may be given. */
	readonly contextTokens: number;
	/** What the team's list says it takes, GB of 1024³ bytes; for members that are not installed. */
	readonly memoryGb: number;
	readonly roles: readonly string[];
	readonly expertise: readonly string[];
	readonly systemPrompt: string | null;
	readonly temperature: number | null;
	/** Context it is loaded with; null leaves it to the engine. */
	readonly numCtx: number | null;
	/** Minutes it is kept after an answer; -1 for ever, null leaves it to the settings. */
	readonly keepAliveMinutes: number | null;
}

/** The members that prompts are routed to. */
export interface Team {
	readonly id: string;
	readonly name: string;
	readonly members: readonly Member[];
}

/** Why a member was taken or passed over. */
export const CANDIDATE_REASONS = [
	"chosen",
	"chosen-by-user",
	"kept-for-conversation",
	"loaded-is-adequate",
	"not-installed",
	"no-vision",
	"no-tools",
	"context-too-small",
	"does-not-fit",
	"other-domain",
	"ranked-lower",
	"pressure",
] as const;
export type CandidateReason = (typeof CANDIDATE_REASONS)[number];

/** One member, judged for a prompt. */
export interface Candidate {
	readonly member: string;
	readonly model: string;
	readonly reason: CandidateReason;
	/** Place in the order of preference before memory was looked at, from 1; null where it was never in it. */
	readonly rank: number | null;
	readonly loaded: boolean;
	/** Null where it was not asked. */
	readonly fits: boolean | null;
}

/** What routing a prompt leads to, and why. Nothing was done yet. */
export interface RouteDecision {
	readonly requirements: Requirements;
	/** Null where no member can answer. */
	readonly member: Member | null;
	readonly candidates: readonly Candidate[];
	/** What would be unloaded or trimmed first; empty where nothing has to go. */
	readonly steps: readonly FitStep[];
	/** True where the member's model is not loaded yet. */
	readonly loads: boolean;
	/** It goes a little over the budget, because nothing else fits. */
	readonly edge: boolean;
	/** One sentence, as a message id and its parameters. */
	readonly why: Message;
	readonly tookMs: number;
}

/** What a person said a prompt was about, kept on this machine and used for similar ones. */
export interface Correction {
	readonly id: number;
	readonly at: number;
	/** The prompt, or its beginning. */
	readonly prompt: string;
	readonly domain: Domain;
	/** What it was routed as. */
	readonly was: Domain;
}

/** Routes of one day (UTC). */
export interface RouteDay {
	/** Its first moment, milliseconds since 1970. */
	readonly at: number;
	readonly routed: number;
	/** How many of them a person corrected. */
	readonly corrected: number;
}

/** What routing has led to so far, as shown. */
export interface RouterState {
	/** Member that answered last, while its model is loaded; else null. */
	readonly activeMember: string | null;
	/** When a model left the memory last, wall clock; null while none has. */
	readonly lastUnloadAt: number | null;
}
