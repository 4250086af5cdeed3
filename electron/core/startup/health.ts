import type { EngineState } from "../../../shared/engine-state.ts";
import type { SerializedError } from "../../../shared/errors.ts";
import type { HealthCheck, HealthReport } from "../../../shared/health.ts";
import type { MachineState } from "../../../shared/machine.ts";
import { message } from "../../../shared/messages/message.ts";
import type { CleanUpResult } from "./clean-up.ts";

/** What the check looks at. */
export interface HealthFacts {
	/** Wall clock. */
	readonly at: number;
	readonly engine: EngineState;
	readonly machine: MachineState | null;
	readonly settingsProblem: SerializedError | null;
	/** Null while no engine has answered yet. */
	readonly cleanUp: CleanUpResult | null;
}

/** Judges engine, memory, settings and what was left from earlier. */
export function healthOf(facts: HealthFacts): HealthReport {
	const checks = [engineCheck(facts), memoryCheck(facts), settingsCheck(facts), ...leftovers(facts)];
	return { at: facts.at, good: checks.every(({ good }) => good), checks };
}

function engineCheck({ engine }: HealthFacts): HealthCheck {
	const { url, version, connection } = engine;
	const good = connection.state === "connected";
	return {
		name: "engine",
		good,
		message: good
			? message("health.engine-good", { url, version: version ?? "?" })
			: message("health.engine-bad", { url }),
	};
}

function memoryCheck({ machine }: HealthFacts): HealthCheck {
	if (machine === null) return { name: "memory", good: false, message: message("health.memory-bad") };
	const { availableBytes, totalBytes } = machine.sample;
	const good = machine.level === "normal" || machine.level === "elevated";
	const figures = { availableBytes, totalBytes };
	return {
		name: "memory",
		good,
		message: good ? message("health.memory-good", figures) : message("health.memory-short", figures),
	};
}

function settingsCheck({ settingsProblem }: HealthFacts): HealthCheck {
	if (settingsProblem === null)
		return { name: "settings", good: true, message: message("health.settings-good") };
	const { file = "", line = 0, problem = "" } = settingsProblem.params;
	return { name: "settings", good: false, message: message("health.settings-bad", { file, line, problem }) };
}

function leftovers({ cleanUp }: HealthFacts): readonly HealthCheck[] {
	if (cleanUp === null) return [];
	const [failed] = cleanUp.failed;
	const [used] = cleanUp.used;
	const said =
		cleanUp.mode === "off"
			? message("health.leftovers-off")
			: failed !== undefined
				? message("health.leftovers-bad", { model: failed })
				: cleanUp.unloaded.length > 0
					? message("health.leftovers-done", { count: cleanUp.unloaded.length })
					: used !== undefined
						? message("health.leftovers-used", { model: used })
						: message("health.leftovers-none");
	return [{ name: "leftovers", good: failed === undefined, message: said }];
}
