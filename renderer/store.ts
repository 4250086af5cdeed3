import { create } from "zustand";
import type { SerializedError } from "../shared/errors.ts";
import type { ReleaseResult } from "../shared/operation.ts";
import type { AppState } from "../shared/state.ts";
import { type FollowedApi, followState } from "../shared/state-follower.ts";
import { errorOf } from "./api.ts";

/** The popover's mirror of core, and what belongs to this window alone. */
export interface PopoverStore {
	/** Core's state, or null before the first snapshot. */
	readonly state: AppState | null;
	/** The last action that failed, until it is dismissed or another one is begun. */
	readonly problem: SerializedError | null;
	/** What came of the last unload from this window, until the next action. */
	readonly release: ReleaseResult | null;
}

/** The one store of the popover. */
export const usePopover = create<PopoverStore>()(() => ({ state: null, problem: null, release: null }));

/** A part of core's state. Only for components below the first snapshot; there a null state cannot be. */
export function useCore<Part>(part: (state: AppState) => Part): Part {
	return usePopover((store) => {
		if (store.state === null) throw new Error("there is no snapshot yet");
		return part(store.state);
	});
}

/** Core's state at this moment, for handlers. */
export function coreNow(): AppState {
	const { state } = usePopover.getState();
	if (state === null) throw new Error("there is no snapshot yet");
	return state;
}

/** Follows core for as long as the page lives: a snapshot and the patches after it, a new one where a patch was lost. */
export function followCore(api: FollowedApi): void {
	followState(api).onChange((state) => usePopover.setState({ state }));
}

/** Resolves once core has been heard. */
export function firstSnapshot(): Promise<void> {
	return new Promise((resolve) => {
		const stop = usePopover.subscribe(({ state }) => {
			if (state === null) return;
			stop();
			resolve();
		});
	});
}

/** Runs what a control does; a failure is shown where everybody looks. Being cancelled is no failure. */
export function act(action: () => Promise<unknown>): void {
	usePopover.setState({ problem: null, release: null });
	action().catch((thrown: unknown) => {
		const problem = errorOf(thrown);
		if (problem.code !== "cancelled") usePopover.setState({ problem });
	});
}
