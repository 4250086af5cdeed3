import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { app } from "electron";
import { startApp } from "./app.ts";

/**
 * The packaged binary is the command line too: `--cli` first, decided before the app is ready, without a window,
 * a Dock icon or the single-instance lock. From source the arguments follow the folder that Electron was given.
 */
const given = process.argv.slice(app.isPackaged ? 1 : 2).filter((argument) => argument !== "--no-sandbox");

function say(thrown: unknown): void {
	console.error(thrown);
	app.exit(1);
}

if (given[0] === "--cli") {
	app.dock?.hide();
	process.argv = [process.execPath, "plimsoll", ...given.slice(1)];
	import(pathToFileURL(join(import.meta.dirname, "../headless/cli.js")).href).catch(say);
} else {
	startApp(given).catch(say);
}
