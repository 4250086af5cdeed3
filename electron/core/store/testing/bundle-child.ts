import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** A script of this folder as a file that plain Node runs. */
export interface ChildScript {
	readonly file: string;
	remove(): void;
}

/** Bundles a script beside this file, so that a test can run it as a process of its own and kill it. */
export async function bundleChild(name: string): Promise<ChildScript> {
	const dir = mkdtempSync(join(tmpdir(), "plimsoll-child-"));
	symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
	await build({
		configFile: false,
		root,
		logLevel: "error",
		ssr: { noExternal: true, target: "node" },
		build: {
			ssr: fileURLToPath(new URL(name, import.meta.url)),
			outDir: join(dir, "out"),
			target: "node20",
			minify: false,
			rollupOptions: {
				external: ["node-sqlite3-wasm"],
				output: { format: "es", entryFileNames: "child.mjs" },
			},
		},
	});
	return {
		file: join(dir, "out", "child.mjs"),
		remove: () => rmSync(dir, { recursive: true, force: true }),
	};
}
