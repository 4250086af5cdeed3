import { describe, expect, it } from "vitest";
import { createRenderer } from "../../../shared/messages/create-renderer.ts";
import type { Member, Requirements } from "../../../shared/router.ts";
import { ORIGINAL_TEAM } from "./original-team.ts";
import { type MemberStanding, type RouteQuestion, route } from "./route.ts";
import { requirements } from "./testing/requirements.ts";

const fitting: MemberStanding = {
	installed: true,
	loaded: false,
	fit: { fits: true, edge: false, steps: [] },
};

/** Nothing is loaded and everything fits, but for the members named. */
function ask(
	asked: Partial<Requirements>,
	change: Partial<Omit<RouteQuestion, "standing" | "requirements">> & {
		readonly standings?: Readonly<Record<string, Partial<MemberStanding>>>;
	} = {},
) {
	const { standings = {}, ...rest } = change;
	return route({
		requirements: requirements(asked),
		team: ORIGINAL_TEAM,
		standing: ({ id }: Member) => ({ ...fitting, ...standings[id] }),
		level: "normal",
		loadedPoints: 1,
		stickyPoints: 2,
		lastMember: null,
		override: null,
		...rest,
	});
}

const over = { fit: { fits: false, edge: false, steps: [] } };
const loaded = { loaded: true };
const { needs } = requirements();
const seeing = { domain: "vision", needs: { ...needs, vision: true } } as const;

function reasonOf(decision: ReturnType<typeof ask>, member: string) {
	return decision.candidates.find((candidate) => candidate.member === member)?.reason;
}

describe("the original team", () => {
	it("has its eleven members", () => {
		expect(ORIGINAL_TEAM.members).toHaveLength(11);
		expect(new Set(ORIGINAL_TEAM.members.map(({ model }) => model)).size).toBe(11);
	});

	it.each([
		["a coding question with Vue", { topics: ["vue"] }, "deepcoder_primary"],
		["a coding question with Laravel", { topics: ["php", "laravel"] }, "deepseek_legacy"],
		["a coding question without a topic", {}, "deepcoder_primary"],
		["a sheet with macros", { domain: "data", topics: ["excel", "vba"] }, "qwen_analyst"],
		["data frames", { domain: "data", topics: ["pandas"] }, "qwen_analyst"],
		["an enterprise report", { domain: "writing", topics: ["enterprise"] }, "granite_enterprise"],
		["an enterprise report as data", { domain: "data", topics: ["enterprise"] }, "granite_enterprise"],
		["an enterprise sheet", { domain: "data", topics: ["excel", "enterprise"] }, "qwen_analyst"],
		["a picture", seeing, "granite_vision"],
		["one small function", { topics: ["python"], tier: "versatile" }, "mistral_versatile"],
		["something simple", { topics: ["python"], tier: "medium" }, "gemma_medium"],
		["a quick fix", { tier: "tiny" }, "gemma_tiny"],
		["a greeting", { domain: "smalltalk" }, "gemma_medium"],
		["a general question", { domain: "general" }, "mistral_versatile"],
	] as const)("gives %s to its member", (_what, asked, member) => {
		expect(ask(asked).member?.id).toBe(member);
	});

	it("gives nothing to the members without restraint while anybody else can answer", () => {
		for (const domain of ["coding", "reasoning", "writing", "general", "smalltalk", "data"] as const) {
			const ids = ask({ domain }).candidates.filter(({ rank }) => rank !== null && rank <= 4);
			expect(ids.map(({ member }) => member).join()).not.toMatch(/abliterated/);
		}
	});
});

describe("what a prompt needs", () => {
	it("leaves out who sees nothing, uses no tools or takes too few tokens", () => {
		const decision = ask({ ...seeing, needs: { ...needs, vision: true, contextTokens: 6_000 } });
		expect(decision.member?.id).toBe("gemma_medium");
		expect(reasonOf(decision, "granite_vision")).toBe("context-too-small");
		expect(reasonOf(decision, "deepcoder_primary")).toBe("no-vision");
		const tools = ask({ needs: { ...needs, tools: true } });
		expect(tools.member?.tools).toBe(true);
		expect(reasonOf(tools, "deepcoder_primary")).toBe("no-tools");
	});

	it("goes to the largest context where none is large enough", () => {
		expect(ask({ needs: { ...needs, contextTokens: 500_000 } }).member?.id).toBe("deepseek_legacy");
	});

	it("says why nobody can answer", () => {
		const gone = { installed: false };
		const decision = ask(seeing, { standings: { granite_vision: gone, gemma_medium: gone } });
		expect(decision.member).toBeNull();
		expect(decision.why.id).toBe("route.none-vision");
		expect(reasonOf(decision, "granite_vision")).toBe("not-installed");
	});
});

describe("memory", () => {
	it("takes the next one where the first does not fit, and says so", () => {
		const decision = ask({ topics: ["vue"] }, { standings: { deepcoder_primary: over } });
		expect(decision.member?.id).toBe("deepseek_legacy");
		expect(reasonOf(decision, "deepcoder_primary")).toBe("does-not-fit");
		expect(createRenderer("en").render(decision.why)).toBe(
			"DeepSeek Legacy is the best that fits now; DeepCoder Prime does not.",
		);
	});

	it("takes the next one where the first is not installed", () => {
		const decision = ask({ topics: ["vue"] }, { standings: { deepcoder_primary: { installed: false } } });
		expect(decision.why.id).toBe("route.next-installed");
	});

	it("prefers a loaded member that is nearly as good over a load", () => {
		const decision = ask({}, { standings: { deepseek_legacy: loaded } });
		expect(decision.member?.id).toBe("deepseek_legacy");
		expect(decision.loads).toBe(false);
		expect(reasonOf(decision, "deepseek_legacy")).toBe("loaded-is-adequate");
		expect(reasonOf(decision, "deepcoder_primary")).toBe("loaded-is-adequate");
	});

	it("loads the better one where the loaded one is worse by more than is set", () => {
		const standings = { deepseek_legacy: loaded };
		expect(ask({}, { standings, loadedPoints: 0 }).member?.id).toBe("deepcoder_primary");
		expect(ask({ topics: ["vue"] }, { standings }).member?.id).toBe("deepcoder_primary");
		expect(ask({}, { standings: { gemma_tiny: loaded } }).member?.id).toBe("deepcoder_primary");
	});

	it("lets a loaded large member do what a small one would be enough for", () => {
		const decision = ask({ tier: "tiny" }, { standings: { deepcoder_primary: loaded } });
		expect(decision.member?.id).toBe("deepcoder_primary");
	});

	it("never takes a loaded member for a domain it is not for", () => {
		const decision = ask({ domain: "smalltalk" }, { standings: { deepseek_abliterated: loaded } });
		expect(decision.member?.id).toBe("gemma_medium");
	});

	it("goes a little over the budget only where nothing fits", () => {
		const nothing = Object.fromEntries(ORIGINAL_TEAM.members.map(({ id }) => [id, over]));
		expect(ask({}, { standings: nothing }).member).toBeNull();
		const edge = { fit: { fits: false, edge: true, steps: [] } };
		const decision = ask({}, { standings: { ...nothing, mistral_versatile: edge } });
		expect(decision.member?.id).toBe("mistral_versatile");
		expect(decision.edge).toBe(true);
		expect(ask({}, { standings: { mistral_versatile: edge } }).edge).toBe(false);
	});

	it("hands on what has to go first, and nothing for who is loaded", () => {
		const steps = [{ kind: "evict", key: "a@b@", name: "a", bytes: 1, because: "memory" }] as const;
		const fit = { fits: true, edge: false, steps };
		expect(ask({}, { standings: { deepcoder_primary: { fit } } }).steps).toEqual(steps);
		expect(ask({}, { standings: { deepcoder_primary: { fit, loaded: true } } }).steps).toEqual([]);
	});
});

describe("a conversation", () => {
	it("stays with its member while that one is nearly as good", () => {
		const decision = ask({ domain: "general" }, { lastMember: "qwen_analyst" });
		expect(decision.member?.id).toBe("qwen_analyst");
		expect(reasonOf(decision, "qwen_analyst")).toBe("kept-for-conversation");
	});

	it("stays where the domain cannot be told", () => {
		const unsure = { domain: "general", domainSource: "fallback" } as const;
		expect(ask(unsure, { lastMember: "deepseek_legacy" }).member?.id).toBe("deepseek_legacy");
	});

	it("leaves a member that cannot do it or is far worse", () => {
		expect(ask(seeing, { lastMember: "deepcoder_primary" }).member?.id).toBe("granite_vision");
		expect(ask({ topics: ["vue"] }, { lastMember: "gemma_medium" }).member?.id).toBe("deepcoder_primary");
	});
});

describe("pressure", () => {
	it("takes the smallest that is good enough at high", () => {
		expect(ask({ topics: ["vue"] }, { level: "high" }).member?.id).toBe("granite_moe");
		expect(ask({ tier: "tiny" }, { level: "high" }).member?.id).toBe("gemma_tiny");
		expect(ask(seeing, { level: "high" }).member?.id).toBe("granite_vision");
	});

	it("takes the smallest of all at critical, also in a conversation", () => {
		const decision = ask(
			{ topics: ["vue"] },
			{ level: "critical", lastMember: "deepcoder_primary", standings: { deepcoder_primary: loaded } },
		);
		expect(decision.member?.id).toBe("gemma_tiny");
		expect(reasonOf(decision, "deepcoder_primary")).toBe("pressure");
	});
});

describe("the user's wish", () => {
	it("comes before everything else", () => {
		const decision = ask(seeing, { override: "gemma_tiny", level: "high", lastMember: "granite_vision" });
		expect(decision.member?.id).toBe("gemma_tiny");
		expect(reasonOf(decision, "gemma_tiny")).toBe("chosen-by-user");
	});

	it("is told where its model is not installed", () => {
		const decision = ask({}, { override: "gemma_tiny", standings: { gemma_tiny: { installed: false } } });
		expect(decision.member).toBeNull();
		expect(decision.why.id).toBe("route.user-not-installed");
	});
});

it("says every sentence in both languages, with the domain as a word", () => {
	const decision = ask({ domain: "general" });
	expect(createRenderer("en").render(decision.why)).toBe(
		"Mistral Versatile is the team’s first for general questions.",
	);
	expect(createRenderer("de").render(decision.why)).toBe(
		"Mistral Versatile ist im Team die erste Wahl für allgemeine Fragen.",
	);
});
