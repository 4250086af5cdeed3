import type { GpuCeiling } from "../../../shared/fit.ts";
import { BYTES_PER_GB, BYTES_PER_MB } from "../../../shared/units.ts";
import type { RunCommand } from "../memory/run-command.ts";

/** What is known of the GPU of a Mac with unified memory. */
export interface GpuFacts {
	readonly totalBytes: number;
	/** By the engine's log; null where it does not tell. */
	readonly logBytes: number | null;
	/** `iogpu.wired_limit_mb`; 0 or null where it is not set. */
	readonly wiredLimitMb: number | null;
}

/** From this size of memory on, macOS lets the GPU have three quarters of it, below it two thirds. */
const LARGE_BYTES = 36 * BYTES_PER_GB;

/** What the GPU may hold: as the engine logged it, else as the system is set, else as macOS shares memory by itself. */
export function gpuCeiling({ totalBytes, logBytes, wiredLimitMb }: GpuFacts): GpuCeiling {
	if (logBytes !== null && logBytes > 0) return { bytes: logBytes, source: "log" };
	if (wiredLimitMb !== null && wiredLimitMb > 0)
		return { bytes: wiredLimitMb * BYTES_PER_MB, source: "setting" };
	const share = totalBytes >= LARGE_BYTES ? 3 / 4 : 2 / 3;
	return { bytes: Math.round(totalBytes * share), source: "estimate" };
}

/** The limit of `sysctl iogpu.wired_limit_mb`, MB; null where the system has none. */
export function readWiredLimit(output: string): number | null {
	const text = /^iogpu\.wired_limit_mb:\s*(\d+)\s*$/m.exec(output)?.[1];
	return text === undefined ? null : Number(text);
}

const SYSCTL_WITHIN_MS = 4000;

/** Asks a Mac for its limit; null where it has none or is none. */
export async function askWiredLimit(run: RunCommand): Promise<number | null> {
	const { stdout } = await run("/usr/sbin/sysctl", ["iogpu.wired_limit_mb"], { timeoutMs: SYSCTL_WITHIN_MS });
	return readWiredLimit(stdout);
}
