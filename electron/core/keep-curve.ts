import type { MachineWatch } from "./memory/machine-view.ts";
import type { HistoryStore, Stop } from "./ports.ts";
import type { Observer } from "./residency/observer.ts";
import type { SampleRing } from "./store/sample-ring.ts";

/** Puts every sample into the memory curve: the last minutes' and the one that is kept. */
export function keepCurve(parts: {
	readonly machine: Pick<MachineWatch, "onState">;
	readonly observer: Pick<Observer, "loaded">;
	readonly ring: SampleRing;
	readonly history: Pick<HistoryStore, "addPoint">;
}): Stop {
	return parts.machine.onState(({ sample, level }) => {
		const point = {
			at: sample.at,
			availableBytes: sample.availableBytes,
			totalBytes: sample.totalBytes,
			swapUsedBytes: sample.swapUsedBytes,
			loadedBytes: parts.observer.loaded().reduce((sum, model) => sum + model.footprintBytes, 0),
			level,
		};
		parts.ring.add(point);
		parts.history.addPoint(point);
	});
}
