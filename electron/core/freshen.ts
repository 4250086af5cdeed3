import { sleep } from "./clock.ts";
import type { EngineSupervision } from "./engine/supervision.ts";
import type { MachineWatch } from "./memory/machine-view.ts";
import type { Clock } from "./ports.ts";
import type { Observer } from "./residency/observer.ts";

/** What was read this long ago, ms, is read again before somebody is told; nothing is looked at so often meanwhile. */
const GOOD_FOR_MS = 1_000;

/** An engine or a probe that takes longer is not waited for: what is known is told. */
const WAIT_MS = 1_000;

/** What is needed to look again. */
export interface FreshenParts {
	readonly supervision: Pick<EngineSupervision, "state">;
	readonly observer: Pick<Observer, "listedAtMs" | "lookNow">;
	readonly machine: Pick<MachineWatch, "state" | "sampleNow">;
	readonly clock: Clock;
}

/**
 * Brings what is known up to date for somebody who asks once, such as a script: with no popover open the engine is
 * asked only every 4 s, and models that others loaded or unloaded since would be told wrongly. Never rejects.
 */
export function createFreshen({ supervision, observer, machine, clock }: FreshenParts): () => Promise<void> {
	return async () => {
		const looks: Promise<unknown>[] = [];
		const { connection } = supervision.state();
		const listedAtMs = observer.listedAtMs();
		const listIsOld = listedAtMs === null || clock.monotonicMs() - listedAtMs > GOOD_FOR_MS;
		if (connection.state === "connected" && !connection.busy && listIsOld) looks.push(observer.lookNow());
		const sample = machine.state()?.sample;
		if (sample !== undefined && clock.now() - sample.at > GOOD_FOR_MS) looks.push(machine.sampleNow());
		if (looks.length > 0) await Promise.race([Promise.allSettled(looks), sleep(clock, WAIT_MS)]);
	};
}
