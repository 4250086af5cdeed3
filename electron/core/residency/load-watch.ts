import type { InstalledModel, LoadedModel } from "../../../shared/model.ts";
import { sleep } from "../clock.ts";
import type { Clock, Stop } from "../ports.ts";
import type { Observer } from "./observer.ts";
import type { BoardEntry } from "./operation-board.ts";
import type { Unloads } from "./unloads.ts";

/** How often a load's progress is read. */
const PROGRESS_EVERY_MS = 500;

/** How often, and how long, a load that the engine calls done is looked for in its list. */
const CONFIRM_EVERY_MS = 250;
const CONFIRM_WITHIN_MS = 10_000;

/** How long the runner of a cancelled load is watched until it is gone. */
const CANCELLED_WITHIN_MS = 10_000;

/** An engine takes about 200 ms to end the runner of a request that was closed, and may list it meanwhile. */
const ENDED_WITHIN_MS = 2_000;

/** Watches what becomes of a load in the engine's list and in the process table. */
export interface LoadWatch {
	/** Keeps the row's progress while the load runs, until stopped. */
	followProgress(row: BoardEntry, model: InstalledModel): Stop;
	/** The listed model that a load led to, also under another name of the same weights; null where there is none. */
	confirmed(model: InstalledModel, gaveUp: () => boolean): Promise<LoadedModel | null>;
	/**
	 * Resolves when the runner of a cancelled load is gone. The engine ends it by itself once its request is closed;
	 * one that became ready meanwhile is unloaded, unless it was loaded before.
	 */
	awaitGone(model: InstalledModel, wasLoaded: boolean): Promise<void>;
}

/** Makes the watch. */
export function createLoadWatch(parts: {
	readonly observer: Observer;
	readonly clock: Clock;
	readonly unloads: Unloads;
}): LoadWatch {
	const { observer, clock, unloads } = parts;
	const seen = (model: InstalledModel) => observer.loaded().find(({ key }) => key === model.key);

	async function follow(row: BoardEntry, model: InstalledModel, over: AbortSignal): Promise<void> {
		while (!over.aborted) {
			await observer.lookAtProcesses();
			const runner = seen(model);
			if (!over.aborted && runner !== undefined && runner.process !== null) {
				const doneBytes = runner.footprintBytes;
				row.change({ progress: { doneBytes, totalBytes: Math.max(model.sizeBytes, doneBytes) } });
			}
			await sleep(clock, PROGRESS_EVERY_MS);
		}
	}

	return {
		followProgress(row, model) {
			const over = new AbortController();
			void follow(row, model, over.signal);
			return () => over.abort();
		},
		async confirmed(model, gaveUp) {
			const untilMs = clock.monotonicMs() + CONFIRM_WITHIN_MS;
			for (;;) {
				await observer.lookNow();
				const listed = observer.find(model.key) ?? observer.find(model.name);
				if (listed !== null && listed.oddity === null && isSame(listed, model)) return listed;
				if (gaveUp() || clock.monotonicMs() >= untilMs) return null;
				await sleep(clock, CONFIRM_EVERY_MS);
			}
		},
		async awaitGone(model, wasLoaded) {
			const sinceMs = clock.monotonicMs();
			while (clock.monotonicMs() - sinceMs < CANCELLED_WITHIN_MS) {
				await observer.lookNow();
				const runner = seen(model);
				if (runner === undefined) return;
				if (observer.find(model.key) !== null && clock.monotonicMs() - sinceMs >= ENDED_WITHIN_MS) {
					if (!wasLoaded) await unloads.begin(runner, "plimsoll").outcome.catch(() => undefined);
					return;
				}
				await sleep(clock, CONFIRM_EVERY_MS);
			}
		},
	};
}

/** Same manifest, or another name whose runner the wanted model shares. */
function isSame(listed: LoadedModel, wanted: InstalledModel): boolean {
	if (listed.key === wanted.key || listed.digest === wanted.digest) return true;
	return listed.name !== wanted.name;
}
