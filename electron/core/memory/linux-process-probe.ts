import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ProcessInfo, ProcessProbe } from "../ports.ts";
import { describeProcess, mayConcernModels } from "./model-process.ts";
import { counterRow, kilobyteField, parseProcStat, procFiles } from "./proc-files.ts";

/** Clock ticks a second as the kernel counts for /proc; fixed to 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;
/** How far apart two start times of one process may lie, since the boot time is known to the second. */
const START_TOLERANCE_MS = 2000;
/** A new process may still become another program, so it is looked at each time at first, then now and then. */
const LOOKS_WHILE_YOUNG = 5;
const LOOKS_BETWEEN_CHECKS = 30;

/**
 * Reads processes from /proc. A process that has nothing to do with models is remembered as such and its command
 * line read again only now and then, which keeps a look cheap on a machine with many processes.
 */
export function createLinuxProcessProbe(options: { readonly root?: string } = {}): ProcessProbe {
	const root = options.root ?? "/";
	const files = procFiles(root);
	const bootAtMs = (counterRow(files.text("proc/stat") ?? "", "btime") ?? 0) * 1000;
	let strangers = new Map<number, number>();

	const read = (pid: number, commandLine: string): ProcessInfo | null => {
		const stat = parseProcStat(files.text(`proc/${pid}/stat`) ?? "");
		if (stat === null || isDead(stat.state)) return null;
		return {
			pid,
			parentPid: stat.parentPid,
			startedAt: bootAtMs + (stat.startTicks * 1000) / TICKS_PER_SECOND,
			cpuTimeMs: (stat.cpuTicks * 1000) / TICKS_PER_SECOND,
			commandLine,
		};
	};

	const list = (): readonly ProcessInfo[] => {
		const found = new Map<number, ProcessInfo>();
		const stillStrangers = new Map<number, number>();
		for (const name of readdirSync(join(root, "proc"))) {
			const pid = Number(name);
			if (!Number.isInteger(pid)) continue;
			const looks = strangers.get(pid) ?? 0;
			if (looks > LOOKS_WHILE_YOUNG && looks % LOOKS_BETWEEN_CHECKS !== 0) {
				stillStrangers.set(pid, looks + 1);
				continue;
			}
			const commandLine = commandLineOf(files.text(`proc/${pid}/cmdline`));
			if (commandLine === null) continue;
			if (!mayConcernModels(commandLine)) {
				stillStrangers.set(pid, looks + 1);
				continue;
			}
			const info = read(pid, commandLine);
			if (info !== null) found.set(pid, info);
		}
		strangers = stillStrangers;
		// The parent of a runner tells whether it is an orphan, whatever program the parent is.
		for (const { parentPid, commandLine } of found.values()) {
			if (found.has(parentPid) || describeProcess(commandLine).kind !== "runner") continue;
			const parent = read(parentPid, commandLineOf(files.text(`proc/${parentPid}/cmdline`)) ?? "");
			if (parent !== null) found.set(parentPid, parent);
		}
		return [...found.values()];
	};

	return {
		async list() {
			return list();
		},
		async footprint(pid) {
			const status = files.text(`proc/${pid}/status`);
			if (status === null) return null;
			const anonymous = kilobyteField(status, "RssAnon");
			// A process that has ended keeps its row without any memory until its parent notices.
			if (anonymous === null) return null;
			const file = kilobyteField(status, "RssFile") ?? 0;
			const swapped = kilobyteField(status, "VmSwap") ?? 0;
			return { bytes: anonymous + file + swapped, heldBytes: anonymous, rounded: false };
		},
		async isAlive(pid, startedAt) {
			const info = read(pid, "");
			if (info === null) return false;
			return startedAt === null || Math.abs((info.startedAt ?? 0) - startedAt) <= START_TOLERANCE_MS;
		},
	};
}

/** Z: ended, not yet collected. X, x: being removed. */
function isDead(state: string): boolean {
	return state === "Z" || state === "X" || state === "x";
}

/** Arguments are separated by NUL; a program that renames itself leaves a tail of them. */
function commandLineOf(text: string | null): string | null {
	return text === null ? null : text.replaceAll("\0", " ").trimEnd();
}
