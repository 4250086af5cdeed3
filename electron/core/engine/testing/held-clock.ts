import type { Clock } from "../../ports.ts";

/** A clock that a test moves. */
export interface HeldClock extends Clock {
	/** Moves on, calling back everything that falls due in its order, and lets promises settle between. */
	advance(byMs: number): Promise<void>;
}

/** Lets every promise that can settle do so. */
async function settle(): Promise<void> {
	for (let round = 0; round < 3; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Makes a clock that stands still until it is moved. */
export function createHeldClock(startAt = 1_700_000_000_000): HeldClock {
	const timers = new Set<{ readonly dueAtMs: number; readonly callback: () => void }>();
	let passedMs = 0;
	return {
		now: () => startAt + passedMs,
		monotonicMs: () => passedMs,
		after(delayMs, callback) {
			const timer = { dueAtMs: passedMs + delayMs, callback };
			timers.add(timer);
			return () => timers.delete(timer);
		},
		async advance(byMs) {
			const endMs = passedMs + byMs;
			await settle();
			for (;;) {
				const [next] = [...timers].sort((one, other) => one.dueAtMs - other.dueAtMs);
				if (next === undefined || next.dueAtMs > endMs) break;
				timers.delete(next);
				passedMs = Math.max(passedMs, next.dueAtMs);
				next.callback();
				await settle();
			}
			passedMs = endMs;
		},
	};
}
