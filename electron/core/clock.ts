import { performance } from "node:perf_hooks";
import type { Clock } from "./ports.ts";

/** The machine's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
	now: () => Date.now(),
	monotonicMs: () => performance.now(),
	after(delayMs, callback) {
		const timer = setTimeout(callback, delayMs);
		timer.unref();
		return () => clearTimeout(timer);
	},
};

/** Resolves after a delay. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
	return new Promise((resolve) => clock.after(delayMs, resolve));
}
