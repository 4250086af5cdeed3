/** What the app can be told when it is started. */
export interface LaunchOptions {
	readonly engine: string | null;
	readonly port: number | null;
	readonly dataDir: string | null;
	/** From source only: milliseconds after which a hidden popover is destroyed, null for the usual. */
	readonly destroyAfterMs: number | null;
}

function valueOf(given: readonly string[], flag: string): string | null {
	const joined = given.find((argument) => argument.startsWith(`${flag}=`));
	if (joined !== undefined) return joined.slice(flag.length + 1);
	const at = given.indexOf(flag);
	return at === -1 ? null : (given[at + 1] ?? null);
}

/** A port, or null for anything that is none. */
function portOf(text: string | null | undefined): number | null {
	return text !== null && text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65_535
		? Number(text)
		: null;
}

function millisecondsOf(text: string | undefined): number | null {
	return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/**
 * Reads `--engine`, `--port` and `--data-dir`, else PLIMSOLL_PORT. Everything else is left to Chromium, and
 * PLIMSOLL_ENGINE and PLIMSOLL_DATA_DIR to those who resolve addresses and paths. From source PLIMSOLL_DESTROY_AFTER_MS
 * shortens the life of a hidden popover, for tests.
 */
export function launchOptions(
	given: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
	isPackaged: boolean,
): LaunchOptions {
	return {
		engine: valueOf(given, "--engine"),
		port: portOf(valueOf(given, "--port")) ?? portOf(environment.PLIMSOLL_PORT),
		dataDir: valueOf(given, "--data-dir"),
		destroyAfterMs: isPackaged ? null : millisecondsOf(environment.PLIMSOLL_DESTROY_AFTER_MS),
	};
}
