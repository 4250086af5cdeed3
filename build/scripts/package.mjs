import { existsSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.mjs";
import { findElectron } from "./choose-host.mjs";

/**
 * Builds Plimsoll and packages it: `linux-dir` makes the unpacked directory of Linux, `mac` the images and archives
 * for both kinds of Mac. `--output FOLDER` puts it elsewhere than dist/, `--no-build` takes what stands in out/.
 * With ELECTRON_OVERRIDE_DIST_PATH the Electron of that folder is packed and nothing is downloaded.
 */
const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { output: { type: "string" }, "no-build": { type: "boolean", default: false } },
});
const [kind] = positionals;
if (kind !== "linux-dir" && kind !== "mac") {
	console.error("usage: package.mjs linux-dir|mac [--output FOLDER] [--no-build]");
	process.exit(2);
}

/** A folder with an unpacked Electron for Linux: the named one, else the one that the package has downloaded. */
function electronDist() {
	if (process.env.ELECTRON_OVERRIDE_DIST_PATH) return process.env.ELECTRON_OVERRIDE_DIST_PATH;
	const binary = kind === "linux-dir" && process.platform === "linux" ? findElectron(process.env) : null;
	return binary === null ? null : dirname(binary);
}

const dist = electronDist();
if (dist !== null) {
	process.env.PLIMSOLL_ELECTRON_DIST = dist;
	process.env.PLIMSOLL_ELECTRON_VERSION = readFileSync(join(dist, "version"), "utf8")
		.trim()
		.replace(/^v/, "");
}

if (!values["no-build"]) {
	const { buildApp, buildNode, buildRenderer } = await import("./build.mjs");
	for (const build of [buildNode, buildApp, buildRenderer]) await build({ quiet: true });
}
for (const needed of ["main/index.cjs", "preload/preload.cjs", "headless/cli.js", "renderer/index.html"]) {
	if (existsSync(join(root, "out", needed))) continue;
	console.error(`out/${needed} is not there: run npm run build first.`);
	process.exit(1);
}

// Read only now, because the configuration looks at the environment.
const { default: config } = await import("../electron-builder.config.mjs");
const { Arch, build, Platform } = createRequire(import.meta.url)("electron-builder");

await build({
	projectDir: root,
	publish: "never",
	targets:
		kind === "mac"
			? Platform.MAC.createTarget()
			: Platform.LINUX.createTarget("dir", process.arch === "arm64" ? Arch.arm64 : Arch.x64),
	config: {
		...config,
		...(values.output === undefined ? {} : { directories: { ...config.directories, output: values.output } }),
		/** @param {{ appOutDir: string }} packed */
		async afterPack({ appOutDir }) {
			// A folder that runs apps from source carries a default app beside the place of ours.
			rmSync(join(appOutDir, "resources", "app"), { recursive: true, force: true });
		},
	},
});
