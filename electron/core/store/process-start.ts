import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { systemCode } from "./storage-error.ts";

/**
 * When a process started, as a text that no later process with the same pid shares; null where none with this pid
 * lives. Only ever compared for equality.
 */
export type ProcessStart = (pid: number) => Promise<string | null>;

/** Stands for the start of a process that lives but whose start the system does not tell. */
export const UNKNOWN_START = "unknown";

/** Runs `ps` with these arguments; its output, or null where it found no such process. */
export type RunPs = (args: readonly string[]) => Promise<string | null>;

const runPs: RunPs = (args) =>
	new Promise((resolve, reject) => {
		// A fixed zone and language: the same start must read the same after a journey or a change of settings.
		const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
		execFile("ps", [...args], { env }, (error, stdout) => {
			if (error === null) resolve(stdout);
			else if (error.code === 1) resolve(null);
			else reject(error);
		});
	});

function lives(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (thrown) {
		return systemCode(thrown) === "EPERM";
	}
}

async function linuxStart(pid: number): Promise<string | null> {
	const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
	if (stat === null) return null;
	// The command's name stands in brackets and may hold blanks and brackets itself; the state follows it. The start
	// is field 22 by proc(5), the state field 3.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	const state = fields[0] ?? "";
	const ticks = fields[22 - 3];
	if (ticks === undefined || "ZX".includes(state)) return null;
	// Ticks count from boot, so that they come again after the next one.
	const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
	return `${boot.trim()} ${ticks}`;
}

async function psStart(pid: number, ps: RunPs): Promise<string | null> {
	const line = (await ps(["-o", "state=,lstart=", "-p", String(pid)]))?.trim();
	if (!line) return null;
	const [state = "", ...start] = line.split(/\s+/);
	return state.startsWith("Z") ? null : start.join(" ");
}

/** Reads starts from /proc on Linux, elsewhere from `ps`. A process that has ended but was not waited for is dead. */
export function createProcessStart(platform: NodeJS.Platform, ps: RunPs = runPs): ProcessStart {
	return async (pid) => {
		const start = await (platform === "linux" ? linuxStart(pid) : psStart(pid, ps)).catch(() => null);
		return start ?? (pid === process.pid ? UNKNOWN_START : null);
	};
}

/** True while the process that once gave this start lives; a reused pid does not count. */
export async function isSameProcess(startOf: ProcessStart, pid: number, start: string): Promise<boolean> {
	const now = await startOf(pid);
	if (now === UNKNOWN_START || start === UNKNOWN_START) return lives(pid);
	return now === start;
}
