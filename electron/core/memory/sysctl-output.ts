import { parseByteSize } from "./byte-size.ts";

/** What `sysctl` says about memory; what it does not say is null. */
export interface SysctlMemory {
	/** 1 normal, 2 warning, 4 critical. */
	readonly kernelLevel: 1 | 2 | 4 | null;
	/** Percent of memory that is neither wired nor held by the compressor. */
	readonly freePercent: number | null;
	readonly swapUsedBytes: number | null;
}

/** The names asked for; a Mac that lacks one still prints the others. */
export const SYSCTL_MEMORY_NAMES = [
	"kern.memorystatus_vm_pressure_level",
	"kern.memorystatus_level",
	"vm.swapusage",
] as const;

/**
 * Reads the standard output of `sysctl` for {@link SYSCTL_MEMORY_NAMES}. Each `name: value` line stands on its own,
 * so an unknown name (which goes to standard error) shifts nothing.
 */
export function parseSysctlMemory(stdout: string): SysctlMemory {
	const values = new Map<string, string>();
	for (const line of stdout.split("\n")) {
		const colon = line.indexOf(":");
		if (colon > 0) values.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
	}
	const level = values.get("kern.memorystatus_vm_pressure_level");
	const free = values.get("kern.memorystatus_level");
	const used = /\bused = (\S+)/.exec(values.get("vm.swapusage") ?? "")?.[1];
	return {
		kernelLevel: level === "1" ? 1 : level === "2" ? 2 : level === "4" ? 4 : null,
		freePercent: free !== undefined && /^\d+$/.test(free) ? Number(free) : null,
		swapUsedBytes: used === undefined ? null : parseByteSize(used),
	};
}
