import { create } from "zustand";
import type { SerializedError } from "../shared/errors.ts";
import type { RendererApi } from "../shared/ipc.ts";
import { applyPatch, type StatePatch } from "../shared/patch.ts";
import type { AppState } from "../shared/state.ts";
import { errorOf } from "./api.ts";

/** The popover's mirror of core, and what belongs to this window alone. */
export interface PopoverStore {
	/** Core's state, or null before the first snapshot. */
	readonly state: AppState | null;
	/** The last action that failed, until it is dismissed or another one is begun. */
	readonly problem: SerializedError | null;
}

/** The one store of the popover. */
export const usePopover = create<PopoverStore>()(() => ({ state: null, problem: null }));

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

/**
 * Follows core: patches first, then a snapshot, so that nothing falls between. A patch that does not continue the known
 * version asks for a new snapshot; parts that no patch touched stay the same objects.
 */
export function followCore(api: Pick<RendererApi, "on" | "snapshot">): () => void {
	let asking = false;
	let waiting: StatePatch[] = [];
	let stopped = false;

	async function ask(): Promise<void> {
		if (asking) return;
		asking = true;
		try {
			const state = await api.snapshot(null);
			if (stopped) return;
			usePopover.setState({ state });
			const later = waiting.filter((patch) => patch.to > state.version);
			waiting = [];
			asking = false;
			for (const patch of later) take(patch);
		} finally {
			asking = false;
		}
	}

	function take(patch: StatePatch): void {
		const { state } = usePopover.getState();
		if (asking || state === null) waiting.push(patch);
		else if (patch.from === state.version) usePopover.setState({ state: applyPatch(state, patch.steps) });
		else if (patch.to > state.version || patch.from < 0) void ask();
	}

	const stop = api.on("patch", take);
	const refresh = () => {
		if (document.visibilityState === "visible") void ask();
	};
	document.addEventListener("visibilitychange", refresh);
	void ask();
	return () => {
		stopped = true;
		stop();
		document.removeEventListener("visibilitychange", refresh);
	};
}

/** Runs what a control does; a failure is shown where everybody looks. Being cancelled is no failure. */
export function act(action: () => Promise<unknown>): void {
	usePopover.setState({ problem: null });
	action().catch((thrown: unknown) => {
		const problem = errorOf(thrown);
		if (problem.code !== "cancelled") usePopover.setState({ problem });
	});
}
