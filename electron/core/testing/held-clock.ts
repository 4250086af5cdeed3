import type { Clock } from "../ports.ts";

/** A clock that moves only when told to. */
export interface HeldClock extends Clock {
	/** Moves on, calling back what falls due, in order; lets promises settle after each. */
	advance(byMs: number): Promise<void>;
	/** Moves on in small steps until the promise has settled; throws where that takes longer than the limit. */
	until<Value>(promise: Promise<Value>, limitMs?: number): Promise<Value>;
	/** Wall clock alone, as when the machine slept. */
	sleep(byMs: number): void;
	/** Milliseconds until the next timer, or null. */
	nextTimerMs(): number | null;
}

/** How far {@link HeldClock.until} moves at a time. */
const STEP_MS = 50;

/** Lets everything run that is due without time passing. */
async function settle(): Promise<void> {
	for (let round = 0; round < 4; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Makes a clock that stands at a fixed moment. */
export function heldClock(startAt = Date.UTC(2026, 10, 2, 9)): HeldClock {
	let nowMs = 0;
	let wallMs = startAt;
	const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
	const next = () => [...timers].sort((a, b) => a.dueMs - b.dueMs)[0];
	const moveTo = (ms: number): void => {
		wallMs += ms - nowMs;
		nowMs = ms;
	};

	async function advance(byMs: number): Promise<void> {
		const untilMs = nowMs + byMs;
		await settle();
		for (let due = next(); due !== undefined && due.dueMs <= untilMs; due = next()) {
			timers.delete(due);
			moveTo(Math.max(nowMs, due.dueMs));
			due.callback();
			await settle();
		}
		moveTo(untilMs);
	}

	return {
		now: () => wallMs,
		monotonicMs: () => nowMs,
		after(delayMs, callback) {
			const timer = { dueMs: nowMs + Math.max(0, delayMs), callback };
			timers.add(timer);
			return () => timers.delete(timer);
		},
		advance,
		async until(promise, limitMs = 120_000) {
			const settled = new AbortController();
			void promise.catch(() => undefined).finally(() => settled.abort());
			const endMs = nowMs + limitMs;
			await settle();
			while (!settled.signal.aborted) {
				if (nowMs >= endMs) throw new Error(`not settled within ${limitMs} ms`);
				await advance(STEP_MS);
			}
			return promise;
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
