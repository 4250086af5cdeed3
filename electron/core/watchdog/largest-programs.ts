import { readdirSync } from "node:fs";
import { kilobyteField, procFiles } from "../memory/proc-files.ts";
import { type RunCommand, runCommand } from "../memory/run-command.ts";
import type { ProgramSize } from "./watchdog-deps.ts";

/** How many are told. */
const SHOWN = 5;

const TIMEOUT_MS = 3_000;

/**
 * Programs by the memory they take, processes of the same program together, largest first. On a Mac by resident size,
 * which is right for what is no model runner. Empty where the table cannot be read; never rejects.
 */
export async function largestPrograms(
	platform: NodeJS.Platform,
	run: RunCommand = runCommand,
	root = "/",
): Promise<readonly ProgramSize[]> {
	const processes = platform === "darwin" ? await ofMac(run) : platform === "linux" ? ofLinux(root) : [];
	const sums = new Map<string, number>();
	for (const { name, bytes } of processes) sums.set(name, (sums.get(name) ?? 0) + bytes);
	return [...sums]
		.map(([name, bytes]) => ({ name, bytes }))
		.sort((a, b) => b.bytes - a.bytes)
		.slice(0, SHOWN);
}

/** The app a path belongs to ("/Applications/Xcode.app/…" is Xcode), else the program's own name. */
export function programName(path: string): string {
	const app = /\/([^/]+)\.app\//.exec(`${path}/`)?.[1];
	return app ?? path.slice(path.lastIndexOf("/") + 1).trim();
}

async function ofMac(run: RunCommand): Promise<readonly ProgramSize[]> {
	const { stdout } = await run("/bin/ps", ["-axww", "-o", "rss=,comm="], { timeoutMs: TIMEOUT_MS });
	return stdout.split("\n").flatMap((line) => {
		const match = /^\s*(\d+)\s+(.+?)\s*$/.exec(line);
		return match === null ? [] : [{ name: programName(match[2] ?? ""), bytes: Number(match[1]) * 1024 }];
	});
}

function ofLinux(root: string): readonly ProgramSize[] {
	const files = procFiles(root);
	let pids: readonly string[] = [];
	try {
		pids = readdirSync(`${root}/proc`).filter((name) => /^\d+$/.test(name));
	} catch {
		return [];
	}
	return pids.flatMap((pid) => {
		const status = files.text(`proc/${pid}/status`);
		const bytes = status === null ? null : kilobyteField(status, "VmRSS");
		const name = /^Name:\s*(.+)$/m.exec(status ?? "")?.[1];
		return bytes === null || name === undefined ? [] : [{ name, bytes }];
	});
}
