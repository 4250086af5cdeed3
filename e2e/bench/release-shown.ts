import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launchBrowser } from "../fixtures/browser.ts";
import { type ListeningProcess, startDemoProcess, startHeadless } from "../fixtures/cli-process.ts";
import { type Bench, type BenchRow, row as figureOf, median } from "./bench.ts";

const ROUNDS = 9;
const MODEL = "gemma3:1b";
const LIMIT_MS = 250;
/** How often the runner's process is looked at, ms. */
const LOOK_EVERY_MS = 2;

/** Wall clock at which a process was first seen to have ended; a zombie has. */
async function exitOf(pid: number): Promise<number> {
	for (;;) {
		try {
			const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
			if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")) return Date.now();
		} catch {
			return Date.now();
		}
		await sleep(LOOK_EVERY_MS);
	}
}

/** Address of the popover in a browser, which is printed after the one it listens on. */
async function pageOf(served: ListeningProcess): Promise<string> {
	for (;;) {
		const url = /http:\S+\/popover\/#token=\S+/.exec(served.printed())?.[0];
		if (url !== undefined) return url;
		await sleep(20);
	}
}

/** Flushes from the page again and again, and times from the end of the runner's process until its row is gone. */
async function benchRelease(): Promise<readonly BenchRow[]> {
	const dataDir = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
	writeFileSync(join(dataDir, "settings.json"), JSON.stringify({ app: { welcomed: true } }));
	const demo = await startDemoProcess(["--scale", "1/256", "--load-gb-per-second", "20"]);
	const served = await startHeadless({ engine: demo.url, dataDir });
	const browser = await launchBrowser();
	const waits: number[] = [];
	try {
		const page = await browser.newPage({ viewport: { width: 380, height: 600 } });
		await page.goto(await pageOf(served));
		for (let round = 0; round < ROUNDS; round += 1) {
			await (await fetch(`${served.url}/api/memory/models/${MODEL}/load`, { method: "POST" })).text();
			const machine = (await (await fetch(`${demo.url}/demo/machine`)).json()) as {
				readonly runners: readonly { readonly pid: number }[];
			};
			const pid = machine.runners[0]?.pid;
			if (pid === undefined) throw new Error("no runner came");
			// A loaded model is known by its key, an installed one by its name.
			const loaded = `[data-model^="${MODEL}@"]`;
			await page.locator(loaded).waitFor();
			const shown = page.evaluate(
				(selector) =>
					new Promise<number>((resolve) => {
						const look = () =>
							document.querySelector(selector) === null ? resolve(Date.now()) : requestAnimationFrame(look);
						look();
					}),
				loaded,
			);
			// Where the click fails, that is the error to be told.
			shown.catch(() => undefined);
			const ended = exitOf(pid);
			await page.getByRole("button", { name: /^Flush/ }).click();
			waits.push((await shown) - (await ended));
		}
	} finally {
		await browser.close();
		await served.stop();
		await demo.stop();
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
	}
	const middle = median(waits);
	return [
		figureOf("end of a runner to released on screen", middle, "ms", `< ${LIMIT_MS}`, middle < LIMIT_MS),
	];
}

/** From the end of a runner's process to the popover saying that its memory is back. */
export const releaseShown: Bench = {
	name: "release-shown",
	obstacle: () => (process.platform === "linux" ? null : "it reads /proc"),
	run: benchRelease,
};
