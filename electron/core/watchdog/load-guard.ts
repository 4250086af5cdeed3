import type { ModelKey } from "../../../shared/model.ts";
import type { WatchdogSettings } from "../../../shared/settings.ts";
import { fromGb } from "../../../shared/units.ts";

/** A load that was let through as fitting. */
export interface GuardedLoad {
	readonly key: ModelKey;
	readonly name: string;
	/** Bytes it will take when it is done. */
	readonly willTakeBytes: number;
	/** Bytes its runner has so far. */
	readonly hasBytes: number;
}

/** In how many samples in a row each load lacked more than there is. */
export type LoadCounts = ReadonlyMap<ModelKey, number>;

/** Whether a load cannot come to its end with what is available now: it lacks more than may still be taken. */
export function isHopeless(load: GuardedLoad, availableBytes: number, settings: WatchdogSettings): boolean {
	return load.willTakeBytes - load.hasBytes > availableBytes - fromGb(settings.loadKeepsFreeGb);
}

/**
 * Counts one sample and says which loads are to be ended. Pure; a load that is no longer there, or that has enough
 * again, begins anew.
 */
export function countLoads(
	counts: LoadCounts,
	loads: readonly GuardedLoad[],
	availableBytes: number,
	settings: WatchdogSettings,
): { readonly counts: LoadCounts; readonly hopeless: readonly GuardedLoad[] } {
	if (!settings.endsHopelessLoads) return { counts: new Map(), hopeless: [] };
	const short = loads.filter((load) => isHopeless(load, availableBytes, settings));
	const next = new Map(short.map(({ key }) => [key, (counts.get(key) ?? 0) + 1] as const));
	return { counts: next, hopeless: short.filter(({ key }) => (next.get(key) ?? 0) >= settings.loadSamples) };
}
