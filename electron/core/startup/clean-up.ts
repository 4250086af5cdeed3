import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { ReleaseResult } from "../../../shared/operation.ts";
import type { Clock, Log, Stop } from "../ports.ts";

/** A model left from earlier is waited for this long until it is known to be idle. */
const KNOWN_WITHIN_MS = 30_000;

/** What becomes of models left from earlier. */
export type CleanUpMode = "off" | "own" | "all";

/** What became of them, by name. */
export interface CleanUpResult {
	readonly mode: CleanUpMode;
	readonly unloaded: readonly string[];
	/** Somebody uses them, so they stay. */
	readonly used: readonly string[];
	readonly failed: readonly string[];
}

/** What the clean-up needs. */
export interface CleanUpParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly mode: CleanUpMode;
	readonly loaded: () => readonly LoadedModel[];
	/** After every change of `loaded`. */
	readonly onChange: (listener: () => void) => Stop;
	/** Kept for ever by a setting. */
	readonly isPinned: (model: LoadedModel) => boolean;
	readonly unload: (key: ModelKey) => Promise<Pick<ReleaseResult, "grade">>;
}

/**
 * Unloads what was left loaded from earlier, where that is wanted: what Plimsoll itself had loaded (`own`), or all of
 * it. Only what is idle goes; a model that works, or of which that cannot be told, belongs to somebody. Never rejects.
 */
export async function cleanUp(parts: CleanUpParts): Promise<CleanUpResult> {
	const { mode } = parts;
	const left = parts
		.loaded()
		.filter((model) => mode === "all" || (mode === "own" && model.own))
		.filter((model) => model.oddity === null && !parts.isPinned(model));
	const fates = await Promise.all(
		left.map(async (model) => [model.name, await leave(parts, model.key)] as const),
	);
	const named = (fate: "unloaded" | "used" | "failed") =>
		fates.filter(([, each]) => each === fate).map(([name]) => name);
	return { mode, unloaded: named("unloaded"), used: named("used"), failed: named("failed") };
}

async function leave(parts: CleanUpParts, key: ModelKey): Promise<"unloaded" | "used" | "failed" | "gone"> {
	const seen = await known(parts, key);
	if (seen !== "idle") return seen;
	try {
		const { grade } = await parts.unload(key);
		return grade === "not-confirmed" ? "failed" : "unloaded";
	} catch (thrown) {
		parts.log.warn("a model left from earlier stays", { key, problem: String(thrown) });
		return "failed";
	}
}

/** Waits until it can be said whether a model is idle. */
function known(parts: CleanUpParts, key: ModelKey): Promise<"idle" | "used" | "gone"> {
	return new Promise((resolve) => {
		const stops: Stop[] = [];
		const settle = (fate: "idle" | "used" | "gone"): void => {
			for (const stop of stops.splice(0)) stop();
			resolve(fate);
		};
		const look = (): void => {
			const model = parts.loaded().find((each) => each.key === key);
			if (model === undefined) settle("gone");
			else if (model.state === "idle") settle("idle");
			else if (model.state !== "unknown") settle("used");
		};
		stops.push(
			parts.onChange(look),
			parts.clock.after(KNOWN_WITHIN_MS, () => settle("used")),
		);
		look();
	});
}
