/** Whether Plimsoll starts at login, as the system says it. */
export type LoginItemStatus =
	| "not-registered"
	| "enabled"
	| "requires-approval"
	| "not-found"
	| "unsupported";

/** What surrounds the popover: the menu-bar app or a browser. */
export interface ShellState {
	readonly host: "app" | "browser";
	readonly platform: "macos" | "linux" | "windows";
	readonly loginItem: LoginItemStatus;
	/** True while the global shortcut is held; false where another app has it; null where none is set. */
	readonly shortcutHeld: boolean | null;
	/** Plimsoll's own memory over all of its processes, bytes; null before it was measured. */
	readonly ownMemoryBytes: number | null;
}
