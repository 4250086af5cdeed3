import type { LoadedModel } from "../../../shared/model.ts";
import type { Settings } from "../../../shared/settings.ts";
import { fromGb } from "../../../shared/units.ts";

/**
 * The model that goes because it has been idle long enough while memory is short, the longest idle first; null where
 * none does. Pinned ones stay. Off while the setting's minutes are 0.
 */
export function idleToUnload(
	loaded: readonly LoadedModel[],
	availableBytes: number,
	now: number,
	{ idleMinutes, idleUnderGb }: Pick<Settings["residency"], "idleMinutes" | "idleUnderGb">,
): LoadedModel | null {
	if (idleMinutes === 0 || availableBytes >= fromGb(idleUnderGb)) return null;
	const [first] = loaded
		.filter((model) => model.state === "idle" && !model.pinned && model.oddity === null)
		.filter(({ idleSinceAt }) => idleSinceAt !== null && now - idleSinceAt >= idleMinutes * 60_000)
		.sort((a, b) => (a.idleSinceAt ?? now) - (b.idleSinceAt ?? now) || a.key.localeCompare(b.key));
	return first ?? null;
}
