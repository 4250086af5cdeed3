import { readFileSync } from "node:fs";
import type { MachineSample } from "../../../shared/machine.ts";
import type { Clock, MemoryProbe } from "../ports.ts";
import { cgroupMemoryReader } from "./cgroup-memory.ts";
import { counterRow, kilobyteField, type ProcFiles, procFiles } from "./proc-files.ts";

/** What the probe reads from. */
export interface LinuxMemoryParts {
	readonly clock: Pick<Clock, "now">;
	readonly files?: ProcFiles;
	/** Bytes of a page of memory; the running machine's own by default. */
	readonly pageBytes?: number;
}

/**
 * Reads Linux's memory from /proc, and the limits of the control group this process lies in; total and available
 * are the tighter of both. Starts no process; a few synchronous reads of kernel files.
 */
export function createLinuxMemoryProbe(parts: LinuxMemoryParts): MemoryProbe {
	const files = parts.files ?? procFiles();
	const pageBytes = parts.pageBytes ?? machinePageBytes();
	const cgroupMemory = cgroupMemoryReader(files);

	const read = (): MachineSample => {
		const meminfo = files.text("proc/meminfo") ?? "";
		const machineBytes = kilobyteField(meminfo, "MemTotal");
		const machineAvailable = kilobyteField(meminfo, "MemAvailable");
		if (machineBytes === null || machineAvailable === null)
			throw new Error("/proc/meminfo names no MemTotal or MemAvailable");
		const group = cgroupMemory(machineBytes);
		const swapTotal = kilobyteField(meminfo, "SwapTotal");
		const swapFree = kilobyteField(meminfo, "SwapFree");
		const swapOuts = counterRow(files.text("proc/vmstat") ?? "", "pswpout");
		const pressure = files.text("proc/pressure/memory") ?? "";
		return {
			at: parts.clock.now(),
			totalBytes: group?.limitBytes ?? machineBytes,
			availableBytes: Math.min(machineAvailable, group?.availableBytes ?? machineAvailable),
			swapUsedBytes: swapTotal === null || swapFree === null ? null : swapTotal - swapFree,
			swapOutBytes: swapOuts === null ? null : swapOuts * pageBytes,
			kernelLevel: null,
			psiSomeAvg10: stallPercent(pressure, "some"),
			psiFullAvg10: stallPercent(pressure, "full"),
		};
	};

	return {
		source: "linux",
		async sample() {
			return read();
		},
	};
}

/** Percent of the last 10 s in which some or all tasks waited for memory. */
function stallPercent(pressure: string, whose: "some" | "full"): number | null {
	const percent = new RegExp(`^${whose} avg10=([\\d.]+)`, "m").exec(pressure)?.[1];
	return percent === undefined ? null : Number(percent);
}

/** AT_PAGESZ of the auxiliary vector: pairs of machine words, 8 bytes each wherever Plimsoll runs. */
function machinePageBytes(): number {
	const AT_PAGESZ = 6n;
	try {
		const vector = readFileSync("/proc/self/auxv");
		for (let at = 0; at + 16 <= vector.length; at += 16)
			if (vector.readBigUInt64LE(at) === AT_PAGESZ) return Number(vector.readBigUInt64LE(at + 8));
	} catch {
		// Not readable in some sandboxes; the size that nearly every machine has is taken below.
	}
	return 4096;
}
