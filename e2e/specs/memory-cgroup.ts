import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A group of processes that may take so much real memory together; the kernel ends one that would go over. */
export interface MemoryCgroup {
	/** Puts a process into it, and with it every process it starts from now on. */
	add(pid: number): void;
	/** How many of its processes the kernel has ended for lack of memory. */
	oomKills(): number;
	/** Takes the group away; its processes must have ended. */
	remove(): void;
}

const ROOT = "/sys/fs/cgroup";

/** Makes one, with version 1 or 2 of the kernel's interface; null where that is not allowed or not there. */
export function createMemoryCgroup(limitBytes: number): MemoryCgroup | null {
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
	} catch {
		rmdirSync(folder);
		return null;
	}
	return {
		add: (pid) => writeFileSync(join(folder, "cgroup.procs"), String(pid)),
		oomKills: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(kills, "utf8"))?.[1] ?? 0),
		remove: () => rmdirSync(folder),
	};
}
