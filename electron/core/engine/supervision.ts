import type { EngineState } from "../../../shared/engine-state.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import type { Stop } from "../ports.ts";
import type { Engine, LoadedRow, ModelFacts } from "./engine.ts";

/** Keeps one engine in view: which address, is it there, what it lists. Reconnects by itself. */
export interface EngineSupervision {
	/** The engine at the address in force. */
	engine(): Engine;
	state(): EngineState;
	onState(listener: (state: EngineState) => void): Stop;
	/** After every answered `/api/ps`. */
	onRows(listener: (rows: readonly LoadedRow[]) => void): Stop;
	/** The newest answered list, or null while none is known for this engine. */
	rows(): readonly LoadedRow[] | null;
	/** After every change of `/api/tags`. */
	onInstalled(listener: (models: readonly InstalledModel[]) => void): Stop;
	installed(): readonly InstalledModel[];
	/** `/api/show`, kept by digest; null where the engine cannot say. */
	facts(name: string, digest: string): Promise<ModelFacts | null>;
	/** Asks `/api/ps` now; null where it did not answer in time. */
	pollRows(): Promise<readonly LoadedRow[] | null>;
	/** Asks `/api/tags` now. */
	pollInstalled(): Promise<void>;
	/** `fast` polls every second (popover open, something loads or leaves), `slow` every 4 s. */
	setPace(pace: "fast" | "slow"): void;
	/** Tries now instead of at the next turn. */
	retry(): Promise<void>;
	/** Starts an installed engine and says `starting` until it answers. Rejects with `engine-not-installed`. */
	startEngine(): Promise<void>;
	/** Looks for the address again (the setting has changed). */
	relocate(): Promise<void>;
	start(): Promise<void>;
	stop(): Promise<void>;
}
