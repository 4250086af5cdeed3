import { rmSync } from "node:fs";
import type { Browser, Locator, Page } from "@playwright/test";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { buildRenderer } from "../../build/scripts/build.mjs";
import { launchBrowser } from "../fixtures/browser.ts";
import { newDataDir } from "../fixtures/electron-app.ts";
import { cleanUp, isAlive, type Served, type Started, said, startDemo, startServe } from "./processes.ts";

const MODEL = "gemma3:1b";
/** Nothing may end in this time that was not asked to, ms: longer than a process is given to end politely. */
const LEFT_ALONE_MS = 5_000;

let browser: Browser;
let engine: Started & { readonly url: string };
let served: Served;
let page: Page;
const dataDir = newDataDir();

async function control(body: unknown): Promise<void> {
	const response = await fetch(`${engine.url}/demo/control`, { method: "POST", body: JSON.stringify(body) });
	expect(response.status).toBe(200);
}

/** What no engine lists, by the state that the popover shows. */
const strays = () =>
	page.evaluate("window.plimsoll.snapshot(null).then((state) => state.strays)") as Promise<
		readonly { readonly pid: number }[]
	>;

const row = (pid: number): Locator =>
	page
		.getByRole("list", { name: "Processes that no engine lists" })
		.getByRole("listitem")
		.filter({ hasText: `process ${pid}` });

const question = (pid: number): Locator =>
	page.getByRole("group", { name: `End process ${pid}? What it answers is lost.` });

/** The process that a stopped engine has left over, once the popover shows it. */
async function leftOver(): Promise<number> {
	await control({ orphan: { model: MODEL } });
	const pid = await vi.waitFor(
		async () => {
			const [stray] = await strays();
			if (stray === undefined) throw new Error("nothing is left over");
			return stray.pid;
		},
		{ timeout: 20_000, interval: 100 },
	);
	await row(pid).waitFor();
	return pid;
}

async function rests(pid: number): Promise<void> {
	await page.waitForTimeout(LEFT_ALONE_MS);
	expect(isAlive(pid)).toBe(true);
	expect((await strays()).map((stray) => stray.pid)).toEqual([pid]);
}

beforeAll(async () => {
	await buildRenderer({ quiet: true });
	browser = await launchBrowser();
	engine = await startDemo("--control", "--orphan-lifetime-ms", "120000");
	served = await startServe(engine.url, dataDir);
	page = await browser.newPage({ viewport: { width: 380, height: 600 } });
	page.setDefaultTimeout(15_000);
	await page.goto(await said(served, /(http:\S+\/popover\/#token=\S+)/));
});

afterAll(async () => {
	await browser?.close();
	await cleanUp();
	rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

describe("ending a left-over runner in the popover", () => {
	let pid: number;
	beforeEach(async () => {
		pid = (await strays())[0]?.pid ?? (await leftOver());
	});

	it("asks at the first click, with the answer that does no harm at hand", async () => {
		await row(pid).getByRole("button", { name: "End its process" }).click();
		await question(pid).waitFor();
		const cancel = question(pid).getByRole("button", { name: "Cancel" });
		await expect.poll(() => cancel.evaluate((button) => button === document.activeElement)).toBe(true);
		await cancel.click();
		await question(pid).waitFor({ state: "detached" });
		await rests(pid);
	});

	it("ends nothing where the question is left unanswered", async () => {
		await row(pid).getByRole("button", { name: "End its process" }).click();
		await question(pid).waitFor();
		await page.getByRole("tab", { name: "Chat" }).click();
		await row(pid).waitFor({ state: "detached" });
		await page.getByRole("tab", { name: "Now" }).click();
		await row(pid).getByRole("button", { name: "End its process" }).waitFor();
		await rests(pid);
	});

	it("ends it at the second click: the row goes, and the process is gone", async () => {
		expect(isAlive(pid)).toBe(true);
		await row(pid).getByRole("button", { name: "End its process" }).click();
		await question(pid).getByRole("button", { name: "End its process" }).click();
		await row(pid).waitFor({ state: "detached" });
		expect(isAlive(pid)).toBe(false);
		await expect.poll(strays).toEqual([]);
	});
});
