import type { ModelKey } from "../../../shared/model.ts";

/** Colours on the hull. */
const SLOTS = 8;

/** A colour that a model has left is not given to another one for this long, so that the eye is not fooled. */
export const SLOT_REST_MS = 60_000;

/** Gives each loaded model a colour and keeps it while it is loaded. */
export interface ColourSlots {
	/** Slot 1 to 8, or null where all are taken; `now` is wall clock. */
	assign(key: ModelKey, now: number): number | null;
	/** Takes back the slots of models that are no longer loaded. */
	retain(keys: ReadonlySet<ModelKey>, now: number): void;
}

/** Makes the slots, all free. */
export function createColourSlots(): ColourSlots {
	const taken = new Map<ModelKey, number>();
	const vacatedAt = new Map<number, { readonly at: number; readonly by: ModelKey }>();
	return {
		assign(key, now) {
			const held = taken.get(key);
			if (held !== undefined) return held;
			const inUse = new Set(taken.values());
			const free: number[] = [];
			for (let slot = 1; slot <= SLOTS; slot += 1) if (!inUse.has(slot)) free.push(slot);
			const own = free.find((slot) => vacatedAt.get(slot)?.by === key);
			const rested = free.find((slot) => now - (vacatedAt.get(slot)?.at ?? -Infinity) >= SLOT_REST_MS);
			const slot = own ?? rested ?? null;
			if (slot !== null) taken.set(key, slot);
			return slot;
		},
		retain(keys, now) {
			for (const [key, slot] of taken)
				if (!keys.has(key)) {
					taken.delete(key);
					vacatedAt.set(slot, { at: now, by: key });
				}
		},
	};
}
