import { AppError } from "../../../shared/errors.ts";
import type { MachineSample } from "../../../shared/machine.ts";
import { endCarriedLoads, isTold, sameName } from "./carried-loads.ts";
import { countLoads, type GuardedLoad, isHopeless, type LoadCounts } from "./load-guard.ts";
import type { WatchdogDeps } from "./watchdog-deps.ts";

/** Ends loads that were let through as fitting and can no longer come to their end. */
export interface HopelessLoads {
	/** One sample has passed; `active` false only forgets what was counted. */
	turn(sample: MachineSample, active: boolean): Promise<void>;
}

/** Counts from now on; `onEnd` is told of every load that is ended, with what its callers are told. */
export function createHopelessLoads(
	deps: Pick<
		WatchdogDeps,
		"settings" | "guardedLoads" | "lookAtRunners" | "carried" | "operations" | "cancelOperation"
	>,
	onEnd: (load: GuardedLoad, sample: MachineSample, error: AppError) => void,
): HopelessLoads {
	const { settings } = deps;
	let counts: LoadCounts = new Map();
	let looking = false;

	function end(load: GuardedLoad, sample: MachineSample): void {
		const lacksBytes = load.willTakeBytes - load.hasBytes;
		const { availableBytes } = sample;
		const error = AppError.of("load-ended-for-memory", { model: load.name, lacksBytes, availableBytes });
		onEnd(load, sample, error);
		const rows = deps.operations().filter(({ kind, key }) => kind === "load" && key === load.key);
		const told = endCarriedLoads(deps.carried(), (model) => sameName(model, load.name), error);
		for (const row of rows) if (!isTold(row, told)) void deps.cancelOperation(row.id).catch(() => undefined);
	}

	return {
		async turn(sample, active) {
			if (looking) return;
			let loads = deps.guardedLoads();
			// Judged by what the runner has right now: figures half a second old would end good loads.
			if (loads.some((load) => isHopeless(load, sample.availableBytes, settings()))) {
				looking = true;
				await deps.lookAtRunners().catch(() => undefined);
				looking = false;
				loads = deps.guardedLoads();
			}
			const counted = countLoads(counts, active ? loads : [], sample.availableBytes, settings());
			counts = counted.counts;
			for (const load of counted.hopeless) end(load, sample);
		},
	};
}
