import { spawn } from "node:child_process";

/** Whether somebody sits in front of a screen here: no CI, and on Linux a display. */
export function hasScreen(
	platform: NodeJS.Platform,
	environment: Readonly<Record<string, string | undefined>>,
): boolean {
	if (environment.CI || environment.SSH_CONNECTION) return false;
	if (platform === "darwin" || platform === "win32") return true;
	return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

/** Opens an address in the person's browser. Whether one opened cannot be known; the address is printed too. */
export function openInBrowser(url: string, platform: NodeJS.Platform): void {
	const [program, args]: readonly [string, readonly string[]] =
		platform === "darwin"
			? ["/usr/bin/open", [url]]
			: platform === "win32"
				? ["explorer.exe", [url]]
				: ["xdg-open", [url]];
	const child = spawn(program, args, { detached: true, stdio: "ignore" });
	child.on("error", () => undefined);
	child.unref();
}
