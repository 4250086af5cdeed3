import type { InstalledModel } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Member } from "../../../shared/router.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { TeamState } from "../../../shared/team.ts";
import { installedModel } from "../residency/admission.ts";
import { deriveTeam } from "./derived-team.ts";
import { ORIGINAL_TEAM } from "./original-team.ts";

/** From how many of the original eleven installed on, they are the team where nobody chose one. */
const ENOUGH_OF_THE_ORIGINAL = 6;

/** The team in force. A list of one's own that was never made is what is installed. */
export function teamInForce(
	{ team: wanted, own }: Settings["router"],
	installed: readonly InstalledModel[],
): TeamState {
	if (wanted === "own" && own !== null) return { source: "own", team: own, lines: {} };
	const names = new Set(installed.map(({ name }) => normalizeModelName(name)));
	const ofOriginal = ORIGINAL_TEAM.members.filter(({ model }) => names.has(normalizeModelName(model)));
	if (wanted === "original" || (wanted === "auto" && ofOriginal.length >= ENOUGH_OF_THE_ORIGINAL))
		return { source: "original", team: ORIGINAL_TEAM, lines: {} };
	return { source: "derived", ...deriveTeam(installed) };
}

/** Where an installed model can do more or less than the list says, the engine's word counts. */
export function asInstalled(member: Member, installed: readonly InstalledModel[]): Member {
	const model = installedModel(installed, member.model);
	if (model === null || model.capabilities.length === 0) return member;
	return {
		...member,
		vision: model.capabilities.includes("vision"),
		tools: model.capabilities.includes("tools"),
	};
}
