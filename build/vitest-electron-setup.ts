import { electronBinary } from "../e2e/fixtures/electron-binary.ts";
import { openDisplay } from "../e2e/fixtures/virtual-display.ts";
import { buildApp, buildNode, buildRenderer } from "./scripts/build.mjs";

/** Builds what the app runs, and opens one display for all tests. Fails where there is no Electron binary. */
export default async function setup(): Promise<() => void> {
	if (electronBinary() === null)
		throw new Error("There is no Electron binary: set ELECTRON_OVERRIDE_DIST_PATH.");
	await buildNode({ quiet: true });
	await buildApp({ quiet: true });
	await buildRenderer({ quiet: true });
	const display = await openDisplay();
	process.env.DISPLAY = display.name;
	return display.close;
}
