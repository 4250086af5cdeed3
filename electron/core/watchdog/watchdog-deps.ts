import type { AppError } from "../../../shared/errors.ts";
import type { MachineState } from "../../../shared/machine.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { Operation, ReleaseResult } from "../../../shared/operation.ts";
import type { WatchdogSettings } from "../../../shared/settings.ts";
import type { WatchdogState } from "../../../shared/watchdog.ts";
import type { PressureState } from "../memory/pressure.ts";
import type { Clock, Log, NewEvent, Stop } from "../ports.ts";
import type { Evicted, Room } from "./bring-back.ts";
import type { Notice } from "./emergency-notice.ts";
import type { GuardedLoad } from "./load-guard.ts";

/** An answer that the gateway carries for another program, or the load that it waits for. */
export interface CarriedAnswer {
	/** Name as the client wrote it. */
	readonly model: string;
	/** Nothing of the answer is there yet and the request loads its model. */
	readonly loads: () => boolean;
	/** Ends it; the client is told in its own dialect. Ending it again does nothing. */
	end(error: AppError): void;
}

/** A program and what it takes. */
export interface ProgramSize {
	readonly name: string;
	readonly bytes: number;
}

/** The machine as the watchdog follows it. */
export interface WatchedMachine {
	state(): MachineState | null;
	pressure(): Pick<PressureState, "calledFor"> | null;
	/** Called synchronously with every sample. */
	onState(listener: (state: MachineState) => void): Stop;
	sampleNow(): Promise<MachineState>;
}

/** What the watchdog needs of the rest of core. */
export interface WatchdogDeps {
	readonly clock: Clock;
	readonly log: Log;
	readonly settings: () => WatchdogSettings;
	readonly machine: WatchedMachine;
	/** Which engine, where its models lie in this machine's memory; null where they do not or nobody can tell. */
	readonly localEngine: () => string | null;
	readonly loaded: () => readonly LoadedModel[];
	/** When a listed model was last seen at work, wall clock; null where it never was. */
	readonly lastBusyAt: (key: ModelKey) => number | null;
	/** Key of the loaded model a name stands for, or null. */
	readonly keyOf: (name: string) => ModelKey | null;
	/** Sends the request to unload now; resolves when the engine has taken it, which proves nothing. Never rejects. */
	readonly ask: (model: LoadedModel) => Promise<void>;
	/** Watches a model that was asked to leave until its release is proved or not confirmed. */
	readonly confirm: (key: ModelKey) => Promise<ReleaseResult>;
	readonly operations: () => readonly Operation[];
	readonly cancelOperation: (id: string) => Promise<void>;
	/** Everybody who waits for a load is told this instead. */
	readonly sendQueueAway: (error: AppError) => void;
	/** Loads that were let through as fitting and still run. */
	readonly guardedLoads: () => readonly GuardedLoad[];
	/** Reads what the runners take now. */
	readonly lookAtRunners: () => Promise<void>;
	/** Model of the answer that Plimsoll's own chat is getting, or null. */
	readonly chatModel: () => string | null;
	/** Ends that answer; what came is kept and the error stands below it. */
	readonly endChat: (error: AppError) => void;
	readonly carried: () => readonly CarriedAnswer[];
	readonly roomFor: (model: Evicted) => Room | null;
	readonly bringBack: (model: Evicted) => Promise<void>;
	/** Programs by what they take, largest first; empty where they cannot be seen. */
	readonly largestPrograms: () => Promise<readonly ProgramSize[]>;
	readonly record: (event: NewEvent) => void;
	/** Puts what the watchdog does into the state. */
	/** Tells somebody who does not look at the popover. */
	readonly notify: (notice: Notice) => void;
	readonly show: (state: WatchdogState) => void;
}
