import { join } from "node:path";
import type { Paths } from "../ports.ts";

/** What decides where Plimsoll keeps its files. */
export interface PathSource {
	readonly platform: NodeJS.Platform;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The person's home folder. */
	readonly home: string;
	/** Folder named on the command line; wins over everything else. */
	readonly dataDir?: string | undefined;
}

function chosenDir({ env, dataDir }: PathSource): string | null {
	return dataDir || env.PLIMSOLL_DATA_DIR || null;
}

function defaultDir({ platform, env, home }: PathSource): string {
	if (platform === "darwin") return join(home, "Library", "Application Support", "Plimsoll");
	// The XDG base directory specification tells programs to ignore a relative path.
	const xdg = env.XDG_DATA_HOME;
	return join(xdg?.startsWith("/") ? xdg : join(home, ".local", "share"), "plimsoll");
}

/**
 * Folders and files of one Plimsoll: the flag, else PLIMSOLL_DATA_DIR, else the platform's own place. A chosen
 * folder holds the logs too, so that two instances never share any file. Creates nothing.
 */
export function resolvePaths(source: PathSource): Paths {
	const chosen = chosenDir(source);
	const dataDir = chosen ?? defaultDir(source);
	const logDir =
		chosen === null && source.platform === "darwin"
			? join(source.home, "Library", "Logs", "Plimsoll")
			: join(dataDir, "logs");
	return {
		dataDir,
		settingsFile: join(dataDir, "settings.json"),
		databaseFile: join(dataDir, "history.db"),
		conversationsFile: join(dataDir, "conversations.db"),
		picturesDir: join(dataDir, "pictures"),
		apiFile: join(dataDir, "api.json"),
		logDir,
	};
}
