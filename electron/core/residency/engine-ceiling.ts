/** What the engine itself refuses to go beyond. */
export interface EngineCeiling {
	/** Models that it keeps at most. */
	readonly maxModels: number;
	/**
	 * What it counts as its GPU's memory, where it unloads by itself as soon as a load is expected to take more than four
	 * fifths of what is free; null where it never looks.
	 */
	readonly watchedGpuBytes: number | null;
}

/** Share of what is free that a load may be expected to take before the engine unloads another model. */
const WATCHED_SHARE = 0.8;

/** What the engine counts as free on its GPU beside the models that stay. */
export function gpuFreeBytes(
	ceiling: EngineCeiling,
	staying: readonly { readonly gpuBytes: number }[],
): number {
	if (ceiling.watchedGpuBytes === null) return Number.POSITIVE_INFINITY;
	return staying.reduce((free, { gpuBytes }) => free - gpuBytes, ceiling.watchedGpuBytes);
}

/** Which of its ceilings the engine would enforce by unloading a model of its own choice; null where none. */
export function engineStands(
	ceiling: EngineCeiling,
	load: {
		readonly stayingModels: number;
		/** What the engine expects the load to take, or null where it does not look. */
		readonly needBytes: number | null;
		readonly freeBytes: number;
	},
): "engine-models" | "engine-memory" | null {
	if (load.stayingModels === 0) return null;
	if (load.stayingModels + 1 > ceiling.maxModels) return "engine-models";
	if (ceiling.watchedGpuBytes === null || load.needBytes === null) return null;
	return load.needBytes > WATCHED_SHARE * load.freeBytes ? "engine-memory" : null;
}
