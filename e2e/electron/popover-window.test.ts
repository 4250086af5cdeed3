import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type DrivenApp, startElectronApp, TRAY_ICON } from "../fixtures/electron-app.ts";
import { processTree } from "../fixtures/electron-processes.ts";

/** Nothing listens there; what is tested here needs no engine. */
const NO_ENGINE = "http://127.0.0.1:1";

let app: DrivenApp;

async function visible(expected: boolean): Promise<void> {
	await vi.waitFor(async () => expect(await app.isVisible()).toBe(expected), { timeout: 10_000 });
}

async function windowCount(): Promise<number> {
	return app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
}

/** Gives the focus to another window, as a click beside the popover does. */
async function focusElsewhere(): Promise<void> {
	await app.electron.evaluate(({ BrowserWindow }) => new BrowserWindow({ width: 200, height: 200 }).focus());
}

describe("the popover's window", () => {
	beforeEach(async () => {
		app = await startElectronApp({ engine: NO_ENGINE });
	});
	afterEach(async () => app.close());

	it("opens under the icon, inside the work area, at its size", async () => {
		await app.clickTray();
		await visible(true);
		const { bounds, workArea } = await app.electron.evaluate(({ BrowserWindow, screen }) => ({
			bounds: BrowserWindow.getAllWindows()[0]?.getBounds(),
			workArea: screen.getPrimaryDisplay().workArea,
		}));
		if (bounds === undefined) throw new Error("there is no window");
		expect([bounds.width, bounds.height]).toEqual([380, 600]);
		expect(bounds.y).toBeGreaterThanOrEqual(Math.max(workArea.y, TRAY_ICON.y + TRAY_ICON.height));
		expect(bounds.y).toBeLessThan(TRAY_ICON.y + TRAY_ICON.height + 20);
		expect(Math.abs(bounds.x + bounds.width / 2 - (TRAY_ICON.x + TRAY_ICON.width / 2))).toBeLessThanOrEqual(
			1,
		);
		expect(bounds.x + bounds.width).toBeLessThanOrEqual(workArea.x + workArea.width);
	});

	it("hides at the second click and comes back at the third, with the same page", async () => {
		const page = await app.clickTray();
		await visible(true);
		await page.evaluate("globalThis.kept = 1");
		await app.clickTray();
		await visible(false);
		await app.clickTray();
		await visible(true);
		expect(await app.page()?.evaluate("globalThis.kept")).toBe(1);
	});

	it("hides when it loses the focus", async () => {
		await app.clickTray();
		await visible(true);
		await vi.waitFor(async () =>
			expect(
				await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getFocusedWindow() !== null),
			).toBe(true),
		);
		const id = await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.id);
		await focusElsewhere();
		await vi.waitFor(async () =>
			expect(
				await app.electron.evaluate(
					({ BrowserWindow }, popover) => BrowserWindow.fromId(popover ?? 0)?.isVisible(),
					id,
				),
			).toBe(false),
		);
	});

	it("stays away when it is closed again before its page was there", async () => {
		await app.electron.evaluate((_modules, bounds) => {
			const tray = (globalThis as unknown as { plimsollTray: NodeJS.EventEmitter }).plimsollTray;
			tray.emit("click", { metaKey: false }, bounds);
			tray.emit("click", { metaKey: false }, bounds);
		}, TRAY_ICON);
		const page = await vi.waitFor(() => {
			const opened = app.page();
			if (opened === null) throw new Error("no page yet");
			return opened;
		});
		await page.waitForLoadState("load");
		// Painted twice, it would have been shown by now if it ever were.
		await page.evaluate("new Promise((done) => setTimeout(done, 300))");
		expect(await app.isVisible()).toBe(false);
		await app.clickTray();
		await visible(true);
	});

	it("closes from inside, by the page's own command", async () => {
		const page = await app.clickTray();
		await visible(true);
		await page.evaluate("window.plimsoll.closePopover(null)");
		await visible(false);
	});

	it("is made anew after its page crashed", async () => {
		await app.clickTray();
		await visible(true);
		const before = await app.electron.evaluate(({ BrowserWindow }) => {
			const window = BrowserWindow.getAllWindows()[0];
			window?.webContents.forcefullyCrashRenderer();
			return window?.id;
		});
		await vi.waitFor(async () => expect(await windowCount()).toBe(0));
		await app.clickTray();
		await visible(true);
		const after = await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.id);
		expect(after).not.toBe(before);
	});
});

describe("a popover that was hidden for long", () => {
	beforeEach(async () => {
		app = await startElectronApp({ engine: NO_ENGINE, env: { PLIMSOLL_DESTROY_AFTER_MS: "50" } });
	});
	afterEach(async () => app.close());

	it("is destroyed, and made anew with what core knows", async () => {
		const first = await app.clickTray();
		await visible(true);
		await first.evaluate("window.plimsoll.changeSettings({ language: 'de' })");
		await app.clickTray();
		await vi.waitFor(async () => expect(await windowCount()).toBe(0));
		const second = await app.clickTray();
		await visible(true);
		expect(second).not.toBe(first);
		expect(
			await second.evaluate("window.plimsoll.snapshot(null).then((state) => state.settings.language)"),
		).toBe("de");
	});

	it("leaves no process behind, however often it comes and goes", async () => {
		async function settled(): Promise<number> {
			let last = -1;
			return vi.waitFor(
				async () => {
					const now = processTree(app.pid).length;
					const same = now === last;
					last = now;
					if (!same) throw new Error("still changing");
					return now;
				},
				{ timeout: 15_000, interval: 1_000 },
			);
		}
		async function comeAndGo(): Promise<number> {
			await app.clickTray();
			await visible(true);
			await app.clickTray();
			await vi.waitFor(async () => expect(await windowCount()).toBe(0));
			return settled();
		}
		// The first window starts helpers that Chromium keeps for the next one.
		const after = await comeAndGo();
		for (let round = 0; round < 3; round += 1) expect(await comeAndGo()).toBeLessThanOrEqual(after);
		expect(await app.electron.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(0);
	});
});
