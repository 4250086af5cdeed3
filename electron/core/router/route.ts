import type { FitStep } from "../../../shared/fit.ts";
import type { PressureLevel } from "../../../shared/machine.ts";
import { type Message, message } from "../../../shared/messages/message.ts";
import type {
	Candidate,
	CandidateReason,
	Member,
	Requirements,
	RouteDecision,
	Team,
	Tier,
} from "../../../shared/router.ts";

/** How one member's model stands now. */
export interface MemberStanding {
	readonly installed: boolean;
	/** Loaded with enough context for this prompt. */
	readonly loaded: boolean;
	/** What loading it now would lead to; null where that was not asked or cannot be judged. */
	readonly fit: {
		readonly fits: boolean;
		/** It is over, but by so little that the router may take it where nothing fits. */
		readonly edge: boolean;
		readonly steps: readonly FitStep[];
	} | null;
}

/** What a route is chosen from. */
export interface RouteQuestion {
	readonly requirements: Requirements;
	readonly team: Team;
	readonly standing: (member: Member) => MemberStanding;
	readonly level: PressureLevel;
	/** Rating points by which a loaded member may be worse than one that would have to load. */
	readonly loadedPoints: number;
	/** Rating points by which the member that answers a conversation may be worse than another. */
	readonly stickyPoints: number;
	/** Member that gave the conversation's last answer. */
	readonly lastMember: string | null;
	/** Member that the user wants. */
	readonly override: string | null;
}

/** Where to look after the tier that is asked for, in order. `best` asks for no tier: the points alone decide. */
const TIERS_AFTER: Readonly<Record<Exclude<Tier, "best">, readonly Tier[]>> = {
	tiny: ["tiny", "medium", "versatile", "best"],
	medium: ["medium", "versatile", "best", "tiny"],
	versatile: ["versatile", "best", "medium", "tiny"],
};

/** A specialist of a prompt's topic comes before who is better at the domain in general. */
const TOPIC_POINTS = 3;

/** Who is not taken for the domain comes after everybody who is. */
const OTHER_DOMAIN_POINTS = -20;

/** One member with all that ranking and choosing ask of it. */
interface Row {
	readonly member: Member;
	readonly standing: MemberStanding;
	/** What it cannot do, or null. */
	readonly unable: "no-vision" | "no-tools" | "context-too-small" | null;
	readonly topics: number;
	readonly ofDomain: boolean;
	readonly points: number;
	readonly rank: number | null;
}

function topicsMet(member: Member, topics: readonly string[]): number {
	return topics.filter((topic) => member.topics.includes(topic)).length;
}

/** How good a member is for a prompt: its rating, less its place among its domains, more for a topic it knows. */
function pointsOf(member: Member, requirements: Requirements, topics: number): number {
	const place = member.domains.indexOf(requirements.domain);
	if (topics > 0) return member.rating - Math.max(0, place) + TOPIC_POINTS;
	return place === -1 ? member.rating + OTHER_DOMAIN_POINTS : member.rating - place;
}

function unableOf(member: Member, { needs }: Requirements, leastTokens: number): Row["unable"] {
	if (needs.vision && !member.vision) return "no-vision";
	if (needs.tools && !member.tools) return "no-tools";
	return member.contextTokens < leastTokens ? "context-too-small" : null;
}

/** What everybody must take, or, where nobody takes so much, what the most capable one takes. */
function leastContext({ team, requirements, standing }: RouteQuestion): number {
	const able = team.members.filter(
		(member) => unableOf(member, requirements, 0) === null && standing(member).installed,
	);
	const largest = Math.max(0, ...able.map(({ contextTokens }) => contextTokens));
	return Math.min(requirements.needs.contextTokens, largest);
}

/** Members in the order of preference, before memory is looked at. */
function ranked(question: RouteQuestion): readonly Row[] {
	const { requirements, team } = question;
	const tiers = requirements.tier === "best" ? null : TIERS_AFTER[requirements.tier];
	const least = leastContext(question);
	const rows = team.members.map((member): Row => {
		const topics = topicsMet(member, requirements.topics);
		return {
			member,
			standing: question.standing(member),
			unable: unableOf(member, requirements, least),
			topics,
			ofDomain: topics > 0 || member.domains.includes(requirements.domain),
			points: pointsOf(member, requirements, topics),
			rank: null,
		};
	});
	const tierPlace = ({ ofDomain, member }: Row) => (ofDomain && tiers ? tiers.indexOf(member.tier) : 0);
	const order = rows
		.filter(({ unable }) => unable === null)
		.toSorted(
			(a, b) =>
				Number(b.ofDomain) - Number(a.ofDomain) ||
				tierPlace(a) - tierPlace(b) ||
				b.points - a.points ||
				b.topics - a.topics,
		)
		.map((row, index) => ({ ...row, rank: index + 1 }));
	return [...order, ...rows.filter(({ unable }) => unable !== null)];
}

function fits({ standing }: Row): boolean {
	return standing.loaded || standing.fit === null || standing.fit.fits;
}

/** Who was taken, and by which rule. */
interface Choice {
	readonly row: Row;
	readonly reason: Extract<
		CandidateReason,
		"chosen" | "chosen-by-user" | "kept-for-conversation" | "loaded-is-adequate" | "pressure"
	>;
	readonly why: Message;
}

/** The smallest first; of two of one size the loaded one, then the better one. */
function bySize(rows: readonly Row[]): readonly Row[] {
	return rows.toSorted(
		(a, b) =>
			a.member.memoryGb - b.member.memoryGb ||
			Number(b.standing.loaded) - Number(a.standing.loaded) ||
			(a.rank ?? 0) - (b.rank ?? 0),
	);
}

/** Good enough while memory is short: of the domain, and a tiny one only for what asks for little. */
function adequate(row: Row, { tier }: Requirements): boolean {
	return row.ofDomain && (row.member.tier !== "tiny" || tier === "tiny" || tier === "medium");
}

function underPressure(question: RouteQuestion, pool: readonly Row[]): Choice | null {
	const { level, requirements } = question;
	if (level === "critical") {
		const [row] = bySize(pool);
		if (row === undefined) return null;
		return { row, reason: "pressure", why: message("route.critical", { member: row.member.name }) };
	}
	const [row] = bySize(pool.filter((each) => adequate(each, requirements)));
	if (row === undefined) return null;
	return { row, reason: "pressure", why: message("route.high", { member: row.member.name }) };
}

/** Why the first of those that fit was taken. */
function whyFirst(row: Row, order: readonly Row[], { requirements }: RouteQuestion): Message {
	const { domain, tier, topics } = requirements;
	const member = row.member.name;
	const better = order[0];
	if (better !== undefined && better !== row) {
		const first = better.member.name;
		return better.standing.installed
			? message("route.next-fits", { member, first })
			: message("route.next-installed", { member, first });
	}
	if (!row.ofDomain) return message("route.other-domain", { member });
	if (tier !== "best" && row.member.tier === tier) return message("route.enough", { member });
	const topic = topics.find((each) => row.member.topics.includes(each));
	if (topic !== undefined) return message("route.topic", { member, topic });
	return message("route.first", { member, domain });
}

function choose(question: RouteQuestion, order: readonly Row[], pool: readonly Row[]): Choice | null {
	const first = pool[0];
	if (first === undefined) return null;
	if (question.level === "high" || question.level === "critical") {
		const small = underPressure(question, pool);
		if (small !== null) return small;
	}
	const { domainSource } = question.requirements;
	const last = pool.find(({ member }) => member.id === question.lastMember);
	if (last !== undefined && last !== first) {
		const unsure = domainSource === "fallback";
		if (unsure || (last.ofDomain && last.points >= first.points - question.stickyPoints))
			return {
				row: last,
				reason: "kept-for-conversation",
				why: message("route.kept", { member: last.member.name }),
			};
	}
	if (!first.standing.loaded && last !== first) {
		const [loaded] = pool
			.filter(
				(row) => row.standing.loaded && row.ofDomain && row.points >= first.points - question.loadedPoints,
			)
			.toSorted((a, b) => b.points - a.points);
		if (loaded !== undefined)
			return {
				row: loaded,
				reason: "loaded-is-adequate",
				why: message("route.loaded", { member: loaded.member.name, first: first.member.name }),
			};
	}
	return { row: first, reason: "chosen", why: whyFirst(first, order, question) };
}

/** Why nobody can answer. */
function whyNobody(order: readonly Row[], { requirements }: RouteQuestion): Message {
	const installed = order.filter(({ standing }) => standing.installed);
	if (installed.length === 0) return message("route.none-installed");
	if (installed.some(({ unable }) => unable === null)) return message("route.none-fits");
	return requirements.needs.vision ? message("route.none-vision") : message("route.none-tools");
}

function reasonOf(row: Row, choice: Choice | null): CandidateReason {
	if (row.member.id === choice?.row.member.id) return choice.reason;
	if (!row.standing.installed) return "not-installed";
	if (row.unable !== null) return row.unable;
	if (!fits(row)) return "does-not-fit";
	if (!row.ofDomain) return "other-domain";
	const wasBefore = (row.rank ?? 0) < (choice?.row.rank ?? 0);
	return wasBefore && choice !== null && choice.reason !== "chosen" ? choice.reason : "ranked-lower";
}

function candidateOf(row: Row, choice: Choice | null): Candidate {
	return {
		member: row.member.id,
		model: row.member.model,
		reason: reasonOf(row, choice),
		rank: row.rank,
		loaded: row.standing.loaded,
		fits: row.standing.loaded ? true : (row.standing.fit?.fits ?? null),
	};
}

function chosenByUser(question: RouteQuestion, rows: readonly Row[]): Choice | null {
	const row = rows.find(({ member }) => member.id === question.override);
	if (row?.standing.installed !== true) return null;
	return { row, reason: "chosen-by-user", why: message("route.user", { member: row.member.name }) };
}

/**
 * Chooses who answers, and says why. Looks at nothing but the question and changes nothing. Who cannot do what the
 * prompt needs is left out; the rest stand in the order of domain, topic and tier, and the first that fits into the
 * memory now answers, unless the user wants another one, the conversation has one that is good enough, a good enough
 * one is loaded, or memory is short. A member that the user wants is taken although it could not do it.
 */
export function route(question: RouteQuestion): Omit<RouteDecision, "tookMs"> {
	const rows = ranked(question);
	const order = rows.filter(({ unable }) => unable === null);
	const installed = order.filter(({ standing }) => standing.installed);
	const fitting = installed.filter(fits);
	const edge = fitting.length > 0 ? [] : installed.filter(({ standing }) => standing.fit?.edge === true);
	const choice =
		question.override === null
			? choose(question, order, fitting.length > 0 ? fitting : edge)
			: chosenByUser(question, rows);
	const candidates = rows.map((row) => candidateOf(row, choice));
	if (choice === null) {
		const wanted = question.team.members.find(({ id }) => id === question.override);
		const why =
			wanted === undefined
				? whyNobody(rows, question)
				: message("route.user-not-installed", { member: wanted.name });
		return {
			requirements: question.requirements,
			member: null,
			candidates,
			steps: [],
			loads: false,
			edge: false,
			why,
		};
	}
	const { standing, member } = choice.row;
	const overEdge = !standing.loaded && standing.fit?.fits === false && standing.fit.edge;
	return {
		requirements: question.requirements,
		member,
		candidates,
		steps: standing.loaded ? [] : (standing.fit?.steps ?? []),
		loads: !standing.loaded,
		edge: overEdge,
		why: edge.length > 0 ? message("route.edge", { member: member.name }) : choice.why,
	};
}
