/** A row of the process table as `ps -axww -o pid=,ppid=,time=,command=` prints it. */
export interface PsRow {
	readonly pid: number;
	readonly parentPid: number;
	readonly cpuTimeMs: number;
	readonly commandLine: string;
}

/** Reads the whole table; rows that are not rows are left out. A path with blanks stays whole. */
export function parsePsTable(stdout: string): readonly PsRow[] {
	const rows: PsRow[] = [];
	for (const line of stdout.split("\n")) {
		const match = /^\s*(\d+)\s+(\d+)\s+([\d:.,-]+)\s(.*)$/.exec(line);
		if (match === null) continue;
		const [, pid = "", parentPid = "", time = "", command = ""] = match;
		const cpuTimeMs = parsePsTime(time);
		if (cpuTimeMs === null) continue;
		rows.push({ pid: Number(pid), parentPid: Number(parentPid), cpuTimeMs, commandLine: command.trim() });
	}
	return rows;
}

/** Processor time as `ps` prints it: `M:SS.ss`, `H:MM:SS` or `D-HH:MM:SS`. Milliseconds, or null. */
export function parsePsTime(text: string): number | null {
	const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)$/.exec(text);
	if (match === null) return null;
	const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = match;
	const total = (Number(days) * 24 + Number(hours)) * 3600 + Number(minutes) * 60;
	return Math.round((total + Number(seconds.replace(",", "."))) * 1000);
}

/** State and start of a process as `ps -o pid=,stat=,lstart=` prints them. */
export interface PsStart {
	readonly pid: number;
	/** It has ended and waits for its parent to notice. */
	readonly zombie: boolean;
	/** Milliseconds since 1970, to the second. */
	readonly startedAt: number;
}

/** Reads state and start times. The dates are local time in the C locale, `Tue Nov 24 16:20:20 2026`. */
export function parsePsStarts(stdout: string): readonly PsStart[] {
	const starts: PsStart[] = [];
	for (const line of stdout.split("\n")) {
		const match = /^\s*(\d+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line);
		if (match === null) continue;
		const [, pid = "", state = "", date = ""] = match;
		const startedAt = Date.parse(date);
		if (!Number.isNaN(startedAt)) starts.push({ pid: Number(pid), zombie: state.startsWith("Z"), startedAt });
	}
	return starts;
}
