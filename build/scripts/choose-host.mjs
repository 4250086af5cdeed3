import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * What `npm start` runs the popover in.
 * @typedef {{ kind: "app", binary: string } | { kind: "browser", because: "asked" | "no-binary" }} Host
 */

/** Path of the binary inside Electron's own folder, where that folder does not say it. */
const BINARY_NAMES = {
	darwin: "Electron.app/Contents/MacOS/Electron",
	linux: "electron",
};

/** @param {string} file */
function isProgram(file) {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/**
 * The Electron binary of this machine, or null: `ELECTRON_OVERRIDE_DIST_PATH`, else what the package has installed.
 * Nothing is downloaded.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {NodeJS.Platform} [platform]
 * @returns {string | null}
 */
export function findElectron(environment, platform = process.platform) {
	const name = platform === "darwin" ? BINARY_NAMES.darwin : BINARY_NAMES.linux;
	const override = environment.ELECTRON_OVERRIDE_DIST_PATH;
	if (override) {
		const binary = join(override, name);
		return isProgram(binary) ? binary : null;
	}
	try {
		const folder = dirname(createRequire(import.meta.url).resolve("electron/package.json"));
		const pathFile = join(folder, "path.txt");
		const binary = join(folder, "dist", existsSync(pathFile) ? readFileSync(pathFile, "utf8").trim() : name);
		return isProgram(binary) ? binary : null;
	} catch {
		return null;
	}
}

/**
 * Decides between the menu-bar app and the browser.
 * @param {readonly string[]} given Arguments of `npm start`.
 * @param {string | null} binary
 * @returns {Host}
 */
export function chooseHost(given, binary) {
	if (given.includes("--headless")) return { kind: "browser", because: "asked" };
	return binary === null ? { kind: "browser", because: "no-binary" } : { kind: "app", binary };
}
