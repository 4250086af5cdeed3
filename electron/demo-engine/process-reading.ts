import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Clock ticks of a second in /proc; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Real bytes a process holds outside the file cache; null when there is no such process. */
export function processMemoryBytes(pid: number): number | null {
	if (process.platform !== "linux") return psNumber(pid, "rss", 1024);
	try {
		const status = readFileSync(`/proc/${pid}/status`, "utf8");
		const field = (name: string): number =>
			Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
		return (field("RssAnon") + field("VmSwap")) * 1024;
	} catch {
		return null;
	}
}

/** Parent and processor time of a process; null when there is no such process or it waits to be collected. */
export function processParentAndTime(
	pid: number,
): { readonly parentPid: number; readonly cpuTimeMs: number } | null {
	if (process.platform !== "linux") {
		const parentPid = psNumber(pid, "ppid", 1);
		const time = psText(pid, "time");
		if (parentPid === null || time === null) return null;
		return { parentPid, cpuTimeMs: cpuTimeOf(time) };
	}
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		// The name in parentheses may hold spaces; the fields after it do not.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		if (fields[0] === "Z") return null;
		const ticks = Number(fields[11]) + Number(fields[12]);
		return { parentPid: Number(fields[1]), cpuTimeMs: Math.round((ticks / TICKS_PER_SECOND) * 1000) };
	} catch {
		return null;
	}
}

function psText(pid: number, field: string): string | null {
	try {
		const env = { ...process.env, LC_ALL: "C" };
		return execFileSync("ps", ["-o", `${field}=`, "-p", String(pid)], { env, encoding: "utf8" }).trim();
	} catch {
		return null;
	}
}

function psNumber(pid: number, field: string, unit: number): number | null {
	const text = psText(pid, field);
	return text === null || text === "" ? null : Number(text) * unit;
}

/** `1:02:03.45`, `2:03.45` or `03.45` as milliseconds. */
function cpuTimeOf(text: string): number {
	const seconds = text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
	return Math.round(seconds * 1000);
}
