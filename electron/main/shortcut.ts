import { globalShortcut } from "electron";

/** The key combination that opens the popover from anywhere. */
export interface Shortcut {
	/** Holds another combination, or none. True while it is held, false where another app has it, null for none. */
	hold(accelerator: string | null): boolean | null;
	release(): void;
}

/** Makes the shortcut; nothing is held yet. */
export function createShortcut(onPress: () => void): Shortcut {
	let held: string | null = null;
	function release(): void {
		if (held !== null) globalShortcut.unregister(held);
		held = null;
	}
	return {
		hold(accelerator) {
			release();
			if (accelerator === null) return null;
			try {
				if (!globalShortcut.register(accelerator, onPress)) return false;
			} catch {
				// Electron throws for a combination it cannot read.
				return false;
			}
			held = accelerator;
			return true;
		},
		release,
	};
}
