import { powerMonitor } from "electron";
import type { Power } from "../core/ports.ts";

/** Sleep and wake as Electron tells them; only usable once the app is ready. */
export function createElectronPower(): Power {
	return {
		onSuspend(listener) {
			powerMonitor.on("suspend", listener);
			return () => powerMonitor.off("suspend", listener);
		},
		onResume(listener) {
			powerMonitor.on("resume", listener);
			return () => powerMonitor.off("resume", listener);
		},
	};
}
