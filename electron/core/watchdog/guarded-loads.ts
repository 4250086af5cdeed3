import type { ModelKey } from "../../../shared/model.ts";
import type { Stop } from "../ports.ts";
import type { Admission, AdmittedLoad } from "../residency/admission.ts";
import type { Observer } from "../residency/observer.ts";
import type { GuardedLoad } from "./load-guard.ts";

/** Loads that were let through as fitting and still run, with what their runners have so far. */
export interface GuardedLoads {
	all(): readonly GuardedLoad[];
	stop(): void;
}

/** Follows admission from now on. What was forced or could not be judged is nobody's promise and is left alone. */
export function followGuardedLoads(parts: {
	readonly admission: Pick<Admission, "onLoad">;
	readonly observer: Pick<Observer, "loaded">;
}): GuardedLoads {
	const { observer } = parts;
	const running = new Map<ModelKey, AdmittedLoad>();
	const stop: Stop = parts.admission.onLoad((load, begun) => {
		if (!begun) running.delete(load.key);
		else if (load.fits) running.set(load.key, load);
	});
	return {
		all: () =>
			[...running.values()].flatMap(({ key, model, verdict }) => {
				const runner = observer.loaded().find((each) => each.key === key);
				// Without a runner in sight nothing is known of how far it is.
				if (runner === undefined || runner.process === null || runner.state !== "loading") return [];
				const willTakeBytes = verdict?.footprint.loadedBytes ?? model.sizeBytes;
				return [{ key, name: model.name, willTakeBytes, hasBytes: runner.footprintBytes }];
			}),
		stop,
	};
}
