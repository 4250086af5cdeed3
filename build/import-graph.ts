import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { parseSync } from "oxc-parser";

/** One import, type-only ones too: which file names what. */
export interface Arrow {
	readonly from: string;
	/** A file of the project by its path from the root, or a package by its name. */
	readonly to: string;
}

/** Every source file of the project and every arrow between them. Paths are from the root, with slashes. */
export interface ImportGraph {
	readonly files: readonly string[];
	readonly arrows: readonly Arrow[];
	/** Imports that lead to no file. */
	readonly broken: readonly Arrow[];
}

/** Folders that hold no source of the project. */
const SKIPPED = new Set(["node_modules", "out", "dist", ".git", "test-results"]);

const SOURCE = /\.(?:ts|tsx|mts|mjs|js|jsx)$/;

/** Sources below a folder, found in the file system. */
export function sourceFiles(root: string, folder = "."): readonly string[] {
	return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) {
			if (SKIPPED.has(entry.name) || path === join("e2e", "fixtures")) return [];
			return sourceFiles(root, path);
		}
		return SOURCE.test(entry.name) ? [path.split(sep).join("/")] : [];
	});
}

/** The same sources as git knows them, tracked or new; null where this is no git checkout. */
export function sourcesByGit(root: string): readonly string[] | null {
	try {
		const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
			cwd: root,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
			maxBuffer: 64 * 1024 ** 2,
		});
		const files = listed.split("\0").filter((file) => SOURCE.test(file) && existsSync(join(root, file)));
		return files.filter((file) => !file.startsWith("e2e/fixtures/"));
	} catch {
		return null;
	}
}

/** What a file names in imports, re-exports and imports made while it runs. */
export function importsOf(file: string, text: string): readonly string[] {
	const { module, errors, program } = parseSync(file, text);
	if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
	const named = module.staticImports.map((found) => found.moduleRequest.value);
	const passedOn = module.staticExports.flatMap((found) =>
		found.entries.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest.value] : [])),
	);
	const lazy = module.dynamicImports.flatMap(({ moduleRequest }) => {
		const literal = /^(["'`])([^"'`$]*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
		return literal?.[2] === undefined ? [] : [literal[2]];
	});
	return [...new Set([...named, ...passedOn, ...lazy, ...importTypes(program)])];
}

/** `import("…")` in the place of a type, which is no import of the module record. */
function importTypes(node: unknown): readonly string[] {
	if (typeof node !== "object" || node === null) return [];
	if (Array.isArray(node)) return node.flatMap(importTypes);
	const { type, source } = node as {
		readonly type?: unknown;
		readonly source?: { readonly value?: unknown };
	};
	const own = type === "TSImportType" && typeof source?.value === "string" ? [source.value] : [];
	return [...own, ...Object.values(node).flatMap(importTypes)];
}

function packageName(request: string): string {
	if (request.startsWith("node:")) return request;
	return request
		.split("/")
		.slice(0, request.startsWith("@") ? 2 : 1)
		.join("/");
}

/** Reads every source and resolves what it names. */
export function readImportGraph(root: string): ImportGraph {
	const files = sourceFiles(root);
	const arrows: Arrow[] = [];
	const broken: Arrow[] = [];
	for (const from of files) {
		for (const request of importsOf(from, readFileSync(join(root, from), "utf8"))) {
			if (!request.startsWith(".")) {
				arrows.push({ from, to: packageName(request) });
				continue;
			}
			const target = resolve(root, dirname(from), request.split("?", 1)[0] ?? request);
			const to = relative(root, target).split(sep).join("/");
			(existsSync(target) ? arrows : broken).push({ from, to });
		}
	}
	return { files, arrows, broken };
}
