import type { RendererApi, Unsubscribe } from "./ipc.ts";
import { applyPatch, CONNECTION_LOST, type StatePatch } from "./patch.ts";
import type { AppState } from "./state.ts";

/** A copy of core's state that keeps itself up to date. */
export interface StateFollower {
	/** The newest state, or null before the first snapshot. */
	get(): AppState | null;
	/** Told after every change, patches in order. */
	onChange(listener: (state: AppState) => void): Unsubscribe;
	close(): void;
}

/** The two calls a follower makes. */
export type FollowedApi = Pick<RendererApi, "snapshot" | "on">;

function isConnectionLost(patch: StatePatch): boolean {
	return patch.from === CONNECTION_LOST.from && patch.to === CONNECTION_LOST.to;
}

/**
 * Follows the state: subscribes first and asks for the snapshot then, so that no change falls between the two.
 * Patches that the snapshot already holds are passed over; a gap asks for a new snapshot. A snapshot that fails is
 * asked for again with the next patch, which a reconnection brings.
 */
export function followState(api: FollowedApi): StateFollower {
	const listeners = new Set<(state: AppState) => void>();
	let state: AppState | null = null;
	let early: StatePatch[] = [];
	let asking = false;
	let lostMeanwhile = false;
	let closed = false;

	function take(next: AppState): void {
		state = next;
		for (const listener of listeners) listener(next);
	}

	function follow(patch: StatePatch): void {
		if (isConnectionLost(patch)) {
			void ask();
			return;
		}
		if (asking || state === null) {
			early.push(patch);
			if (!asking) void ask();
		} else if (patch.from === state.version) take(applyPatch(state, patch.steps));
		else if (patch.from > state.version) void ask();
	}

	/** A snapshot, or null where the connection is gone; its return tells a patch, which asks again. */
	async function snapshot(): Promise<AppState | null> {
		try {
			return await api.snapshot(null);
		} catch {
			return null;
		}
	}

	async function ask(): Promise<void> {
		if (asking) {
			lostMeanwhile = true;
			return;
		}
		asking = true;
		early = [];
		const taken = await snapshot();
		asking = false;
		if (closed) return;
		if (lostMeanwhile) {
			// What was asked of the old connection may have come from another run.
			lostMeanwhile = false;
			await ask();
			return;
		}
		if (taken !== null) take(taken);
		const late = early;
		early = [];
		if (state !== null) for (const patch of late) follow(patch);
	}

	const stop = api.on("patch", follow);
	void ask();
	return {
		get: () => state,
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		close() {
			closed = true;
			stop();
			listeners.clear();
		},
	};
}
