import { AppError } from "../../../shared/errors.ts";
import type { Member, Team } from "../../../shared/router.ts";
import { teamSchema } from "../../../shared/team.ts";

/** A team of one's own with a member changed or added. */
export function withMember(team: Team, member: Member): Team {
	const known = team.members.some(({ id }) => id === member.id);
	return {
		id: "own",
		name: team.name,
		members: known
			? team.members.map((each) => (each.id === member.id ? member : each))
			: [...team.members, member],
	};
}

/** A team of one's own without a member. Throws `invalid-argument` where it has none of that id. */
export function withoutMember(team: Team, id: string): Team {
	const members = team.members.filter((each) => each.id !== id);
	if (members.length === team.members.length)
		throw AppError.of("invalid-argument", { what: "member", problem: `the team has no “${id}”` });
	return { id: "own", name: team.name, members };
}

/** A team from the text of its file. Throws `invalid-argument` with what is wrong and where. */
export function readTeam(text: string): Team {
	let value: unknown;
	try {
		value = JSON.parse(text.replace(/^\uFEFF/, ""));
	} catch (thrown) {
		const problem = thrown instanceof Error ? thrown.message : String(thrown);
		throw AppError.of("invalid-argument", { what: "team", problem }, thrown);
	}
	const result = teamSchema.safeParse(value);
	if (result.success) return { ...result.data, id: "own" };
	const issue = result.error.issues[0];
	const what = ["team", ...(issue?.path ?? [])].join(".");
	throw AppError.of("invalid-argument", { what, problem: issue?.message ?? "not valid" });
}

/** A team as the text of its file. */
export function teamText(team: Team): string {
	return `${JSON.stringify(team, null, "\t")}\n`;
}
