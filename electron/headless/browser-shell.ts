import { AppError } from "../../shared/errors.ts";
import type { ShellState } from "../../shared/shell.ts";
import type { Shell } from "../core/ports.ts";
import { openInBrowser } from "./open-in-browser.ts";

/** What a popover in a browser tab knows of its surroundings at the start. */
export function browserShellState(platform: NodeJS.Platform): ShellState {
	return {
		host: "browser",
		platform: platform === "darwin" ? "macos" : platform === "win32" ? "windows" : "linux",
		loginItem: "unsupported",
		shortcutHeld: null,
		ownMemoryBytes: null,
	};
}

/** What can be done for a popover that is a browser tab. */
export function createBrowserShell(here: {
	readonly platform: NodeJS.Platform;
	readonly dataDir: string;
	readonly gatewayPort: () => number | null;
	readonly startDemo: () => void;
	readonly quit: () => void;
}): Shell {
	return {
		async setOpenAtLogin() {
			throw AppError.of("not-available", { what: "open at login" });
		},
		async openPlace(place) {
			const port = here.gatewayPort();
			if (place === "ollama-download") openInBrowser("https://ollama.com/download", here.platform);
			else if (place === "data-folder") openInBrowser(here.dataDir, here.platform);
			else if (place === "api-docs" && port !== null)
				openInBrowser(`http://127.0.0.1:${port}/`, here.platform);
			else throw AppError.of("not-available", { what: place });
		},
		closePopover() {
			// A page may not close a tab that the person has opened; the tab stays.
		},
		async saveText() {
			// A tab saves what it has itself.
			throw AppError.of("not-available", { what: "save a file" });
		},
		async startDemo() {
			here.startDemo();
		},
		quit() {
			// The page that asked has its answer first.
			setImmediate(here.quit);
		},
	};
}
