import type { WatchedModel } from "./decide.ts";
import type { WatchdogDeps } from "./watchdog-deps.ts";

/** The loaded models as the watchdog weighs them: when each was last used, and whose answers come from it now. */
export function watchedModels(
	deps: Pick<WatchdogDeps, "clock" | "loaded" | "lastBusyAt" | "keyOf" | "chatModel" | "carried">,
): readonly WatchedModel[] {
	const now = deps.clock.now();
	const chatModel = deps.chatModel();
	const chatKey = chatModel === null ? null : deps.keyOf(chatModel);
	const carriedKeys = new Set(deps.carried().map(({ model }) => deps.keyOf(model)));
	return deps.loaded().map((model) => ({
		key: model.key,
		name: model.name,
		state: model.state,
		footprintBytes: model.footprintBytes,
		heldBytes: model.heldBytes,
		unusedForMs: Math.max(0, now - Math.max(model.loadedAt, deps.lastBusyAt(model.key) ?? 0)),
		pinned: model.pinned,
		answersChat: model.key === chatKey,
		answersCarried: carriedKeys.has(model.key),
	}));
}
