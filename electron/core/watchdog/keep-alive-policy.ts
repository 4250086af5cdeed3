import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Settings } from "../../../shared/settings.ts";

/**
 * How long a model stays after its last answer where a load through Plimsoll does not say, milliseconds: its own
 * setting, else the general one; -1 is for ever, undefined leaves it to the engine.
 */
export function keepAliveByPolicy(
	model: string,
	{ keepAliveMinutes, keepAliveOf, pinned }: Settings["residency"],
): number | undefined {
	const name = normalizeModelName(model);
	if (pinned.includes(name)) return -1;
	const minutes = keepAliveOf[name] ?? keepAliveMinutes;
	if (minutes === null) return undefined;
	return minutes < 0 ? -1 : minutes * 60_000;
}
