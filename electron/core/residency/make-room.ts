import { AppError } from "../../../shared/errors.ts";
import type { FitStep, FitVerdict } from "../../../shared/fit.ts";
import type { Eviction } from "../../../shared/operation.ts";
import { sleep } from "../clock.ts";
import type { Clock, Log } from "../ports.ts";
import type { Observer } from "./observer.ts";
import type { Trims } from "./trims.ts";
import type { Unloads } from "./unloads.ts";

/** What making room needs. */
export interface RoomParts {
	readonly observer: Observer;
	readonly clock: Clock;
	readonly log: Log;
	readonly unloads: () => Unloads;
	readonly trims: () => Trims;
}

/** How often a busy model that is waited for is looked at. */
const LOOK_EVERY_MS = 500;

/** A load that fits only once others have answered waits so long for them before it is judged again. */
const BUSY_WITHIN_MS = 30_000;

/**
 * Does what a verdict's steps say, one after the other and each confirmed. A model that has begun to work since is left
 * alone: whoever asked judges again. Rejects with `cancelled` once `signal` is aborted.
 */
export async function makeRoom(
	parts: RoomParts,
	verdict: FitVerdict,
	signal: AbortSignal,
): Promise<readonly Eviction[]> {
	const { observer, clock, log } = parts;
	const done: Eviction[] = [];

	function goOn(): void {
		if (signal.aborted) throw AppError.of("cancelled", {}, signal.reason);
	}

	async function waitFor(name: string, untilMs: number): Promise<void> {
		for (;;) {
			goOn();
			const model = observer.find(name);
			if (model === null || model.state === "idle" || clock.monotonicMs() > untilMs) return;
			await sleep(clock, LOOK_EVERY_MS);
			await observer.lookNow();
		}
	}

	async function take(step: FitStep): Promise<boolean> {
		const model = observer.loaded().find(({ key }) => key === step.key);
		if (model === undefined) return true;
		const dead = model.oddity?.kind === "dead-runner";
		if (!dead && (model.state !== "idle" || model.pinned)) return false;
		log.info("making room", {
			for: verdict.name,
			step: step.kind,
			model: step.name,
			because: step.because,
			bytes: step.bytes,
		});
		if (step.kind === "trim") {
			const { release } = await parts.trims().trimNow(model, "plimsoll");
			done.push({ ...release, step: "trim", why: step.because });
			return true;
		}
		const outcome = await parts
			.unloads()
			.begin(model, "plimsoll", { for: verdict.name, because: step.because }).outcome;
		if (outcome.kind === "kept") return false;
		done.push({ ...outcome.result, step: "evict", why: step.because });
		return outcome.result.grade !== "not-confirmed";
	}

	const untilMs =
		verdict.outcome === "over" ? clock.monotonicMs() + BUSY_WITHIN_MS : Number.POSITIVE_INFINITY;
	for (const name of verdict.waitFor) await waitFor(name, untilMs);
	if (verdict.waitFor.length > 0) return done;
	for (const step of verdict.steps) {
		// A model may have begun to work since it was judged.
		await observer.lookNow();
		goOn();
		if (!(await take(step))) break;
	}
	await observer.lookNow();
	return done;
}
