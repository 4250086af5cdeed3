import { app } from "electron";
import type { LoginItemStatus } from "../../shared/shell.ts";

/** The part of Electron's answer that tells the state; `status` is there on macOS 13 and later. */
interface LoginItemAnswer {
	readonly openAtLogin: boolean;
	readonly status?: string;
}

/** Reads Electron's answer: macOS says one of four states, others only on or off. */
export function loginItemStatus(answer: LoginItemAnswer): LoginItemStatus {
	switch (answer.status) {
		case "enabled":
		case "requires-approval":
		case "not-found":
		case "not-registered":
			return answer.status;
		default:
			return answer.openAtLogin ? "enabled" : "not-registered";
	}
}

/** Linux has no login items of Electron's kind. */
const supported = process.platform === "darwin" || process.platform === "win32";

/** What the system says now. */
export function readLoginItem(): LoginItemStatus {
	return supported ? loginItemStatus(app.getLoginItemSettings()) : "unsupported";
}

/** Asks the system and returns what it says afterwards, which may be that the user must still allow it. */
export function setLoginItem(open: boolean): LoginItemStatus {
	if (!supported) return "unsupported";
	app.setLoginItemSettings({ openAtLogin: open });
	return readLoginItem();
}
