import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { Operation } from "../../../shared/operation.ts";
import { loopMessage, type ReloadLoop } from "../../../shared/reload-loop.ts";
import type { Clock, NewEvent, Stop } from "../ports.ts";
import type { Admission } from "./admission.ts";
import { EXPIRY_SLACK_MS } from "./expiry.ts";
import type { Observer } from "./observer.ts";
import { createReloadLoops, loopId } from "./reload-loops.ts";
import type { RoomFor } from "./unloads.ts";

/** A loop that has stopped is looked at again after this long, to be no longer shown. */
const LOOK_AGAIN_MS = 60_000;

/** Loads by these are wanted by a person at this moment, or by Plimsoll itself for one. */
const BY_HAND: ReadonlySet<Operation["requestedBy"]> = new Set(["popover", "command-line", "plimsoll"]);

/** Watches for models that are loaded over and over. */
export interface LoopWatch {
	loops(): readonly ReloadLoop[];
	onChange(listener: () => void): Stop;
	/** A release has ended; `room` says for which load it was, where it was for one. */
	released(key: ModelKey, room: RoomFor | null): void;
	stop(): void;
}

/** What the watch needs. */
export interface LoopWatchParts {
	readonly observer: Pick<Observer, "loaded" | "onChange">;
	readonly admission: Pick<Admission, "onLoad">;
	readonly clock: Clock;
	readonly record: (event: NewEvent) => void;
}

/** Makes the watch; it follows the observer from now on. */
export function createLoopWatch({ observer, admission, clock, record }: LoopWatchParts): LoopWatch {
	const found = createReloadLoops();
	const byHand = new Map<ModelKey, boolean>();
	const listeners = new Set<() => void>();
	let seen = new Map<ModelKey, LoadedModel>();
	let told: readonly ReloadLoop[] = [];
	let stopTimer: Stop | null = null;

	function publish(): void {
		const before = new Set(told.map(loopId));
		const next = found.at(clock.now());
		if (JSON.stringify(next) === JSON.stringify(told)) return;
		told = next;
		for (const loop of next) if (!before.has(loopId(loop))) tell(loop);
		for (const listener of listeners) listener();
		lookAgain();
	}

	function lookAgain(): void {
		stopTimer?.();
		stopTimer = told.length === 0 ? null : clock.after(LOOK_AGAIN_MS, again);
	}

	function again(): void {
		publish();
		lookAgain();
	}

	function tell(loop: ReloadLoop): void {
		record({
			at: clock.now(),
			kind: "watchdog",
			severity: "warning",
			message: loopMessage(loop),
			data: { loop },
		});
	}

	function follow(): void {
		const now = clock.now();
		const listed = observer.loaded();
		const present = new Set(listed.map(({ key }) => key));
		for (const [key, model] of seen) {
			if (present.has(key)) continue;
			const asked = model.state === "unloading" || model.state === "draining";
			const expired = model.expiresAt !== null && model.expiresAt <= now + EXPIRY_SLACK_MS;
			found.left(key, asked || expired ? { kind: "let-go" } : { kind: "pushed", because: null });
		}
		const next = new Map<ModelKey, LoadedModel>();
		for (const model of listed) {
			const { key, name, contextLength } = model;
			const before = seen.get(key);
			// While it loads anew its row still stands as it was.
			if (model.state === "loading") {
				if (before !== undefined) next.set(key, before);
				continue;
			}
			next.set(key, model);
			if (before?.contextLength === contextLength) continue;
			found.loaded({ at: now, key, name, contextLength, byHand: byHand.get(key) ?? false });
			byHand.delete(key);
		}
		seen = next;
		publish();
	}

	const stops = [
		observer.onChange(follow),
		admission.onLoad(({ key, requestedBy }, running) => {
			if (running) byHand.set(key, BY_HAND.has(requestedBy));
		}),
	];

	return {
		loops: () => told,
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		released(key, room) {
			if (room !== null) found.left(key, { kind: "pushed", because: room.because });
		},
		stop() {
			stopTimer?.();
			for (const stop of stops) stop();
		},
	};
}
