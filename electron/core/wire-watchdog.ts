import { AppError } from "../../shared/errors.ts";
import type { LoadedModel } from "../../shared/model.ts";
import type { Settings } from "../../shared/settings.ts";
import { fromGb } from "../../shared/units.ts";
import type { WatchdogState } from "../../shared/watchdog.ts";
import type { Chat } from "./chat/chat.ts";
import type { EngineSupervision } from "./engine/supervision.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { ControlledMachineWatch } from "./memory/machine-watch.ts";
import type { Clock, Log, NewEvent } from "./ports.ts";
import type { Observer } from "./residency/observer.ts";
import type { Residency } from "./residency/residency.ts";
import type { Evicted, Room } from "./watchdog/bring-back.ts";
import type { Notice } from "./watchdog/emergency-notice.ts";
import { followGuardedLoads } from "./watchdog/guarded-loads.ts";
import { largestPrograms } from "./watchdog/largest-programs.ts";
import { createWatchdog, type Watchdog } from "./watchdog/watchdog.ts";

/** The rooms of core that the watchdog watches and acts through. */
export interface WiredRooms {
	readonly clock: Clock;
	readonly log: Log;
	readonly settings: () => Settings;
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	/** Residency itself, not what is held back during an emergency. */
	readonly residency: Residency;
	readonly machine: ControlledMachineWatch;
	readonly chat: () => Pick<Chat, "answering" | "end">;
	readonly gateway: () => Pick<Gateway, "carried">;
	readonly record: (event: NewEvent) => void;
	/** Tells somebody who does not look at the popover. */
	readonly notify: (notice: Notice) => void;
	readonly show: (state: WatchdogState) => void;
}

/** What there is for a model: available memory, less what loaded models will still take of it. */
function roomFor(evicted: Evicted, loaded: readonly LoadedModel[], rooms: WiredRooms): Room | null {
	const state = rooms.machine.state();
	if (state === null) return null;
	const lacking = loaded.reduce(
		(sum, { footprintBytes, heldBytes }) => sum + Math.max(0, footprintBytes - (heldBytes ?? footprintBytes)),
		0,
	);
	return {
		neededBytes: evicted.footprintBytes + fromGb(rooms.settings().residency.keepFreeGb),
		roomBytes: state.sample.availableBytes - lacking,
	};
}

/** Makes the watchdog over the rooms of core. */
export function wireWatchdog(rooms: WiredRooms): Watchdog {
	const { clock, supervision, observer, residency, machine } = rooms;
	const log = rooms.log.child("watchdog");
	const guarded = followGuardedLoads({ admission: residency.admission, observer });
	const watchdog = createWatchdog({
		clock,
		log,
		settings: () => rooms.settings().watchdog,
		machine,
		localEngine() {
			const { id, locality, connection } = supervision.state();
			return connection.state === "connected" && locality === "local" ? id : null;
		},
		loaded: observer.loaded,
		lastBusyAt: (key) => observer.activityOf(key)?.lastBusyAt ?? null,
		keyOf: (name) => observer.find(name)?.key ?? null,
		async ask(model) {
			observer.setAsked(model.key, clock.now());
			try {
				await supervision.engine().unload({ name: model.name, runner: model.runner });
			} catch (thrown) {
				log.warn("a model could not be asked to leave", {
					model: model.name,
					problem: AppError.wrap(thrown).code,
				});
			}
		},
		confirm: (key) => residency.unload(key, { requestedBy: "plimsoll" }),
		operations: residency.operations,
		cancelOperation: residency.cancel,
		sendQueueAway: residency.admission.sendAway,
		guardedLoads: guarded.all,
		lookAtRunners: observer.lookAtProcesses,
		chatModel: () => rooms.chat().answering(),
		endChat: (error) => rooms.chat().end(error),
		carried: () => rooms.gateway().carried(),
		roomFor: (evicted) => roomFor(evicted, observer.loaded(), rooms),
		async bringBack(evicted) {
			await residency.load(
				{
					model: evicted.name,
					...(evicted.contextLength > 0 ? { contextLength: evicted.contextLength } : {}),
					keepAliveMs: evicted.keepAliveMs ?? -1,
				},
				"plimsoll",
			);
		},
		// The demo engine's machine is told of, not lived on: programs of this one take nothing of it.
		largestPrograms: async () =>
			machine.state()?.source === "demo" ? [] : largestPrograms(process.platform),
		record: rooms.record,
		notify: rooms.notify,
		show: rooms.show,
	});
	return {
		...watchdog,
		stop() {
			guarded.stop();
			watchdog.stop();
		},
	};
}
