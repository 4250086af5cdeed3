import { dirname, join } from "node:path";
import { counterRow, type ProcFiles } from "./proc-files.ts";

/** How much memory a control group allows and how much of that is left. */
export interface CgroupMemory {
	readonly limitBytes: number;
	/** The limit less what is in use; file cache that nobody reads counts as free. */
	readonly availableBytes: number;
}

interface Level {
	readonly limitFile: string;
	readonly usageFile: string;
	readonly statFile: string;
	readonly inactiveRow: string;
}

/**
 * Finds the control groups that this process lies in, from its own up to the root, version 2 and 1, and returns a
 * reader for the tightest limit among them (null where there is none below `machineBytes`). Every level counts,
 * since a limit further up holds for all below it.
 */
export function cgroupMemoryReader(files: ProcFiles): (machineBytes: number) => CgroupMemory | null {
	const levels = findLevels(files);
	return (machineBytes) => {
		let limitBytes = machineBytes;
		let availableBytes = Number.POSITIVE_INFINITY;
		for (const level of levels) {
			// Version 2 writes "max", version 1 a number beyond any machine's memory for no limit.
			const limit = Number(files.text(level.limitFile) ?? Number.NaN);
			if (!(limit < machineBytes)) continue;
			const usage = Number(files.text(level.usageFile) ?? Number.NaN);
			if (Number.isNaN(usage)) continue;
			const inactive = counterRow(files.text(level.statFile) ?? "", level.inactiveRow) ?? 0;
			limitBytes = Math.min(limitBytes, limit);
			availableBytes = Math.min(availableBytes, Math.max(0, limit - Math.max(0, usage - inactive)));
		}
		return availableBytes === Number.POSITIVE_INFINITY ? null : { limitBytes, availableBytes };
	};
}

function findLevels(files: ProcFiles): readonly Level[] {
	const levels: Level[] = [];
	for (const line of (files.text("proc/self/cgroup") ?? "").split("\n")) {
		const [, controllers = "", path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
		if (path === undefined) continue;
		if (controllers === "")
			for (const folder of folders("sys/fs/cgroup", path))
				levels.push({
					limitFile: join(folder, "memory.max"),
					usageFile: join(folder, "memory.current"),
					statFile: join(folder, "memory.stat"),
					inactiveRow: "inactive_file",
				});
		else if (controllers.split(",").includes("memory"))
			for (const folder of folders("sys/fs/cgroup/memory", path))
				levels.push({
					limitFile: join(folder, "memory.limit_in_bytes"),
					usageFile: join(folder, "memory.usage_in_bytes"),
					statFile: join(folder, "memory.stat"),
					inactiveRow: "total_inactive_file",
				});
	}
	return levels.filter((level) => files.text(level.limitFile) !== null);
}

/**
 * The folder of a group and of all above it. Inside a container the path may be the host's and lead nowhere; the
 * mounted root, which is the container's own group there, is always among them.
 */
function folders(mount: string, path: string): readonly string[] {
	const found: string[] = [];
	let at = path.startsWith("/..") ? "/" : path;
	while (at !== "/" && at !== "." && at !== "") {
		found.push(join(mount, at));
		at = dirname(at);
	}
	return [...found, mount];
}
