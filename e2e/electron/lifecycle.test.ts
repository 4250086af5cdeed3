import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { type DrivenApp, newDataDir, startElectronApp, startSecond } from "../fixtures/electron-app.ts";
import { processTree } from "../fixtures/electron-processes.ts";
import { isAlive } from "../specs/processes.ts";

/** Nothing listens there; what is tested here needs no engine. */
const NO_ENGINE = "http://127.0.0.1:1";

let app: DrivenApp | null = null;

async function start(options: Partial<Parameters<typeof startElectronApp>[0]> = {}): Promise<DrivenApp> {
	app = await startElectronApp({ engine: NO_ENGINE, ...options });
	return app;
}

afterEach(async () => {
	await app?.close();
	app = null;
});

/** Waits until none of some processes is left. */
async function allGone(pids: readonly number[]): Promise<void> {
	await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000 });
}

/** What only a running Plimsoll may have in its folder. */
function leftovers(dataDir: string): readonly string[] {
	const names = [...readdirSync(dataDir), ...readdirSync(join(dataDir, "chromium"))];
	return names.filter((name) => /^api\.json$|lock$|claim$|^Singleton/i.test(name));
}

it("starts hidden: no window is made before somebody asks for it", async () => {
	const { electron, url } = await start();
	expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(0);
	expect((await fetch(`${url}/health`)).status).toBe(200);
});

it("shows itself at the first start, so that people find it, and only until the first-run steps were seen", async () => {
	const first = await start({ welcomed: false });
	await vi.waitFor(async () => expect(await first.isVisible()).toBe(true), { timeout: 10_000 });
	const page = first.page();
	await page?.evaluate("window.plimsoll.changeSettings({ app: { welcomed: true } })");
	await first.quit();
	const { dataDir } = first;
	await first.close({ keepData: true });

	const second = await start({ dataDir });
	expect(await second.isVisible()).toBe(false);
});

it("shows the popover of the first instance when it is started again", async () => {
	const first = await start();
	expect(await startSecond(first.dataDir)).toBe(0);
	await vi.waitFor(async () => expect(await first.isVisible()).toBe(true), { timeout: 10_000 });
	expect(isAlive(first.pid)).toBe(true);
});

it("shows the popover when the system activates it, for a tray icon that cannot be seen", async () => {
	const { electron, isVisible } = await start();
	await electron.evaluate(({ app: running }) => running.emit("activate"));
	await vi.waitFor(async () => expect(await isVisible()).toBe(true));
});

it("writes where it can be reached, and leaves no process, no address and no lock when it is quit", async () => {
	const running = await start();
	await running.clickTray();
	const written = JSON.parse(readFileSync(join(running.dataDir, "api.json"), "utf8")) as {
		readonly pid: number;
	};
	expect(written.pid).toBe(running.pid);
	expect(leftovers(running.dataDir)).toContain("api.json");
	const tree = processTree(running.pid);
	expect(tree.length).toBeGreaterThan(2);
	await running.quit();
	await allGone(tree);
	expect(leftovers(running.dataDir)).toEqual([]);
});

it.each(["SIGTERM", "SIGINT"] as const)("ends in the same order on %s", async (signal) => {
	const running = await start();
	const tree = processTree(running.pid);
	process.kill(running.pid, signal);
	await allGone(tree);
	expect(leftovers(running.dataDir)).toEqual([]);
});

it("starts again over the data folder of one that was killed", async () => {
	const dataDir = newDataDir();
	const first = await start({ dataDir });
	const tree = processTree(first.pid);
	process.kill(first.pid, "SIGKILL");
	await allGone(tree);
	await first.close({ keepData: true });
	const second = await start({ dataDir });
	expect((await fetch(`${second.url}/health`)).status).toBe(200);
});

it("finds another port by itself where another Plimsoll has the wanted one", async () => {
	const first = await start();
	const second = await startElectronApp({ engine: NO_ENGINE, port: Number(new URL(first.url).port) });
	expect(second.url).not.toBe(first.url);
	expect((await fetch(`${second.url}/health`)).status).toBe(200);
	await second.close();
});
