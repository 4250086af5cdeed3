import { diff, type StatePatch } from "../../shared/patch.ts";
import type { AppState } from "../../shared/state.ts";
import type { Stop } from "./ports.ts";

/** Core's one state and everybody who follows it. */
export interface StateStore {
	get(): AppState;
	/** Puts a new state in place; where its content is the same nothing is told. `version` is kept by the store. */
	update(change: (state: AppState) => AppState): void;
	/** Tells every patch from now on, in order. */
	subscribe(listener: (patch: StatePatch) => void): Stop;
}

/** Holds the state and tells patches of it. */
export function createStateStore(initial: AppState): StateStore {
	let state = initial;
	const listeners = new Set<(patch: StatePatch) => void>();
	return {
		get: () => state,
		update(change) {
			const next = change(state);
			if (next === state) return;
			const steps = diff(state, next);
			if (steps.length === 0) return;
			const from = state.version;
			const to = from + 1;
			state = { ...next, version: to };
			for (const listener of listeners)
				listener({ from, to, steps: [...steps, { op: "set", path: ["version"], value: to }] });
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
