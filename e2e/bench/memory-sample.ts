import { systemClock } from "../../electron/core/clock.ts";
import { createLinuxMemoryProbe } from "../../electron/core/memory/linux-memory-probe.ts";
import { createLinuxProcessProbe } from "../../electron/core/memory/linux-process-probe.ts";
import { type Bench, figure, row } from "./bench.ts";

/** Enough samples for the processor clock's steps not to matter. */
const SAMPLES = 500;
const LISTS = 100;

/** What reading the machine costs, on Linux, where it starts no process. */
export interface MemorySampleCost {
	/** Processor time of one memory sample, user and system together. */
	readonly cpuMsPerSample: number;
	/** Processor time of one look at the process table, once the unconcerned processes are known. */
	readonly cpuMsPerProcessList: number;
}

/** Measures the cost of a memory sample and of a look at the process table over several hundred of them. */
export async function benchMemorySample(): Promise<MemorySampleCost> {
	const memory = createLinuxMemoryProbe({ clock: systemClock });
	const processes = createLinuxProcessProbe();
	// The first ones pay for compilation and for getting to know the processes.
	for (let round = 0; round < 20; round++) {
		await memory.sample();
		await processes.list();
	}
	return {
		cpuMsPerSample: await cpuMsOf(SAMPLES, () => memory.sample()),
		cpuMsPerProcessList: await cpuMsOf(LISTS, () => processes.list()),
	};
}

async function cpuMsOf(times: number, action: () => Promise<unknown>): Promise<number> {
	const before = process.cpuUsage();
	for (let done = 0; done < times; done++) await action();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000 / times;
}

/** The memory sample's benchmark. */
export const memorySample: Bench = {
	name: "memory",
	obstacle: () => (process.platform === "linux" ? null : "reads /proc"),
	async run() {
		const { cpuMsPerSample, cpuMsPerProcessList } = await benchMemorySample();
		return [
			row("memory sample: processor time", cpuMsPerSample, "ms", "< 2 ms", cpuMsPerSample < 2),
			figure("look at the process table: processor time", cpuMsPerProcessList, "ms"),
		];
	},
};
