import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, extname, join } from "node:path";
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

/**
 * @typedef {object} Bundle
 * @property {string} file Where it goes, below out/.
 * @property {string} entry Where it starts.
 * @property {readonly string[]} sources Folders whose change makes it stale.
 * @property {"node" | "page"} runsIn
 */

/** @type {readonly Bundle[]} */
const nodeBundles = [
	{
		file: "headless/cli.js",
		entry: "electron/headless/cli.ts",
		sources: ["electron/headless", "electron/core", "electron/demo-engine", "shared"],
		runsIn: "node",
	},
	{
		file: "headless/bridge.js",
		entry: "electron/headless/bridge/bridge.ts",
		sources: ["electron/headless", "shared"],
		runsIn: "page",
	},
	{
		file: "demo-engine/runner.js",
		entry: "electron/demo-engine/runner.ts",
		sources: ["electron/demo-engine", "shared"],
		runsIn: "node",
	},
];

/** @type {readonly Bundle[]} */
const appBundles = [
	{
		file: "main/index.cjs",
		entry: "electron/main/index.ts",
		sources: ["electron/main", "electron/core", "electron/demo-engine", "shared"],
		runsIn: "node",
	},
	{
		file: "main/demo-process.js",
		entry: "electron/main/demo-process.ts",
		sources: ["electron/main", "electron/demo-engine", "shared"],
		runsIn: "node",
	},
	{
		file: "preload/preload.cjs",
		entry: "electron/preload/preload.ts",
		sources: ["electron/preload", "shared"],
		runsIn: "node",
	},
];

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

/**
 * @param {Bundle} bundle
 * @param {boolean} quiet
 */
async function bundleOne(bundle, quiet) {
	const inNode = bundle.runsIn === "node";
	const result = await build({
		configFile: false,
		root,
		logLevel: quiet ? "error" : "warn",
		...(inNode ? { ssr: { noExternal: true, target: "node" } } : {}),
		build: {
			...(inNode ? { ssr: join(root, bundle.entry) } : {}),
			outDir: join(root, "out", dirname(bundle.file)),
			emptyOutDir: false,
			copyPublicDir: false,
			target: inNode ? "node20" : "chrome130",
			minify: !inNode || bundle.file.startsWith("main/"),
			modulePreload: false,
			rollupOptions: {
				input: join(root, bundle.entry),
				...(inNode ? { external } : {}),
				output: {
					// A sandboxed preload can only be CommonJS, and only a CommonJS main is sure to run before the app is ready.
					format: bundle.file.endsWith(".cjs") ? "cjs" : "es",
					entryFileNames: basename(bundle.file),
					chunkFileNames: `${chunkPrefix(bundle)}[name]-[hash]${extname(bundle.file)}`,
				},
			},
		},
	});
	removeOldChunks(bundle, new Set([result].flat().flatMap(namesOf)));
}

/** @param {Bundle} bundle */
function chunkPrefix(bundle) {
	return `${basename(bundle.file, extname(bundle.file))}-`;
}

/**
 * @param {Awaited<ReturnType<typeof build>> extends infer Result ? Exclude<Result, readonly unknown[]> : never} result
 * @returns {readonly string[]}
 */
function namesOf(result) {
	return "output" in result ? result.output.map(({ fileName }) => fileName) : [];
}

/**
 * Chunks carry a hash, so an earlier build's would stay beside the new ones for ever.
 * @param {Bundle} bundle
 * @param {ReadonlySet<string>} current
 */
function removeOldChunks(bundle, current) {
	const folder = join(root, "out", dirname(bundle.file));
	for (const name of readdirSync(folder)) {
		if (name.startsWith(chunkPrefix(bundle)) && !current.has(name)) rmSync(join(folder, name));
	}
}

/**
 * @param {readonly Bundle[]} bundles
 * @param {{ quiet?: boolean, force?: boolean }} options
 */
async function bundleAll(bundles, { quiet = false, force = false }) {
	for (const bundle of bundles) {
		if (!existsSync(join(root, bundle.entry))) continue;
		if (force || isStale(`out/${bundle.file}`, [...bundle.sources, "build/scripts"]))
			await bundleOne(bundle, quiet);
	}
}

/** The router's trained weights with their notice; each host finds a copy beside its bundle. */
const weights = ["router-weights.bin", "NOTICE-router-weights.txt"];

/** @param {string} folder Below out/. */
function copyWeights(folder) {
	mkdirSync(join(root, "out", folder), { recursive: true });
	for (const name of weights)
		copyFileSync(join(root, "build/router/weights", name), join(root, "out", folder, name));
}

/**
 * Bundles what runs in Node without Electron into out/; leaves alone what is newer than its sources.
 * @param {{ quiet?: boolean, force?: boolean }} options
 */
export async function buildNode(options = {}) {
	await bundleAll(nodeBundles, options);
	copyWeights("headless");
}

/**
 * Bundles the Electron app: main process and preload.
 * @param {{ quiet?: boolean, force?: boolean }} options
 */
export async function buildApp(options = {}) {
	await bundleAll(appBundles, options);
	copyWeights("main");
}

/**
 * Bundles the popover.
 * @param {{ quiet?: boolean, force?: boolean }} options
 */
export async function buildRenderer({ quiet = false, force = false } = {}) {
	if (!force && !isStale("out/renderer/index.html", ["renderer", "shared"])) return;
	const environment = process.env.NODE_ENV;
	// React's development build is slower and half as large again; a test run would ask for it.
	process.env.NODE_ENV = "production";
	try {
		await build({ configFile: join(root, "renderer/vite.config.ts"), logLevel: quiet ? "error" : "warn" });
	} finally {
		if (environment === undefined) delete process.env.NODE_ENV;
		else process.env.NODE_ENV = environment;
	}
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	if (process.argv.includes("--clean")) rmSync(join(root, "out"), { recursive: true, force: true });
	await buildNode({ force: true });
	await buildApp({ force: true });
	await buildRenderer({ force: true });
}
