#!/usr/bin/env node
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// The command line, built first where its sources are here and newer.
const root = fileURLToPath(new URL("../..", import.meta.url));
if (existsSync(join(root, "electron/headless/cli.ts"))) {
	const { buildNode } = await import("./build.mjs");
	await buildNode({ quiet: true });
}
await import(pathToFileURL(join(root, "out/headless/cli.js")).href);
