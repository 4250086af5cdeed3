import { AppError } from "../../../../shared/errors.ts";
import type { Clock } from "../../ports.ts";
import { DEFAULT_ENGINE_TIMEOUTS } from "../create-engine.ts";
import type { Engine, LoadedRow } from "../engine.ts";

/** How an engine behaves towards its supervisor. */
export type Behaviour = "answers" | "refuses" | "hangs" | "speaks-html" | "ps-hangs";

/** An engine of a test, in the time of the test's clock. */
export interface ScriptedEngine extends Engine {
	behave(behaviour: Behaviour): void;
	/** Version it says it has. */
	version: string;
}

function unused(): Promise<never> {
	return Promise.reject(new Error("not part of this test"));
}

/** Makes an engine that answers at once or takes exactly its time-out. */
export function createScriptedEngine(url: string, clock: Clock): ScriptedEngine {
	let behaviour: Behaviour = "answers";

	function answer<Value>(value: () => Value, timeoutMs: number, ps: boolean): Promise<Value> {
		switch (behaviour) {
			case "refuses": {
				const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
				return Promise.reject(AppError.of("engine-unreachable", { url }, cause));
			}
			case "speaks-html":
				return Promise.reject(AppError.of("engine-bad-answer", { url, problem: "no JSON" }));
			case "answers":
				return Promise.resolve(value());
			case "hangs":
				return late(timeoutMs);
			case "ps-hangs":
				return ps ? late(timeoutMs) : Promise.resolve(value());
		}
	}

	function late(timeoutMs: number): Promise<never> {
		return new Promise((_resolve, reject) => {
			clock.after(timeoutMs, () => reject(AppError.of("engine-timeout", { seconds: timeoutMs / 1000 })));
		});
	}

	const engine: ScriptedEngine = {
		url,
		version: "0.33.0",
		behave(next) {
			behaviour = next;
		},
		identify: () =>
			answer(
				() => ({ kind: "ollama" as const, version: engine.version, plimsollInstance: null }),
				DEFAULT_ENGINE_TIMEOUTS.versionMs,
				false,
			),
		loadedRows: () => answer((): readonly LoadedRow[] => [], DEFAULT_ENGINE_TIMEOUTS.psMs, true),
		installed: () => answer(() => [], DEFAULT_ENGINE_TIMEOUTS.otherMs, false),
		show: unused,
		load: unused,
		unload: unused,
		touch: unused,
		chat: () => {
			throw new Error("not part of this test");
		},
		pull: () => {
			throw new Error("not part of this test");
		},
		remove: unused,
		close: () => Promise.resolve(),
	};
	return engine;
}
