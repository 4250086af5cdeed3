import type { Catalogue } from "./catalogue.ts";
import type { DemoEngineOptions } from "./command.ts";
import type { Machine } from "./machine.ts";
import type { Misbehaviours } from "./misbehaviour.ts";
import type { RunnerHost } from "./runner-handle.ts";
import type { Scheduler } from "./scheduler.ts";

/** The parts of one running demo engine that its routes work on. */
export interface EngineState {
	readonly options: DemoEngineOptions;
	/** What `/api/version` says. */
	readonly version: string;
	readonly catalogue: Catalogue;
	readonly scheduler: Scheduler;
	readonly machine: Machine;
	readonly misbehaviours: Misbehaviours;
	readonly host: RunnerHost;
}
