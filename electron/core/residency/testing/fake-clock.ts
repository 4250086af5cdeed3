import type { Clock, Stop } from "../../ports.ts";

/** A clock that stands until it is advanced; everything due runs in order, with promises settled in between. */
export interface FakeClock extends Clock {
	advance(ms: number): Promise<void>;
	/** Advances in small steps until the promise has settled; throws when that takes longer than the limit. */
	until<Value>(promise: Promise<Value>, limitMs?: number): Promise<Value>;
}

/** Starts at an arbitrary moment. */
export function createFakeClock(startAt = 1_800_000_000_000): FakeClock {
	let passedMs = 0;
	const timers = new Map<number, { readonly dueMs: number; readonly callback: () => void }>();
	let nextId = 0;

	async function advance(ms: number): Promise<void> {
		const untilMs = passedMs + ms;
		await settle();
		for (;;) {
			const [next] = [...timers].sort(([, a], [, b]) => a.dueMs - b.dueMs);
			if (next === undefined || next[1].dueMs > untilMs) break;
			timers.delete(next[0]);
			passedMs = Math.max(passedMs, next[1].dueMs);
			next[1].callback();
			await settle();
		}
		passedMs = untilMs;
	}

	return {
		now: () => startAt + passedMs,
		monotonicMs: () => passedMs,
		after(delayMs, callback): Stop {
			const id = nextId;
			nextId += 1;
			timers.set(id, { dueMs: passedMs + Math.max(0, delayMs), callback });
			return () => {
				timers.delete(id);
			};
		},
		advance,
		async until(promise, limitMs = 120_000) {
			const done = new AbortController();
			void promise.catch(() => undefined).finally(() => done.abort());
			const endMs = passedMs + limitMs;
			await settle();
			while (!done.signal.aborted) {
				if (passedMs >= endMs) throw new Error(`not settled within ${limitMs} ms`);
				await advance(50);
			}
			return promise;
		},
	};
}

/** Lets everything run that is due without time passing. */
async function settle(): Promise<void> {
	for (let round = 0; round < 4; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
