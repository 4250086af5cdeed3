import type { EngineState } from "../../../shared/engine-state.ts";
import type { HealthReport } from "../../../shared/health.ts";
import { message } from "../../../shared/messages/message.ts";
import type { Clock, Log, NewEvent, Stop } from "../ports.ts";
import { type CleanUpParts, type CleanUpResult, cleanUp } from "./clean-up.ts";
import { type HealthFacts, healthOf } from "./health.ts";

/** An engine that has not answered after this time is reported as away; it is cleaned up once it does. */
const ENGINE_WITHIN_MS = 15_000;

/** What happens after the start needs this. */
export interface StartUpParts extends Omit<CleanUpParts, "mode"> {
	readonly clock: Clock;
	readonly log: Log;
	readonly supervision: {
		state(): Pick<EngineState, "locality">;
		/** What the engine lists; null before its first answer. */
		rows(): readonly unknown[] | null;
		onRows(listener: () => void): Stop;
	};
	readonly mode: () => CleanUpParts["mode"];
	/** The rest of what the check looks at. */
	readonly facts: () => Pick<HealthFacts, "engine" | "machine" | "settingsProblem">;
	readonly record: (event: NewEvent) => void;
	readonly show: (report: HealthReport) => void;
}

/**
 * Clears what was left from earlier and says how things stand, beside the start and never in its way. The returned
 * function calls it off.
 */
export function afterStart(parts: StartUpParts): Stop {
	const { clock, supervision } = parts;
	const stops: Stop[] = [];
	let over = false;

	function report(cleaned: CleanUpResult | null): void {
		const at = clock.now();
		const health = healthOf({ at, ...parts.facts(), cleanUp: cleaned });
		parts.show(health);
		const bad = health.checks.filter(({ good }) => !good);
		for (const check of bad)
			parts.record({
				at,
				kind: "health",
				severity: "warning",
				message: check.message,
				data: { check: check.name },
			});
		if (bad.length === 0)
			parts.record({ at, kind: "health", severity: "info", message: message("event.health-good"), data: {} });
		const count = cleaned?.unloaded.length ?? 0;
		if (count > 0)
			parts.record({
				at,
				kind: "unloaded",
				severity: "info",
				message: message("event.leftovers", { count }),
				data: { models: cleaned?.unloaded },
			});
		parts.log.info("checked after the start", { good: health.good, bad: bad.map(({ name }) => name) });
	}

	async function clean(): Promise<void> {
		for (const stop of stops.splice(0)) stop();
		// Elsewhere nobody can tell what is idle, and its memory is not this machine's.
		const mode = supervision.state().locality === "local" ? parts.mode() : "off";
		const cleaned = await cleanUp({ ...parts, mode }).catch((thrown: unknown) => {
			parts.log.error("the clean-up after the start failed", { problem: String(thrown) });
			return null;
		});
		if (!over) report(cleaned);
	}

	/** The first list tells what is loaded; who holds it is known a moment later. */
	let begun = false;
	const begin = (): void => {
		if (begun) return;
		begun = true;
		stops.push(clock.after(1_000, () => void clean()));
	};
	if (supervision.rows() !== null) begin();
	stops.push(
		supervision.onRows(begin),
		clock.after(ENGINE_WITHIN_MS, () => {
			if (!begun) report(null);
		}),
	);
	return () => {
		over = true;
		for (const stop of stops.splice(0)) stop();
	};
}
