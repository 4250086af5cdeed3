import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Reads small kernel files below a root, which tests set to a folder of their own. */
export interface ProcFiles {
	/** The file's text, or null where it cannot be read. */
	text(path: string): string | null;
}

/** Kernel files below `root` ("/" on a real machine). */
export function procFiles(root = "/"): ProcFiles {
	return {
		text(path) {
			try {
				return readFileSync(join(root, path), "utf8");
			} catch {
				return null;
			}
		},
	};
}

/** `Name:  123 kB` of /proc/meminfo or /proc/PID/status as bytes, or null where the field is missing. */
export function kilobyteField(text: string, name: string): number | null {
	const start = text.startsWith(`${name}:`) ? 0 : text.indexOf(`\n${name}:`) + 1;
	if (start === 0 && !text.startsWith(`${name}:`)) return null;
	const value = Number.parseInt(text.slice(start + name.length + 1), 10);
	return Number.isNaN(value) ? null : value * 1024;
}

/** `name 123` of /proc/vmstat or memory.stat, or null where the row is missing. */
export function counterRow(text: string, name: string): number | null {
	const start = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
	if (start === 0 && !text.startsWith(`${name} `)) return null;
	const value = Number.parseInt(text.slice(start + name.length), 10);
	return Number.isNaN(value) ? null : value;
}

/** The fields of /proc/PID/stat that Plimsoll reads. */
export interface ProcStat {
	readonly state: string;
	readonly parentPid: number;
	readonly cpuTicks: number;
	/** Clock ticks between boot and the start of the process. */
	readonly startTicks: number;
}

/** Reads /proc/PID/stat. The program's name in parentheses may hold blanks and parentheses itself. */
export function parseProcStat(text: string): ProcStat | null {
	const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
	const [state = "", parent] = fields;
	const cpuTicks = Number(fields[11]) + Number(fields[12]);
	const startTicks = Number(fields[19]);
	const parentPid = Number(parent);
	if (state === "" || [parentPid, cpuTicks, startTicks].some(Number.isNaN)) return null;
	return { state, parentPid, cpuTicks, startTicks };
}
