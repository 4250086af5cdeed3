import type { Clock, Stop } from "../ports.ts";

/** Runs one look at a time, and none too often. */
export interface LookLoop {
	/** Looks now; whoever asks during a look gets the next one. */
	now(): Promise<void>;
	/** Looks when the last look is long enough ago. */
	soon(): void;
	start(): void;
	stop(): void;
}

/** Makes the loop; `look` must not reject. */
export function createLookLoop(clock: Clock, everyMs: number, look: () => Promise<void>): LookLoop {
	let running = false;
	let looking: Promise<void> | null = null;
	let lookAgain: Promise<void> | null = null;
	let lookedAtMs = -Infinity;
	let cancelNext: Stop | null = null;

	function now(): Promise<void> {
		if (looking === null) {
			lookedAtMs = clock.monotonicMs();
			looking = look().finally(() => {
				looking = null;
			});
			return looking;
		}
		lookAgain ??= looking.then(() => {
			lookAgain = null;
			return now();
		});
		return lookAgain;
	}

	return {
		now,
		soon() {
			if (!running) return;
			const waitMs = lookedAtMs + everyMs - clock.monotonicMs();
			if (waitMs <= 0) {
				void now();
				return;
			}
			cancelNext ??= clock.after(waitMs, () => {
				cancelNext = null;
				if (running) void now();
			});
		},
		start() {
			running = true;
		},
		stop() {
			running = false;
			cancelNext?.();
			cancelNext = null;
		},
	};
}
