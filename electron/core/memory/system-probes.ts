import type { Clock, Log, Probes } from "../ports.ts";
import { createLinuxMemoryProbe } from "./linux-memory-probe.ts";
import { createLinuxProcessProbe } from "./linux-process-probe.ts";
import { createMacMemoryProbe, type ElectronMemoryInfo } from "./macos-memory-probe.ts";
import { createMacProcessProbe } from "./macos-process-probe.ts";
import { type RunCommand, runCommand } from "./run-command.ts";

/** What the probes of this machine need. */
export interface SystemProbesParts {
	readonly platform: NodeJS.Platform;
	readonly clock: Pick<Clock, "now">;
	readonly log: Log;
	/** Electron's `process.getSystemMemoryInfo`, inside Electron. */
	readonly electronMemoryInfo?: (() => ElectronMemoryInfo) | undefined;
	readonly run?: RunCommand;
}

/** The probes of the machine Plimsoll runs on. Throws on a platform that is neither macOS nor Linux. */
export function createSystemProbes(parts: SystemProbesParts): Probes {
	const { platform, clock, log, electronMemoryInfo, run = runCommand } = parts;
	if (platform === "darwin") {
		log.info("memory is read the macOS way", { electronMemoryInfo: electronMemoryInfo !== undefined });
		return {
			memory: createMacMemoryProbe({ clock, run, electronMemoryInfo }),
			processes: createMacProcessProbe({ run }),
		};
	}
	if (platform === "linux")
		return { memory: createLinuxMemoryProbe({ clock }), processes: createLinuxProcessProbe() };
	throw new Error(`Plimsoll reads memory on macOS and Linux, not on ${platform}`);
}
