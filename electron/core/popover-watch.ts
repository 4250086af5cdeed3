import type { MachineWatch } from "./memory/machine-view.ts";
import type { Stop } from "./ports.ts";
import type { Pace } from "./residency/pace.ts";

/** Who looks at Plimsoll. */
export interface PopoverWatch {
	/** Whether any popover is open. */
	open(): boolean;
	/** One popover opens or closes. */
	change(opens: boolean): void;
}

/** Counts open popovers; while there is one, engine and machine are looked at every second. */
export function createPopoverWatch(parts: {
	readonly machine: Pick<MachineWatch, "setReason">;
	readonly pace: Pace;
	/** After every change. */
	readonly changed: () => void;
}): PopoverWatch {
	let watchers = 0;
	let release: Stop | null = null;
	return {
		open: () => watchers > 0,
		change(opens) {
			watchers = Math.max(0, watchers + (opens ? 1 : -1));
			parts.machine.setReason("popover", watchers > 0);
			if (watchers > 0) release ??= parts.pace.hold();
			else {
				release?.();
				release = null;
			}
			parts.changed();
		},
	};
}
