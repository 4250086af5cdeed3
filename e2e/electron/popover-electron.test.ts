import { expect, vi } from "vitest";
import { type DrivenApp, newDataDir, startElectronApp } from "../fixtures/electron-app.ts";
import { describeFlows } from "../specs/popover-flows.ts";

describeFlows("its window", async (engine) => {
	const dataDir = newDataDir();
	const start = (): Promise<DrivenApp> =>
		startElectronApp({ engine, dataDir, env: { PLIMSOLL_DESTROY_AFTER_MS: "50" } });
	let app = await start();
	return {
		dataDir,
		open: () => app.clickTray(),
		async takeAway() {
			await app.clickTray();
			await vi.waitFor(async () =>
				expect(await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(
					0,
				),
			);
		},
		async restart() {
			await app.quit();
			await app.close({ keepData: true });
			app = await start();
		},
		end: () => app.close(),
	};
});
