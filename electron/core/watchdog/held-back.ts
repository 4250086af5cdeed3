import { AppError } from "../../../shared/errors.ts";
import type { ModelKey } from "../../../shared/model.ts";
import type { Residency } from "../residency/residency.ts";
import type { Watchdog } from "./watchdog.ts";

/** What is added to residency for everybody who uses it. */
export interface HeldBackParts {
	readonly residency: Residency;
	readonly watchdog: Pick<Watchdog, "closed" | "whyEnded" | "forgetEvicted">;
	/** Key of the installed model a name stands for, or null. */
	readonly keyOf: (model: string) => ModelKey | null;
	/** Milliseconds a model is kept where a load does not say; undefined leaves it to the engine. */
	readonly keepAliveMs: (model: string) => number | undefined;
}

/**
 * Residency as popover, API, gateway and chat use it: while an emergency runs nothing is let through that loads a model
 * or prolongs one, since both would undo what the emergency does. A load that the watchdog ended rejects with its
 * reason instead of a bare `cancelled`.
 */
export function holdBack({ residency, watchdog, keyOf, keepAliveMs }: HeldBackParts): Residency {
	function refuseWhileClosed(): void {
		const error = watchdog.closed();
		if (error !== null) throw error;
	}

	return {
		...residency,
		admission: {
			...residency.admission,
			async admit(request) {
				const error = watchdog.closed();
				return error === null ? residency.admission.admit(request) : { kind: "refusal", error };
			},
		},
		async load(argument, requestedBy, signal) {
			refuseWhileClosed();
			const kept = argument.keepAliveMs ?? keepAliveMs(argument.model);
			try {
				return await residency.load(
					kept === undefined ? argument : { ...argument, keepAliveMs: kept },
					requestedBy,
					signal,
				);
			} catch (thrown) {
				const key = keyOf(argument.model);
				const why = key === null || signal?.aborted === true ? null : watchdog.whyEnded(key);
				throw AppError.wrap(thrown).code === "cancelled" && why !== null ? why : thrown;
			}
		},
		async keep(name) {
			refuseWhileClosed();
			await residency.keep(name);
		},
		async pin(name, pinned) {
			refuseWhileClosed();
			await residency.pin(name, pinned);
		},
		async putBack(requestedBy) {
			refuseWhileClosed();
			return residency.putBack(requestedBy);
		},
		async flush(requestedBy) {
			watchdog.forgetEvicted();
			return residency.flush(requestedBy);
		},
	};
}
