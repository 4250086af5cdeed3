import type { ShellState } from "../../shared/shell.ts";
import type { EngineAddress } from "./engine/engine-address.ts";
import type { EngineLogReader } from "./engine/engine-log.ts";
import type {
	Clock,
	ConversationStore,
	EngineLauncher,
	HistoryStore,
	Log,
	Notifier,
	Paths,
	PictureFiles,
	Power,
	Probes,
	Secrets,
	SettingsStore,
	Shell,
} from "./ports.ts";
import type { RequirementsOf } from "./router/router.ts";

/** Everything that comes into core from outside of the process. */
export interface CorePorts {
	readonly clock: Clock;
	readonly log: Log;
	readonly paths: Paths;
	readonly settings: SettingsStore;
	readonly history: HistoryStore;
	readonly conversations: ConversationStore;
	readonly pictures: PictureFiles;
	readonly secrets: Secrets;
	/** The probes of this machine. */
	readonly probes: Probes;
	readonly launcher: EngineLauncher;
	/** Addresses of the engine in the order they count, with the setting in force. */
	readonly addresses: (setting: string | null) => Promise<readonly EngineAddress[]>;
	/** Address of a demo engine run by this process, where it offers one. */
	readonly demoFallback?: () => Promise<string | null>;
	readonly power?: Power;
	/** Reads what a local engine logged at its start. */
	readonly engineLog?: EngineLogReader;
	/** Present where the GPU shares the memory and may hold only a part of it; its limit as the system is set. */
	readonly gpu?: { readonly wiredLimitMb: number | null };
	/** Works out what a prompt needs. */
	readonly requirementsOf: RequirementsOf;
	/** Bytes free where a local engine keeps its models; absent or null where that cannot be told. */
	readonly modelsDisk?: () => Promise<number | null>;
	/** Tells a person who does not look at the popover. */
	readonly notifier?: Notifier;
	/** What surrounds the popover. */
	readonly shell: Shell;
}

/** What core is told at its making. */
export interface CoreOptions {
	readonly appVersion: string;
	readonly shell: ShellState;
	/** Wanted port of the gateway; absent takes the setting. */
	readonly port?: number;
}
