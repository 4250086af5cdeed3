/** What answers at the engine's address. */
export type EngineKind = "ollama" | "demo";

/**
 * How far Plimsoll can see: `local` shares this machine's memory and its processes are visible; `unseen` answers on
 * this machine but its processes are hidden (a container, another user); `remote` is another machine.
 */
export type EngineLocality = "local" | "unseen" | "remote";

/** Where the engine's address was taken from, in the order they are asked. */
export type AddressSource =
	| "flag"
	| "PLIMSOLL_ENGINE"
	| "settings"
	| "OLLAMA_HOST"
	| "launchctl"
	| "default"
	| "demo";

/** Whether the engine answers. */
export type EngineConnection =
	| { readonly state: "connecting" }
	| {
			readonly state: "connected";
			readonly sinceAt: number /** `/api/ps` hangs: it loads or unloads. */;
			readonly busy: boolean;
	  }
	| { readonly state: "starting"; readonly sinceAt: number }
	| {
			readonly state: "unreachable";
			readonly sinceAt: number;
			readonly nextTryAt: number;
			readonly because: EngineProblem;
	  }
	| { readonly state: "not-installed"; readonly sinceAt: number; readonly nextTryAt: number };

/** Why the engine does not count as reachable. */
export type EngineProblem = "refused" | "timeout" | "not-an-engine" | "is-plimsoll" | "network";

/** The engine as shown. */
export interface EngineState {
	readonly id: string;
	/** Base URL without a trailing slash. */
	readonly url: string;
	readonly source: AddressSource;
	readonly connection: EngineConnection;
	readonly kind: EngineKind;
	readonly locality: EngineLocality;
	/** As the server says it, or null before it was asked. */
	readonly version: string | null;
	/** The server is newer than any known version and is treated as the newest known. */
	readonly newerThanKnown: boolean;
	/** How it can be started here, or null where nothing was found. */
	readonly launcher: { readonly kind: "app" | "binary"; readonly path: string } | null;
}
