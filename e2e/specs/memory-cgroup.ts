import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A group of processes that may take so much real memory together; the kernel ends one that would go over. */
export interface MemoryCgroup {
	/** How many of its processes the kernel has ended for lack of memory. */
	oomKills(): number;
	/** Takes the group away once its processes have ended; rejects where one has not within five seconds. */
	remove(): Promise<void>;
}

const ROOT = "/sys/fs/cgroup";

/**
 * Puts a process, and with it every process it starts from now on, into a new group, with version 1 or 2 of the kernel's
 * interface; null where that is not allowed or not there.
 */
export function createMemoryCgroup(pid: number, limitBytes: number): MemoryCgroup | null {
	const name = `plimsoll-stress-${process.pid}`;
	const second = existsSync(join(ROOT, "cgroup.controllers"));
	const folder = second ? join(ROOT, name) : join(ROOT, "memory", name);
	const kills = join(folder, second ? "memory.events" : "memory.oom_control");
	try {
		mkdirSync(folder);
	} catch {
		return null;
	}
	try {
		writeFileSync(join(folder, second ? "memory.max" : "memory.limit_in_bytes"), String(limitBytes));
		readFileSync(kills);
		writeFileSync(join(folder, "cgroup.procs"), String(pid));
	} catch {
		rmdirSync(folder);
		return null;
	}
	return {
		oomKills: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(kills, "utf8"))?.[1] ?? 0),
		async remove() {
			for (let tries = 1; ; tries += 1) {
				try {
					rmdirSync(folder);
					return;
				} catch (error) {
					if (tries === 50) throw error;
				}
				await sleep(100);
			}
		},
	};
}
