import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { _electron, type ElectronApplication } from "@playwright/test";
import { startDemoProcess } from "../fixtures/cli-process.ts";
import { startElectronApp, TRAY_ICON } from "../fixtures/electron-app.ts";
import { electronBinary } from "../fixtures/electron-binary.ts";
import { openDisplay } from "../fixtures/virtual-display.ts";
import { type Bench, type BenchRow, figure, median, row } from "./bench.ts";

/** Rounds that are measured; one before them warms up both. */
const ROUNDS = 15;

/** What must stand in a page before it counts as open. */
const POPOVER_READY = "document.querySelector('[role=tab]') !== null";
const EMPTY_READY = "document.body !== null";

/** Milliseconds from a click on the icon until the window is shown and its page has painted what it waits for. */
function openOnce(electron: ElectronApplication, ready: string): Promise<number> {
	return electron.evaluate(
		async ({ app, BrowserWindow }, [bounds, condition]) => {
			const startedAt = performance.now();
			const known = BrowserWindow.getAllWindows()[0];
			const shown = new Promise<Electron.BrowserWindow>((resolve) => {
				const wait = (window: Electron.BrowserWindow) => window.once("show", () => resolve(window));
				if (known === undefined) app.once("browser-window-created", (_event, window) => wait(window));
				else wait(known);
			});
			const tray = (globalThis as unknown as { plimsollTray: NodeJS.EventEmitter }).plimsollTray;
			tray.emit("click", { metaKey: false }, bounds);
			const window = await shown;
			await window.webContents.executeJavaScript(
				`new Promise((done) => {
					const look = () => ${condition}
						? requestAnimationFrame(() => requestAnimationFrame(() => done()))
						: requestAnimationFrame(look);
					look();
				})`,
			);
			return performance.now() - startedAt;
		},
		[TRAY_ICON, ready] as const,
	);
}

/** Takes the window away again: hidden, or destroyed. */
async function putAway(electron: ElectronApplication, destroy: boolean): Promise<void> {
	await electron.evaluate(async ({ BrowserWindow }, gone) => {
		const window = BrowserWindow.getAllWindows()[0];
		if (window === undefined) return;
		const away = new Promise<void>((resolve) => {
			if (gone) window.once("closed", () => resolve());
			else window.once("hide", () => resolve());
		});
		if (gone) window.destroy();
		else {
			const tray = (globalThis as unknown as { plimsollTray: NodeJS.EventEmitter }).plimsollTray;
			tray.emit("click", { metaKey: false }, { x: 0, y: 0, width: 24, height: 24 });
		}
		await away;
	}, destroy);
}

async function measure(
	popover: ElectronApplication,
	empty: ElectronApplication,
	destroyed: boolean,
): Promise<{ readonly popoverMs: number; readonly emptyMs: number }> {
	const popoverTimes: number[] = [];
	const emptyTimes: number[] = [];
	for (let round = 0; round <= ROUNDS; round += 1) {
		const popoverMs = await openOnce(popover, POPOVER_READY);
		await putAway(popover, destroyed);
		const emptyMs = await openOnce(empty, EMPTY_READY);
		await putAway(empty, destroyed);
		if (round === 0) continue;
		popoverTimes.push(popoverMs);
		emptyTimes.push(emptyMs);
	}
	return { popoverMs: median(popoverTimes), emptyMs: median(emptyTimes) };
}

function rowsFor(
	how: string,
	aimMs: number,
	times: { readonly popoverMs: number; readonly emptyMs: number },
): BenchRow[] {
	const ratio = times.popoverMs / times.emptyMs;
	return [
		row(`popover open, window ${how}: against an empty window`, ratio, "×", "≤ 1.5 ×", ratio <= 1.5),
		figure(`popover open, window ${how} (aim < ${aimMs} ms)`, times.popoverMs, "ms"),
		figure(`empty window, ${how}`, times.emptyMs, "ms"),
	];
}

/** How long the popover takes to open, with its window alive and destroyed, against an empty window in turns. */
export const popoverOpen: Bench = {
	name: "popover-open",
	obstacle: () => (electronBinary() === null ? "there is no Electron binary" : null),
	async run() {
		const display = await openDisplay();
		process.env.DISPLAY = display.name;
		const userData = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
		const demo = await startDemoProcess([]);
		const app = await startElectronApp({ engine: demo.url });
		const empty = await _electron.launch({
			executablePath: electronBinary() ?? "",
			args: [
				...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
				`--user-data-dir=${userData}`,
				fileURLToPath(new URL("../../e2e/fixtures/electron-empty-app.cjs", import.meta.url)),
			],
		});
		try {
			await fetch(`${app.url}/api/memory/models/gemma3:1b/load`, { method: "POST" });
			const alive = await measure(app.electron, empty, false);
			await putAway(app.electron, true);
			await putAway(empty, true);
			const destroyed = await measure(app.electron, empty, true);
			return [...rowsFor("alive", 50, alive), ...rowsFor("destroyed", 300, destroyed)];
		} finally {
			await empty.close();
			await app.close();
			await demo.stop();
			display.close();
			rmSync(userData, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
		}
	},
};
