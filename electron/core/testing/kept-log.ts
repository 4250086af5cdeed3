import type { Log } from "../ports.ts";

/** A log that keeps its lines for a test to look at. */
export interface KeptLog extends Log {
	readonly lines: readonly { readonly level: string; readonly what: string }[];
}

/** Makes an empty one; children write into the same lines. */
export function keptLog(): KeptLog {
	const lines: { level: string; what: string }[] = [];
	const write = (level: string) => (what: string) => {
		lines.push({ level, what });
	};
	const log: KeptLog = {
		lines,
		child: () => log,
		error: write("error"),
		warn: write("warn"),
		info: write("info"),
		debug: write("debug"),
	};
	return log;
}
