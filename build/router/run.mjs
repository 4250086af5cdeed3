import { builtinModules } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { root } from "../scripts/build.mjs";

/** Bundles the trainer, since Node 20 runs no TypeScript, and runs it with the arguments given. */
const folder = join(root, "out", "router");
await build({
	configFile: false,
	root,
	logLevel: "error",
	ssr: { noExternal: true, target: "node" },
	build: {
		ssr: join(root, "build/router/main.ts"),
		outDir: folder,
		target: "node20",
		minify: false,
		rollupOptions: {
			external: [...builtinModules, ...builtinModules.map((name) => `node:${name}`)],
			output: { format: "es", entryFileNames: "main.js" },
		},
	},
});
const { main } = await import(pathToFileURL(join(folder, "main.js")).href);
process.exitCode = await main(root, process.argv.slice(2));
