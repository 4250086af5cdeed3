import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launchBrowser } from "../fixtures/browser.ts";
import { servePopover } from "./popover-page.ts";
import { openScene, scenes } from "./scenes.ts";

/** Closest to the Mac's system font among the fonts that other systems have; slightly wider. */
const SCREENSHOT_FONT = "Inter, system-ui, sans-serif";

/**
 * Makes a picture of every scene in light and dark, at twice the size of the screen's points, as NAME.light.png and
 * NAME.dark.png. `only` names some of them. The popover must be built.
 */
export async function makeScreenshots(outDir: string, only?: readonly string[]): Promise<void> {
	await mkdir(outDir, { recursive: true });
	const browser = await launchBrowser();
	const server = await servePopover();
	try {
		for (const scene of scenes) {
			if (only !== undefined && !only.includes(scene.name)) continue;
			for (const theme of ["light", "dark"] as const) {
				const open = await openScene(server, browser, scene, { theme, scale: 2, font: SCREENSHOT_FONT });
				await open.page.screenshot({
					path: join(outDir, `${scene.name}.${theme}.png`),
					animations: "disabled",
				});
				await open.close();
			}
		}
	} finally {
		await browser.close();
		await server.close();
	}
}
