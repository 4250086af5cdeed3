import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The built file that runs: out/headless/cli.js, or a source file in tests. */
const here = dirname(fileURLToPath(import.meta.url));

/** Folder of everything built. */
export const outFolder = here.endsWith(join("out", "headless"))
	? dirname(here)
	: join(here, "..", "..", "out");

/** The built command line. */
export const cliEntry = join(outFolder, "headless", "cli.js");

/** The demo engine's runner process. */
export const runnerEntry = join(outFolder, "demo-engine", "runner.js");

/** The script that gives a page window.plimsoll. */
export const bridgeFile = join(outFolder, "headless", "bridge.js");

/** The router's trained weights, as the build puts them beside the command line. */
export const weightsFile = join(outFolder, "headless", "router-weights.bin");

/** The built popover. */
export const rendererFolder = join(outFolder, "renderer");

/** True where Plimsoll runs from a checkout, not from a package. */
export function runsFromSource(): boolean {
	return existsSync(join(outFolder, "..", "electron", "headless", "cli.ts"));
}
