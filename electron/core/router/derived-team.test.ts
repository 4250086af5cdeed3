import { describe, expect, it } from "vitest";
import { createRenderer } from "../../../shared/messages/create-renderer.ts";
import { memberSchema, teamSchema } from "../../../shared/team.ts";
import { installed } from "../../../shared/testing/build-state.ts";
import { deriveTeam } from "./derived-team.ts";
import { ORIGINAL_TEAM } from "./original-team.ts";
import { asInstalled, teamInForce } from "./teams.ts";

const router = { team: "auto", own: null, loadedPoints: 1, stickyPoints: 2 } as const;

function memberOf(
	name: string,
	gb: number,
	capabilities: readonly string[] = ["completion"],
	parameterSize = "",
) {
	const plain = installed(name, gb, { capabilities });
	const model = { ...plain, details: { ...plain.details, parameterSize } };
	const { team, lines } = deriveTeam([model]);
	const [member] = team.members;
	return { member, said: (lines[member?.id ?? ""] ?? []).map(createRenderer("en").render) };
}

describe("a team of what is installed", () => {
	it.each([
		["qwen2.5-coder:7b", 4.4, "coding", "versatile"],
		["deepseek-r1:14b", 8.4, "reasoning", "best"],
		["qwen2.5vl:7b", 5.6, "vision", "versatile"],
		["llama3.2:3b", 1.9, "general", "medium"],
		["gemma3:1b", 0.8, "general", "tiny"],
	] as const)("takes %s of %d GB for %s first, as %s", (name, gb, domain, tier) => {
		expect(memberOf(name, gb).member).toMatchObject({ model: name, tier });
		expect(memberOf(name, gb).member?.domains[0]).toBe(domain);
	});

	it("goes by the engine's word for size, pictures, tools and thought", () => {
		const { member, said } = memberOf("mine", 20, ["completion", "vision", "tools", "thinking"], "3.2B");
		expect(member).toMatchObject({ tier: "medium", vision: true, tools: true });
		expect(member?.domains).toEqual(["reasoning", "data", "coding", "writing", "general", "vision"]);
		expect(said).toEqual([
			"Thinks before it answers",
			"Small (3.2 B): simple questions",
			"Sees pictures, by the engine’s word",
			"Uses tools, by the engine’s word",
		]);
		expect(memberOf("mine", 0.3, ["completion"], "270M").said[1]).toContain("270 M");
	});

	it("gives a model without restraint nothing by itself", () => {
		expect(memberOf("huihui_ai/dolphin3-abliterated", 4.9).member?.domains).toEqual([]);
	});

	it("leaves out what cannot answer and what runs elsewhere", () => {
		const { team } = deriveTeam([
			installed("nomic-embed-text", 0.3, { capabilities: ["embedding"] }),
			installed("big:cloud", 0, { location: "cloud" }),
		]);
		expect(team.members).toEqual([]);
	});

	it("has ids that the schema takes and that no two share", () => {
		const names = ["auto", "Größe/Über-Modell:Q4_K_M", "a.b", "a-b", "模型"];
		const { team } = deriveTeam(names.map((name) => installed(name, 1)));
		expect(() => teamSchema.parse(team)).not.toThrow();
		expect(team.members).toHaveLength(names.length);
	});
});

describe("the team in force", () => {
	const some = ORIGINAL_TEAM.members.map(({ model }) => installed(model, 4));

	it("is the original where most of it is installed, else what is installed", () => {
		expect(teamInForce(router, some).source).toBe("original");
		expect(teamInForce(router, some.slice(0, 5)).source).toBe("derived");
		expect(teamInForce({ ...router, team: "derived" }, some).source).toBe("derived");
		expect(teamInForce({ ...router, team: "original" }, []).team).toBe(ORIGINAL_TEAM);
	});

	it("is one's own list once there is one", () => {
		const own = { id: "own", name: "Mine", members: [] };
		expect(teamInForce({ ...router, team: "own" }, some).source).toBe("derived");
		const members = ORIGINAL_TEAM.members.map((member) => memberSchema.parse(member));
		expect(teamInForce({ ...router, team: "own", own: { ...own, members } }, some)).toMatchObject({
			source: "own",
			team: { name: "Mine" },
		});
	});

	it("believes the engine what an installed model can do", () => {
		const [member] = ORIGINAL_TEAM.members;
		if (member === undefined) throw new Error("no member");
		const seeing = installed(member.model, 4, { capabilities: ["completion", "vision"] });
		expect(asInstalled(member, [seeing])).toMatchObject({ vision: true, tools: false });
		expect(asInstalled(member, [])).toBe(member);
	});
});
