import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { member } from "../../../shared/testing/build-team.ts";
import { readTeam, teamText, withMember, withoutMember } from "./edit-team.ts";
import { ORIGINAL_TEAM } from "./original-team.ts";

function refusal(text: string): string {
	try {
		readTeam(text);
	} catch (thrown) {
		const { code, params } = AppError.wrap(thrown);
		return `${code} ${params.what}`;
	}
	return "taken";
}

describe("a team's file", () => {
	it("brings back what it was written from", () => {
		expect(readTeam(teamText(ORIGINAL_TEAM))).toEqual({ ...ORIGINAL_TEAM, id: "own" });
		expect(readTeam(`\uFEFF${teamText(ORIGINAL_TEAM)}`).members).toHaveLength(11);
	});

	it("may leave out what has a default", () => {
		const text = JSON.stringify({
			id: "mine",
			name: "Mine",
			members: [
				{ id: "a", name: "A", model: "a:1b", tier: "tiny", rating: 5, contextTokens: 4096, memoryGb: 1 },
			],
		});
		expect(readTeam(text).members[0]).toMatchObject({ domains: [], systemPrompt: null, tools: false });
	});

	it.each([
		["no JSON", "{", "invalid-argument team"],
		["no team", "[]", "invalid-argument team"],
		[
			"a member without a model",
			'{"id":"m","name":"M","members":[{}]}',
			"invalid-argument team.members.0.id",
		],
		[
			"two members of one id",
			JSON.stringify({ id: "m", name: "M", members: [member("a"), member("a")] }),
			"invalid-argument team.members",
		],
		[
			"a member called auto",
			JSON.stringify({ id: "m", name: "M", members: [member("auto")] }),
			"invalid-argument team.members.0.id",
		],
	])("says where it is wrong: %s", (_what, text, said) => {
		expect(refusal(text)).toBe(said);
	});
});

describe("editing", () => {
	it("changes a member in its place, and adds a new one at the end", () => {
		const changed = withMember(ORIGINAL_TEAM, member("gemma_tiny", { rating: 9 }));
		expect(changed.members.map(({ id }) => id)).toEqual(ORIGINAL_TEAM.members.map(({ id }) => id));
		expect(changed.members.find(({ id }) => id === "gemma_tiny")?.rating).toBe(9);
		expect(withMember(ORIGINAL_TEAM, member("more")).members.at(-1)?.id).toBe("more");
	});

	it("takes a member out, and says where there is none", () => {
		expect(withoutMember(ORIGINAL_TEAM, "gemma_tiny").members).toHaveLength(10);
		expect(() => withoutMember(ORIGINAL_TEAM, "nobody")).toThrow(/invalid-argument/);
	});
});
