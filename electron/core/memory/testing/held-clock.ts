import type { Clock } from "../../ports.ts";

/** A clock that moves only when told to. */
export interface HeldClock extends Clock {
	/** Moves on, calling back what falls due, in order; lets promises settle after each. */
	advance(byMs: number): Promise<void>;
	/** Wall clock alone, as when the machine slept. */
	sleep(byMs: number): void;
	/** Milliseconds until the next timer, or null. */
	nextTimerMs(): number | null;
}

function settle(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/** Makes a clock that stands at a fixed moment. */
export function heldClock(): HeldClock {
	let nowMs = 0;
	let wallMs = Date.UTC(2026, 10, 2, 9);
	const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
	const next = () => [...timers].sort((a, b) => a.dueMs - b.dueMs)[0];
	const moveTo = (ms: number): void => {
		wallMs += ms - nowMs;
		nowMs = ms;
	};
	return {
		now: () => wallMs,
		monotonicMs: () => nowMs,
		after(delayMs, callback) {
			const timer = { dueMs: nowMs + delayMs, callback };
			timers.add(timer);
			return () => timers.delete(timer);
		},
		async advance(byMs) {
			const untilMs = nowMs + byMs;
			await settle();
			for (let due = next(); due !== undefined && due.dueMs <= untilMs; due = next()) {
				timers.delete(due);
				moveTo(Math.max(nowMs, due.dueMs));
				due.callback();
				await settle();
			}
			moveTo(untilMs);
			await settle();
		},
		sleep(byMs) {
			wallMs += byMs;
		},
		nextTimerMs() {
			const due = next();
			return due === undefined ? null : due.dueMs - nowMs;
		},
	};
}
