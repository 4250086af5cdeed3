import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";

/** What the popover may do in a browser: its own files and its own socket; no inline script, no remote content. */
export const POPOVER_CSP = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"font-src 'self'",
	"connect-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
].join("; ");

/** Where the popover is served; ends in a slash. */
export const POPOVER_PATH = "/popover/";

const TYPES: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
	".woff2": "font/woff2",
	".json": "application/json",
	".txt": "text/plain; charset=utf-8",
};

/** Names under which Vite writes files whose content never changes. */
const HASHED = /^assets\/.+-[\w-]{8,}\.\w+$/;

interface ServedFile {
	readonly content: Buffer;
	readonly type: string;
	readonly cache: "no-store" | "public, max-age=31536000, immutable";
}

/** The popover's files, read once: no path, however it is written, leads to anything else. */
export interface PopoverFiles {
	/** True where the popover was built. */
	readonly built: boolean;
	/** Answers a request below {@link POPOVER_PATH}; `headers` are names and values alternating. */
	answer(request: IncomingMessage, response: ServerResponse, headers: readonly string[]): void;
}

/** The page with the script that gives it window.plimsoll, before any script of its own. */
function withBridge(page: string): string {
	return page.replace(
		/<head[^>]*>/i,
		(head) => `${head}\n\t\t<script type="module" src="${POPOVER_PATH}bridge.js"></script>`,
	);
}

async function filesIn(folder: string): Promise<ReadonlyMap<string, Buffer>> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
	const files = new Map<string, Buffer>();
	for (const entry of entries) {
		if (!entry.isFile()) continue;
		const file = join(entry.parentPath, entry.name);
		files.set(relative(folder, file).split(sep).join("/"), await readFile(file));
	}
	return files;
}

/** Reads the built popover and the bridge script. A popover that was not built answers 404 with a word about it. */
export async function readPopoverFiles(folder: string, bridgeFile: string): Promise<PopoverFiles> {
	const served = new Map<string, ServedFile>();
	for (const [name, content] of await filesIn(folder)) {
		const page = extname(name) === ".html";
		served.set(name, {
			content: page ? Buffer.from(withBridge(content.toString())) : content,
			type: TYPES[extname(name)] ?? "application/octet-stream",
			cache: HASHED.test(name) ? "public, max-age=31536000, immutable" : "no-store",
		});
	}
	const built = served.has("index.html");
	const bridge = await readFile(bridgeFile).catch(() => null);
	if (bridge !== null)
		served.set("bridge.js", { content: bridge, type: "text/javascript; charset=utf-8", cache: "no-store" });

	return {
		built,
		answer(request, response, headers) {
			const path = (request.url ?? "").split(/[?#]/, 1)[0] ?? "";
			const common = [
				...headers,
				"Content-Security-Policy",
				POPOVER_CSP,
				"X-Content-Type-Options",
				"nosniff",
				"Referrer-Policy",
				"no-referrer",
				"Cross-Origin-Resource-Policy",
				"same-origin",
				"Cross-Origin-Opener-Policy",
				"same-origin",
			];
			if (request.method !== "GET" && request.method !== "HEAD") {
				response.writeHead(405, [...common, "Allow", "GET, HEAD"]).end();
				return;
			}
			if (`${path}/` === POPOVER_PATH) {
				response.writeHead(308, [...common, "Location", POPOVER_PATH]).end();
				return;
			}
			const name = path === POPOVER_PATH ? "index.html" : path.slice(POPOVER_PATH.length);
			const file = served.get(name);
			if (file === undefined) {
				const text = built ? "There is no such file.\n" : "The popover is not built: run “npm run build”.\n";
				response.writeHead(404, [...common, "Content-Type", "text/plain; charset=utf-8"]);
				response.end(request.method === "HEAD" ? undefined : text);
				return;
			}
			response.writeHead(200, [
				...common,
				"Content-Type",
				file.type,
				"Content-Length",
				String(file.content.length),
				"Cache-Control",
				file.cache,
			]);
			response.end(request.method === "HEAD" ? undefined : file.content);
		},
	};
}
