import { AppError } from "../../../shared/errors.ts";
import { message } from "../../../shared/messages/message.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { MachineWatch } from "../memory/machine-view.ts";
import type { Clock, Log, NewEvent, Stop } from "../ports.ts";
import type { Observer } from "../residency/observer.ts";
import type { Residency } from "../residency/residency.ts";
import { idleToUnload } from "./idle-models.ts";

/** What unloading of idle models needs. */
export interface IdleUnloadParts {
	readonly machine: Pick<MachineWatch, "onState">;
	readonly observer: Pick<Observer, "loaded">;
	readonly residency: Pick<Residency, "operations" | "unload">;
	/** Only then is the engine's memory this machine's. */
	readonly engineIsLocal: () => boolean;
	readonly settings: () => Settings["residency"];
	readonly clock: Clock;
	readonly log: Log;
	readonly record: (event: NewEvent) => void;
}

/** Where a person wants it, models that nobody has used for long go while memory is short; one at a time. */
export function unloadIdle(parts: IdleUnloadParts): Stop {
	const { machine, observer, residency, clock } = parts;
	return machine.onState(({ sample: { availableBytes } }) => {
		const model = idleToUnload(observer.loaded(), availableBytes, clock.now(), parts.settings());
		if (model === null || !parts.engineIsLocal()) return;
		if (residency.operations().some(({ kind }) => kind !== "load")) return;
		const idleForMs = clock.now() - (model.idleSinceAt ?? clock.now());
		parts.record({
			at: clock.now(),
			kind: "unloaded",
			severity: "info",
			message: message("event.idle-unload", { model: model.name, idleForMs }),
			data: { key: model.key, availableBytes },
		});
		residency.unload(model.key, { requestedBy: "plimsoll" }).catch((thrown: unknown) => {
			parts.log.warn("an idle model was not unloaded", {
				model: model.name,
				problem: AppError.wrap(thrown).code,
			});
		});
	});
}
