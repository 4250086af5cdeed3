import { readdirSync, rmSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

/** The checkout this script lies in. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What every bundle for Node leaves outside: Node's own modules, Electron, and the package that carries a .wasm file. */
const external = [
	"electron",
	"node-sqlite3-wasm",
	...builtinModules,
	...builtinModules.map((name) => `node:${name}`),
];

/** Entry points that run in Node: the command line and the demo engine's runner process. */
const nodeEntries = {
	"headless/cli": "electron/headless/cli.ts",
	"demo-engine/runner": "electron/demo-engine/runner.ts",
};

/** @param {string} folder */
function newestSource(folder) {
	let newest = 0;
	for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
		if (!entry.isFile() || entry.name.endsWith(".test.ts")) continue;
		newest = Math.max(newest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
	}
	return newest;
}

/**
 * True where a built file is missing or older than any source in the given folders.
 * @param {string} builtFile
 * @param {readonly string[]} folders
 */
export function isStale(builtFile, folders) {
	try {
		const builtAt = statSync(join(root, builtFile)).mtimeMs;
		return folders.some((folder) => newestSource(join(root, folder)) > builtAt);
	} catch {
		return true;
	}
}

/** Bundles the Node entry points into out/; does nothing while they are newer than their sources. */
export async function buildNode({ quiet = false, force = false } = {}) {
	const stale = Object.keys(nodeEntries).some((name) =>
		isStale(`out/${name}.js`, ["electron", "shared", "build"]),
	);
	if (!force && !stale) return;
	for (const [name, entry] of Object.entries(nodeEntries)) {
		await build({
			configFile: false,
			root,
			logLevel: quiet ? "error" : "warn",
			ssr: { noExternal: true, target: "node" },
			build: {
				ssr: join(root, entry),
				outDir: join(root, "out", name.slice(0, name.lastIndexOf("/"))),
				emptyOutDir: false,
				target: "node20",
				minify: false,
				rollupOptions: {
					external,
					output: { format: "es", entryFileNames: `${name.slice(name.lastIndexOf("/") + 1)}.js` },
				},
			},
		});
	}
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	if (process.argv.includes("--clean")) rmSync(join(root, "out"), { recursive: true, force: true });
	await buildNode({ force: true });
}
