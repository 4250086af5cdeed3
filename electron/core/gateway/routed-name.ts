import type { InstalledModel } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import { DOMAINS, type Domain, type Team } from "../../../shared/router.ts";
import { installedModel } from "../residency/admission.ts";

/** What a model name that Plimsoll routes asks for. */
export interface RoutedName {
	/** Id of the member that is wanted, or null. */
	readonly member: string | null;
	/** What the prompt is about, by the client's word. */
	readonly domain: Domain | null;
}

/**
 * `auto`, `auto:coding` and members' ids as model names; null for every other name, also for one of these where a model
 * of that name is installed.
 */
export function routedName(
	name: string,
	team: Team,
	installed: readonly InstalledModel[],
): RoutedName | null {
	if (installedModel(installed, name) !== null) return null;
	const plain = normalizeModelName(name).replace(/:latest$/, "");
	if (plain === "auto") return { member: null, domain: null };
	const domain = DOMAINS.find((each) => plain === `auto:${each}`);
	if (domain !== undefined) return { member: null, domain };
	return team.members.some(({ id }) => id === plain) ? { member: plain, domain: null } : null;
}
