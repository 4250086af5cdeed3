import { parseByteSize } from "./byte-size.ts";

/**
 * Reads a process's memory from `top -l 1 -pid PID -stats pid,mem`, which rounds. A process id may carry an
 * asterisk, a figure a `+` or `-`. Returns bytes, or null where the process is not listed.
 */
export function parseTopMemory(stdout: string, pid: number): number | null {
	let listStarted = false;
	for (const line of stdout.split("\n")) {
		const [first = "", ...rest] = line.trim().split(/\s+/);
		if (first === "PID") listStarted = true;
		else if (listStarted && first.replace(/\*$/, "") === String(pid)) return parseByteSize(rest.at(-1) ?? "");
	}
	return null;
}
