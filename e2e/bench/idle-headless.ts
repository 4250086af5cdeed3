import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startDemoProcess, startHeadless } from "../fixtures/cli-process.ts";
import { type Bench, figure, row } from "./bench.ts";
import { treeCost } from "./process-cost.ts";

/** Time after the start before measuring, and how long is measured. */
const SETTLE_MS = 60_000;
const MEASURE_MS = 30_000;

/** What the headless core costs while nobody looks and nothing happens, one model loaded. */
export const idleHeadless: Bench = {
	name: "idle",
	obstacle: () => (process.platform === "linux" ? null : "reads /proc"),
	async run() {
		const dataDir = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
		const demo = await startDemoProcess([]);
		const plimsoll = await startHeadless({ engine: demo.url, dataDir });
		try {
			await fetch(`${plimsoll.url}/api/memory/models/gemma3:1b/load`, { method: "POST" });
			await pause(SETTLE_MS);
			const before = treeCost(plimsoll.pid);
			await pause(MEASURE_MS);
			const after = treeCost(plimsoll.pid);
			const percent = ((after.cpuTimeMs - before.cpuTimeMs) / MEASURE_MS) * 100;
			return [
				row("headless core, idle: share of one core", percent, "%", "< 0.5 %", percent < 0.5),
				figure("headless core, idle: proportional set size", after.pssBytes / 1024 ** 2, "MB"),
			];
		} finally {
			await plimsoll.stop();
			await demo.stop();
			rmSync(dataDir, { recursive: true, force: true });
		}
	},
};
