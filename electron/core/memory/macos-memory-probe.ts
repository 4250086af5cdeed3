import type { MachineSample } from "../../../shared/machine.ts";
import type { Clock, MemoryProbe } from "../ports.ts";
import type { RunCommand } from "./run-command.ts";
import { parseSysctlMemory, SYSCTL_MEMORY_NAMES } from "./sysctl-output.ts";
import { parseVmStat } from "./vm-stat-output.ts";

/** What Electron's `process.getSystemMemoryInfo()` returns on macOS, kilobytes. Older ones lack the last two. */
export interface ElectronMemoryInfo {
	readonly total: number;
	readonly free: number;
	readonly fileBacked?: number;
	readonly purgeable?: number;
}

/** Total and available memory in bytes, as `systeminformation` ≥ 5.32 counts them. */
export interface TotalAndAvailable {
	readonly total: number;
	readonly available: number;
}

/** What the probe reads from. */
export interface MacMemoryParts {
	readonly clock: Pick<Clock, "now">;
	readonly run: RunCommand;
	/** Electron's own call, where Plimsoll runs inside Electron. */
	readonly electronMemoryInfo?: (() => ElectronMemoryInfo) | undefined;
	/** Asked only where Electron's call is missing or too old. */
	readonly systemInformation?: () => Promise<TotalAndAvailable>;
}

/** Far beyond what these tools take, even on a Mac that is swapping. */
const COMMAND_TIMEOUT_MS = 3000;

/**
 * Reads a Mac's memory. Available is free + file-backed + purgeable, what could be used without compressing or
 * swapping. Kernel level and swap come from one `sysctl`, bytes written to swap from `vm_stat`; where a tool does
 * not answer, its figures are null. Rejects only where total and available cannot be read.
 */
export function createMacMemoryProbe(parts: MacMemoryParts): MemoryProbe {
	const systemInformation = parts.systemInformation ?? readSystemInformation;

	const totalAndAvailable = async (): Promise<TotalAndAvailable> => {
		const info = parts.electronMemoryInfo?.();
		if (info?.fileBacked !== undefined && info.purgeable !== undefined) {
			const available = info.free + info.fileBacked + info.purgeable;
			return { total: info.total * 1024, available: available * 1024 };
		}
		return systemInformation();
	};

	return {
		source: "macos",
		async sample(): Promise<MachineSample> {
			const timeout = { timeoutMs: COMMAND_TIMEOUT_MS };
			const [memory, sysctl, vmStat] = await Promise.all([
				totalAndAvailable(),
				parts.run("/usr/sbin/sysctl", SYSCTL_MEMORY_NAMES, timeout),
				parts.run("/usr/bin/vm_stat", [], timeout),
			]);
			// An unknown name makes sysctl fail although it prints the others, so its exit code says nothing.
			const { kernelLevel, swapUsedBytes } = parseSysctlMemory(sysctl.stdout);
			return {
				at: parts.clock.now(),
				totalBytes: memory.total,
				availableBytes: Math.min(memory.total, Math.max(0, memory.available)),
				swapUsedBytes,
				swapOutBytes: parseVmStat(vmStat.stdout)?.swapOutBytes ?? null,
				kernelLevel,
				psiSomeAvg10: null,
				psiFullAvg10: null,
			};
		},
	};
}

/** Loaded only where it is needed: Electron's own call makes it superfluous. */
async function readSystemInformation(): Promise<TotalAndAvailable> {
	const { mem } = await import("systeminformation");
	return mem();
}
