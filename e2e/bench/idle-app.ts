import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startDemoProcess } from "../fixtures/cli-process.ts";
import { newDataDir } from "../fixtures/electron-app.ts";
import { electronBinary } from "../fixtures/electron-binary.ts";
import { openDisplay } from "../fixtures/virtual-display.ts";
import { type Bench, figure, row } from "./bench.ts";
import { treeCost } from "./process-cost.ts";

/** Time after the start before measuring, and how long is measured. */
const SETTLE_MS = 60_000;
const MEASURE_MS = 30_000;

const root = fileURLToPath(new URL("../..", import.meta.url));

function start(args: readonly string[], display: string): ChildProcess {
	const clean = Object.entries(process.env).filter(
		([name]) => !/^(PLIMSOLL_|OLLAMA_|ELECTRON_RUN)/.test(name),
	);
	return spawn(electronBinary() ?? "", [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), ...args], {
		stdio: "ignore",
		env: { ...Object.fromEntries(clean), DISPLAY: display },
	});
}

async function end(child: ChildProcess): Promise<void> {
	const gone = new Promise((resolve) => child.once("exit", resolve));
	child.kill("SIGTERM");
	await gone;
}

/** What the app costs while its popover is closed and nothing happens, against a tray app that does nothing at all. */
export const idleApp: Bench = {
	name: "idle-app",
	obstacle() {
		if (process.platform !== "linux") return "reads /proc";
		return electronBinary() === null ? "there is no Electron binary" : null;
	},
	async run() {
		const display = await openDisplay();
		const dataDir = newDataDir();
		const userData = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
		const demo = await startDemoProcess([]);
		const app = start([root, "--data-dir", dataDir, "--port", "0", "--engine", demo.url], display.name);
		const empty = start(
			[`--user-data-dir=${userData}`, join(root, "e2e/fixtures/electron-empty-app.cjs")],
			display.name,
		);
		try {
			await pause(SETTLE_MS);
			const [appBefore, emptyBefore] = [treeCost(app.pid ?? 0), treeCost(empty.pid ?? 0)];
			await pause(MEASURE_MS);
			const [appAfter, emptyAfter] = [treeCost(app.pid ?? 0), treeCost(empty.pid ?? 0)];
			const share = (before: number, after: number) => ((after - before) / MEASURE_MS) * 100;
			const percent = share(appBefore.cpuTimeMs, appAfter.cpuTimeMs);
			const ratio = appAfter.pssBytes / emptyAfter.pssBytes;
			return [
				row("app, popover closed: share of one core", percent, "%", "< 0.5 %", percent < 0.5),
				figure("empty tray app: share of one core", share(emptyBefore.cpuTimeMs, emptyAfter.cpuTimeMs), "%"),
				row("app, popover closed: memory against an empty tray app", ratio, "×", "< 1.15 ×", ratio < 1.15),
				figure("app: proportional set size", appAfter.pssBytes / 1024 ** 2, "MB"),
				figure("empty tray app: proportional set size", emptyAfter.pssBytes / 1024 ** 2, "MB"),
				figure("app: processes", appAfter.processes, ""),
				figure("empty tray app: processes", emptyAfter.processes, ""),
			];
		} finally {
			await end(app);
			await end(empty);
			await demo.stop();
			display.close();
			for (const each of [dataDir, userData]) {
				rmSync(each, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
			}
		}
	},
};
