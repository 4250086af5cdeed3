import { readdirSync, readFileSync } from "node:fs";

/** What a process and all it has started cost. */
export interface TreeCost {
	/** Proportional set size over all of them: shared pages are split between those that share them. */
	readonly pssBytes: number;
	/** Processor time used so far. */
	readonly cpuTimeMs: number;
	readonly processes: number;
}

/** Clock ticks a second in /proc; fixed by the kernel's interface. */
const TICKS_PER_SECOND = 100;

function statOf(pid: number): { readonly parent: number; readonly cpuTimeMs: number } | null {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		const ticks = Number(fields[11]) + Number(fields[12]);
		return { parent: Number(fields[1]), cpuTimeMs: (ticks * 1000) / TICKS_PER_SECOND };
	} catch {
		return null;
	}
}

function pssOf(pid: number): number {
	try {
		const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
		return Number(kilobytes ?? 0) * 1024;
	} catch {
		return 0;
	}
}

/** The cost of a process tree now; Linux only. `without` leaves out subtrees whose command line matches. */
export function treeCost(root: number, without?: RegExp): TreeCost {
	const stats = new Map<number, NonNullable<ReturnType<typeof statOf>>>();
	for (const name of readdirSync("/proc")) {
		if (!/^\d+$/.test(name)) continue;
		const stat = statOf(Number(name));
		if (stat !== null) stats.set(Number(name), stat);
	}
	const members = [root];
	for (const pid of members) {
		for (const [child, { parent }] of stats)
			if (parent === pid && !leftOut(child, without)) members.push(child);
	}
	return {
		processes: members.length,
		pssBytes: members.reduce((sum, pid) => sum + pssOf(pid), 0),
		cpuTimeMs: members.reduce((sum, pid) => sum + (stats.get(pid)?.cpuTimeMs ?? 0), 0),
	};
}

function leftOut(pid: number, without: RegExp | undefined): boolean {
	if (without === undefined) return false;
	try {
		return without.test(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
	} catch {
		return true;
	}
}
