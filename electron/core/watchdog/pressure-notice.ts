import type { PressureLevel } from "../../../shared/machine.ts";
import { message } from "../../../shared/messages/message.ts";
import type { MachineWatch } from "../memory/machine-view.ts";
import type { NewEvent, Notifier, Stop } from "../ports.ts";
import type { Watchdog } from "./watchdog.ts";

/** What telling of pressure needs. */
export interface PressureNoticeParts {
	readonly machine: Pick<MachineWatch, "onState">;
	readonly watchdog: Pick<Watchdog, "closed">;
	readonly record: (event: NewEvent) => void;
	/** Tells somebody who does not look at the popover. */
	readonly notify: Notifier["notify"];
}

/** Tells of every change of the pressure: as an event, and at its worst to somebody who does not look. */
export function tellPressure({ machine, watchdog, record, notify }: PressureNoticeParts): Stop {
	let told: PressureLevel = "normal";
	return machine.onState(({ level, sample }) => {
		if (level === told) return;
		const before = told;
		told = level;
		const said = message(`event.pressure-${level}`, { availableBytes: sample.availableBytes });
		// An emergency is told when it is over, with what came of it.
		if (level === "high" || (level === "critical" && watchdog.closed() === null))
			notify(message(`tray.${level}`), said, "seldom");
		record({
			at: sample.at,
			kind: "pressure",
			severity: level === "high" || level === "critical" ? "warning" : "info",
			message: said,
			data: { sample, before },
		});
	});
}
