import { rmSync } from "node:fs";
import type { Browser, Page } from "@playwright/test";
import { buildRenderer } from "../../build/scripts/build.mjs";
import { launchBrowser } from "../fixtures/browser.ts";
import { newDataDir } from "../fixtures/electron-app.ts";
import { describeFlows } from "./popover-flows.ts";
import { end, type Served, said, startServe } from "./processes.ts";

describeFlows("a browser", async (engine) => {
	await buildRenderer({ quiet: true });
	const dataDir = newDataDir();
	const browser: Browser = await launchBrowser();
	let served: Served = await startServe(engine, dataDir);
	let page: Page | null = null;
	return {
		dataDir,
		async open() {
			page = await browser.newPage({ viewport: { width: 380, height: 600 } });
			await page.goto(await said(served, /(http:\S+\/popover\/#token=\S+)/));
			return page;
		},
		async takeAway() {
			await page?.close();
		},
		async restart() {
			await page?.close();
			await end(served);
			served = await startServe(engine, dataDir);
		},
		async end() {
			await browser.close();
			await end(served);
			rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
		},
	};
});
