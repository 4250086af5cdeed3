import type { Log } from "../../ports.ts";

/** A log that keeps what it was told, for tests. */
export interface KeptLog extends Log {
	readonly lines: readonly string[];
}

/** A log for tests; children write into the same lines. */
export function createKeptLog(): KeptLog {
	const lines: string[] = [];
	const write = (level: string) => (what: string, figures?: Readonly<Record<string, unknown>>) => {
		lines.push(`${level} ${what} ${JSON.stringify(figures ?? {})}`);
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
