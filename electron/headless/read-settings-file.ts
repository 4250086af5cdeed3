import { readFile } from "node:fs/promises";
import type { Settings } from "../../shared/settings.ts";
import type { Paths } from "../core/ports.ts";
import { readSettings } from "../core/store/read-settings.ts";

/** Settings of a data folder for who only looks; null where there are none or they cannot be read. */
export async function readSettingsFile({ settingsFile }: Paths): Promise<Settings | null> {
	try {
		const read = readSettings(await readFile(settingsFile, "utf8"));
		return read.kind === "settings" ? read.settings : null;
	} catch {
		return null;
	}
}
