import type { AppEvent } from "./app-event.ts";
import type { ChatState } from "./chat.ts";
import type { EngineState } from "./engine-state.ts";
import type { SerializedError } from "./errors.ts";
import type { BudgetState } from "./fit.ts";
import type { HealthReport } from "./health.ts";
import type { MachineState } from "./machine.ts";
import type { InstalledModel, LoadedModel } from "./model.ts";
import type { FlushResult, Operation } from "./operation.ts";
import type { Pull } from "./pull.ts";
import type { ReloadLoop } from "./reload-loop.ts";
import type { RouterState } from "./router.ts";
import type { Settings } from "./settings.ts";
import type { ShellState } from "./shell.ts";
import type { TeamState } from "./team.ts";
import type { WatchdogState } from "./watchdog.ts";

/** A runner that no engine lists: left over, or another program's model server. */
export interface StrayRunner {
	readonly pid: number;
	readonly startedAt: number;
	/**
	 * `orphan` belonged to an engine that is gone; `left-behind` belongs to the engine, whose model is off its list;
	 * `other` is another program's server.
	 */
	readonly kind: "orphan" | "left-behind" | "other";
	/** Installed model it holds, where its weights could be matched. */
	readonly model: string | null;
	/** Program name, without its path. */
	readonly program: string;
	readonly footprintBytes: number | null;
}

/** The gateway as shown. */
export interface GatewayState {
	/** The port it listens on, or null while it does not. */
	readonly port: number | null;
	/** Set where the wanted port was taken and another one was used. */
	readonly wantedPort: number | null;
	readonly error: SerializedError | null;
}

/**
 * Everything the popover shows, as one immutable value. `version` rises by one with every change; a popover that
 * sees a gap asks for a new snapshot.
 */
export interface AppState {
	readonly version: number;
	readonly app: {
		readonly version: string;
		readonly startedAt: number;
		readonly dataDir: string;
	};
	readonly engine: EngineState;
	/** Null until the first sample. */
	readonly machine: MachineState | null;
	/** What may still be loaded; null where the engine does not share this machine's memory. */
	readonly budget: BudgetState | null;
	readonly loaded: readonly LoadedModel[];
	readonly strays: readonly StrayRunner[];
	readonly installed: readonly InstalledModel[];
	readonly operations: readonly Operation[];
	readonly pulls: readonly Pull[];
	readonly chat: ChatState;
	/** The members that prompts are routed to. */
	readonly team: TeamState;
	readonly router: RouterState;
	readonly shell: ShellState;
	readonly watchdog: WatchdogState;
	/** What the check after the start found; null until it is done. */
	readonly health: HealthReport | null;
	readonly lastFlush: FlushResult | null;
	/** Models that are loaded over and over by requests in turn, now or until a moment ago. */
	readonly reloadLoops: readonly ReloadLoop[];
	readonly gateway: GatewayState;
	readonly settings: Settings;
	/** What is wrong with the settings file, where a hand edit could not be taken over. */
	readonly settingsProblem: SerializedError | null;
	/** The newest events, newest first, at most 100; older ones come with the history. */
	readonly events: readonly AppEvent[];
}
