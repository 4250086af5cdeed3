import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, figure, row } from "./bench.ts";

const out = fileURLToPath(new URL("../../out", import.meta.url));

/** Bytes in a megabyte and a kilobyte, as bundlers count them. */
const MB = 1_000_000;
const KB = 1_000;

/** What the main process loads: its bundle and the chunks beside it. */
function mainBytes(): number {
	const folder = join(out, "main");
	return readdirSync(folder)
		.filter((name) => /^index.*\.cjs$/.test(name))
		.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Files that the popover's page asks for before it can show anything: named in its HTML, or imported at once by those. */
function initialFiles(folder: string): ReadonlySet<string> {
	const html = readFileSync(join(folder, "index.html"), "utf8");
	const files = new Set(
		[...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map((found) => found[1] ?? ""),
	);
	for (const file of files) {
		if (!file.endsWith(".js")) continue;
		const code = readFileSync(join(folder, file), "utf8");
		// Imports that are made later have a parenthesis between the word and the name.
		for (const found of code.matchAll(/(?:\bimport|\bfrom)\s*["'`]\.\/([^"'`]+\.js)["'`]/g))
			files.add(`assets/${found[1]}`);
	}
	return new Set(["index.html", ...files]);
}

/** How large what is loaded first has become. */
export const bundleSizes: Bench = {
	name: "bundle-sizes",
	obstacle: () => (existsSync(join(out, "renderer", "index.html")) ? null : "the popover is not built"),
	async run() {
		const folder = join(out, "renderer");
		const main = mainBytes();
		const initial = [...initialFiles(folder)];
		const sizeOf = (files: readonly string[]) =>
			files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
		const popover = sizeOf(initial);
		const scripts = sizeOf(initial.filter((file) => file.endsWith(".js")));
		return [
			row("main process bundle", main / MB, "MB", "< 1.5 MB", main < 1.5 * MB),
			row("popover, initial bundle", popover / KB, "KB", "< 350 KB", popover < 350 * KB),
			figure("popover, initial bundle: scripts alone", scripts / KB, "KB"),
			figure("preload", statSync(join(out, "preload", "preload.cjs")).size / KB, "KB"),
		];
	},
};
