import { rmSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { buildApp, buildNode, buildRenderer, root } from "../../build/scripts/build.mjs";

/**
 * Runs the benchmarks: all, or those named as arguments. Prints a table; `--json FILE` also writes the figures. Exits
 * with 1 where a number was not held.
 */
for (const make of [buildNode, buildApp, buildRenderer]) await make({ quiet: true });
const folder = join(root, "out", "bench");
rmSync(folder, { recursive: true, force: true });
await build({
	configFile: false,
	root,
	logLevel: "error",
	ssr: { noExternal: true, external: ["@playwright/test", "playwright", "playwright-core"], target: "node" },
	build: {
		ssr: join(root, "e2e/bench/main.ts"),
		outDir: folder,
		target: "node20",
		minify: false,
		rollupOptions: {
			external: [
				"electron",
				"node-sqlite3-wasm",
				/^@?playwright/,
				...builtinModules,
				...builtinModules.map((name) => `node:${name}`),
			],
			output: { format: "es", entryFileNames: "main.js" },
		},
	},
});
const { main } = await import(pathToFileURL(join(folder, "main.js")).href);
process.exitCode = await main(process.argv.slice(2));
process.exit();
