import type { Log } from "../core/ports.ts";

/** A log that keeps nothing, for commands that speak at the terminal themselves. */
export const silentLog: Log = {
	child: () => silentLog,
	error: () => undefined,
	warn: () => undefined,
	info: () => undefined,
	debug: () => undefined,
};
