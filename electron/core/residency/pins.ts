import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { Log, Stop } from "../ports.ts";
import type { Observer } from "./observer.ts";
import { touchModel } from "./touch.ts";

/** Holds pinned models to "for ever": other clients' keep-alives overwrite it, and the last one counts. */
export interface Pins {
	isPinned(name: string): boolean;
	/** A pin was set or taken off now, before the settings say so. */
	note(name: string, pinned: boolean): void;
	stop(): void;
}

/** Follows the observer and touches an idle pinned model that has got an expiry. */
export function createPins(parts: {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly settings: () => Settings;
	readonly log: Log;
}): Pins {
	const { observer, settings, log } = parts;
	const noted = new Map<string, boolean>();
	/** The expiry that was answered with a touch, by model; the same one is not answered twice. */
	const answered = new Map<string, number>();

	function isPinned(name: string): boolean {
		const normalized = normalizeModelName(name);
		return noted.get(normalized) ?? settings().residency.pinned.includes(normalized);
	}

	function hold(): void {
		for (const model of observer.loaded()) {
			const { key, name, expiresAt, state, oddity } = model;
			if (expiresAt === null || state !== "idle" || oddity !== null || !isPinned(name)) continue;
			if (answered.get(key) === expiresAt) continue;
			answered.set(key, expiresAt);
			touchModel(parts, model, -1).catch((error: unknown) => {
				log.warn("a pinned model could not be held", { model: name, problem: String(error) });
			});
		}
	}

	const stop: Stop = observer.onChange(hold);
	return {
		isPinned,
		note: (name, pinned) => void noted.set(normalizeModelName(name), pinned),
		stop,
	};
}
