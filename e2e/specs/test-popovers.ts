import type { Browser } from "@playwright/test";
import { afterAll, beforeAll } from "vitest";
import { launchBrowser } from "../fixtures/browser.ts";
import {
	type OpenPopover,
	type PopoverServer,
	type PopoverSetup,
	servePopover,
} from "../screens/popover-page.ts";
import { openScene, type Scene } from "../screens/scenes.ts";

/** Popovers in the browser of one test file. Whoever opens one closes it. */
export interface TestPopovers {
	/** Where the popover's page is served. */
	url(): string;
	open(setup: PopoverSetup): Promise<OpenPopover>;
	openScene(scene: Scene): Promise<OpenPopover>;
}

/** Starts a browser and serves the built popover before the tests of a file, and ends both after them. */
export function testPopovers(): TestPopovers {
	let browser: Browser;
	let server: PopoverServer;

	beforeAll(async () => {
		browser = await launchBrowser();
		server = await servePopover();
	});

	afterAll(async () => {
		await browser?.close();
		await server?.close();
	});

	return {
		url: () => server.url,
		open: (setup) => server.open(browser, setup),
		openScene: (scene) => openScene(server, browser, scene),
	};
}
