import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Clock, Stop } from "../ports.ts";

/** How often the file is looked at where the system reports no changes: network folders, links, full watch tables. */
const POLL_MS = 2000;
/** Editors write in several steps; a change is told once they have been quiet for this long. */
const QUIET_MS = 100;

async function mark(file: string): Promise<string> {
	try {
		const { mtimeMs, size, ino } = await stat(file);
		return `${mtimeMs} ${size} ${ino}`;
	} catch {
		return "missing";
	}
}

function watchFolder(file: string, changed: () => void): FSWatcher | null {
	try {
		const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
			if (name === null || name === basename(file)) changed();
		});
		// A watcher that fails later (folder removed, table full) leaves the polling.
		watcher.on("error", () => watcher.close());
		return watcher;
	} catch {
		return null;
	}
}

/**
 * Calls back after a file was changed, replaced, made or removed by anyone. May call without a change; never
 * keeps the process alive.
 */
export function watchFile(file: string, clock: Clock, changed: () => void): Stop {
	let stopped = false;
	let stopQuiet: Stop | null = null;
	let stopPoll: Stop | null = null;
	let last: string | null = null;
	const soon = () => {
		if (stopped) return;
		stopQuiet?.();
		stopQuiet = clock.after(QUIET_MS, changed);
	};
	const poll = async () => {
		const now = await mark(file);
		if (stopped) return;
		if (last !== null && now !== last) soon();
		last = now;
		stopPoll = clock.after(POLL_MS, () => void poll());
	};
	void poll();
	const watcher = watchFolder(file, soon);
	return () => {
		stopped = true;
		stopQuiet?.();
		stopPoll?.();
		watcher?.close();
	};
}
