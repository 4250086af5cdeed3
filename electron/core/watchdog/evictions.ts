import { AppError } from "../../../shared/errors.ts";
import type { PressureLevel } from "../../../shared/machine.ts";
import { message } from "../../../shared/messages/message.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { ReleaseResult } from "../../../shared/operation.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import type { BringBackRow } from "../../../shared/watchdog.ts";
import { comesBack, type Evicted, lacksBytes, stillWanted } from "./bring-back.ts";
import type { WatchdogDeps } from "./watchdog-deps.ts";

/** What lacks is shown in these steps, so that every breath of the machine does not redraw it. */
const SHOWN_STEP_BYTES = BYTES_PER_GB / 10;

/** Remembers what was unloaded for pressure and loads it again when there is room. */
export interface Evictions {
	/** A model is about to be asked; the returned function takes what became of it. */
	leaving(model: LoadedModel): (result: Pick<ReleaseResult, "grade">) => void;
	/** One sample has passed; `active` false only keeps the list. */
	turn(level: PressureLevel, active: boolean): void;
	rows(): readonly BringBackRow[];
	forget(key: ModelKey): void;
	forgetAll(): void;
}

/** Starts with none. */
export function createEvictions(
	deps: Pick<
		WatchdogDeps,
		"clock" | "log" | "settings" | "loaded" | "roomFor" | "bringBack" | "record" | "localEngine"
	>,
	changed: () => void,
): Evictions {
	const { clock, settings } = deps;
	let evicted: readonly Evicted[] = [];
	let normalSinceMs: number | null = null;
	let lastMs: number | null = null;
	let engine: string | null = null;
	let returning = false;

	async function load(model: Evicted): Promise<void> {
		returning = true;
		lastMs = clock.monotonicMs();
		evicted = evicted.filter(({ key }) => key !== model.key);
		changed();
		try {
			await deps.bringBack(model);
			deps.record({
				at: clock.now(),
				kind: "watchdog",
				severity: "info",
				message: message("event.brought-back", { model: model.name }),
				data: { key: model.key, evictedAt: model.evictedAt },
			});
		} catch (thrown) {
			const { code } = AppError.wrap(thrown);
			deps.log.warn("a model could not be brought back", { model: model.name, code });
		} finally {
			returning = false;
		}
	}

	return {
		leaving(model) {
			const evictedAt = clock.now();
			const recipe: Evicted = {
				key: model.key,
				name: model.name,
				contextLength: model.contextLength,
				keepAliveMs: model.expiresAt === null ? null : Math.max(0, model.expiresAt - evictedAt),
				footprintBytes: model.footprintBytes,
				evictedAt,
			};
			return ({ grade }) => {
				if (grade === "not-confirmed" || model.oddity !== null) return;
				evicted = [...evicted.filter(({ key }) => key !== recipe.key), recipe];
				changed();
			};
		},
		turn(level, active) {
			const now = deps.localEngine();
			if (now !== engine) evicted = [];
			engine = now;
			const nowMs = clock.monotonicMs();
			normalSinceMs = level === "normal" ? (normalSinceMs ?? nowMs) : null;
			const listed = new Set(deps.loaded().map(({ key }) => key));
			evicted = stillWanted(evicted, clock.now()).filter(({ key }) => !listed.has(key));
			if (!active || returning) return;
			const model = comesBack({
				now: clock.now(),
				nowMs,
				level,
				normalSinceMs,
				lastMs,
				evicted,
				roomFor: deps.roomFor,
				settings: settings(),
			});
			if (model !== null) void load(model);
		},
		rows() {
			if (!settings().bringsBack) return [];
			return evicted.map((model) => {
				const lacks = lacksBytes(deps.roomFor(model), settings());
				const { key, name, footprintBytes, evictedAt } = model;
				const shown = lacks === null ? null : Math.ceil(lacks / SHOWN_STEP_BYTES) * SHOWN_STEP_BYTES;
				return { key, name, footprintBytes, evictedAt, lacksBytes: shown };
			});
		},
		forget(key) {
			evicted = evicted.filter((model) => model.key !== key);
			changed();
		},
		forgetAll() {
			evicted = [];
			changed();
		},
	};
}
