import { runnerImport } from "vite";
import { root } from "../../build/scripts/build.mjs";

/** Makes the pictures of the popover: all scenes, or those named after the folder. The popover must be built. */
const [outDir = `${root}/docs/screenshots`, ...only] = process.argv.slice(2);
const { module } = await runnerImport(new URL("./screenshots.ts", import.meta.url).pathname, {
	root,
	logLevel: "error",
});
await module.makeScreenshots(outDir, only.length === 0 ? undefined : only);
