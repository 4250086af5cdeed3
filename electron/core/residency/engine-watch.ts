import { AppError } from "../../../shared/errors.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { Stop } from "../ports.ts";
import { createDeferred } from "./deferred.ts";

/** Tells whether the engine that an operation began with is still the one that answers. */
export interface EngineWatch {
	/** True once it does not answer any more or another one is in its place. */
	gone(): boolean;
	/** Resolves when {@link gone} becomes true; never rejects. */
	readonly whenGone: Promise<void>;
	/** The error to end an operation with. */
	error(): AppError;
	readonly stop: Stop;
}

/** Watches the engine in force. */
export function watchEngine(supervision: Pick<EngineSupervision, "state" | "onState">): EngineWatch {
	const { id, url } = supervision.state();
	let gone = false;
	const goes = createDeferred<void>();
	const check = () => {
		const state = supervision.state();
		const away = state.connection.state === "unreachable" || state.connection.state === "not-installed";
		if (state.id === id && !away) return;
		gone = true;
		goes.resolve();
	};
	const stop = supervision.onState(check);
	check();
	return {
		gone: () => gone,
		whenGone: goes.promise,
		error: () => AppError.of("engine-unreachable", { url }),
		stop,
	};
}

/** Rejects with `engine-unreachable` unless the engine answers. */
export function requireEngine(supervision: Pick<EngineSupervision, "state">): void {
	const { connection, url } = supervision.state();
	if (connection.state !== "connected") throw AppError.of("engine-unreachable", { url });
}
