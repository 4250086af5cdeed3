import { readdir, readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { protocol } from "electron";

/** Scheme and origin of the popover. */
export const APP_SCHEME = "app";
export const APP_ORIGIN = "app://plimsoll";

/** What the popover may do: its own files and nothing else; no inline script, no remote content. */
export const CONTENT_SECURITY_POLICY = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"font-src 'self'",
	"connect-src 'none'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
].join("; ");

const TYPES: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
	".woff2": "font/woff2",
};

/** Marks the scheme as standard and secure; must run before the app is ready. */
export function registerAppScheme(): void {
	protocol.registerSchemesAsPrivileged([
		{
			scheme: APP_SCHEME,
			privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
		},
	]);
}

/**
 * The file a popover URL stands for, or null. Only names of the manifest are served, so that no path can lead outside
 * of it however it is written.
 */
export function resolveAppUrl(url: string, manifest: ReadonlySet<string>): string | null {
	if (!url.startsWith(`${APP_ORIGIN}/`)) return null;
	const path = url.slice(APP_ORIGIN.length + 1).split(/[?#]/, 1)[0] ?? "";
	const name = path === "" ? "index.html" : path;
	return manifest.has(name) ? name : null;
}

/** Serves the built popover from a folder; everything else is 404. Its list of files is read once. */
export async function serveApp(folder: string): Promise<void> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	const manifest = new Set(
		entries
			.filter((entry) => entry.isFile())
			.map((entry) =>
				join(entry.parentPath ?? entry.path, entry.name)
					.slice(folder.length + 1)
					.split(sep)
					.join("/"),
			),
	);
	protocol.handle(APP_SCHEME, async (request) => {
		const name = resolveAppUrl(request.url, manifest);
		if (name === null) return new Response(null, { status: 404 });
		return new Response(new Uint8Array(await readFile(join(folder, name))), {
			headers: {
				"content-type": TYPES[extname(name)] ?? "application/octet-stream",
				"content-security-policy": CONTENT_SECURITY_POLICY,
				"x-content-type-options": "nosniff",
			},
		});
	});
}
