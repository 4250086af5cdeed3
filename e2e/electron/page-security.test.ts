import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { callNames } from "../../shared/ipc-names.ts";
import { type DrivenApp, startElectronApp } from "../fixtures/electron-app.ts";

const PRELOAD = fileURLToPath(new URL("../../out/preload/preload.cjs", import.meta.url));

let app: DrivenApp;
let page: Page;

beforeAll(async () => {
	app = await startElectronApp({ engine: "http://127.0.0.1:1" });
	page = await app.clickTray();
	await page.waitForLoadState("load");
});
afterAll(async () => app.close());

/** Runs an expression in the page; what it throws or rejects with comes back as text. */
async function inPage(expression: string): Promise<unknown> {
	return page.evaluate(
		`(async () => { try { return await (${expression}); } catch (thrown) { return "refused: " + thrown; } })()`,
	);
}

async function windowCount(): Promise<number> {
	return app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
}

it("has nothing of Node in its page", async () => {
	const types = await inPage(
		"[typeof require, typeof process, typeof module, typeof Buffer, typeof global, typeof ipcRenderer]",
	);
	expect(types).toEqual(Array.from({ length: 6 }, () => "undefined"));
});

it("offers its page the contract's calls and nothing else, in an object that cannot be changed", async () => {
	expect(await inPage("Object.keys(window.plimsoll).sort()")).toEqual([...callNames, "on"].sort());
	expect(await inPage("Object.isFrozen(window.plimsoll)")).toBe(true);
	await inPage("(window.plimsoll.flush = null)");
	await inPage("(window.plimsoll = null)");
	expect(await inPage("typeof window.plimsoll.flush")).toBe("function");
});

it("runs its page in a process and a world of its own", async () => {
	const preferences = await app.electron.evaluate(({ BrowserWindow }) => {
		const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
			getLastWebPreferences(): Record<string, unknown>;
		};
		return contents.getLastWebPreferences();
	});
	expect(preferences).toMatchObject({
		contextIsolation: true,
		nodeIntegration: false,
		sandbox: true,
		webSecurity: true,
		webviewTag: false,
	});
});

it("serves its page with a strict content security policy that it does not break", async () => {
	const header = await page.reload().then((response) => response?.headers()["content-security-policy"]);
	expect(header).toContain("default-src 'none'");
	expect(header).toContain("script-src 'self'");
	expect(header).not.toMatch(/unsafe|\*|https?:/);
	const violations: string[] = [];
	page.on("console", (line) => {
		if (/Content Security Policy/i.test(line.text())) violations.push(line.text());
	});
	await page.reload({ waitUntil: "load" });
	await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
	expect(violations).toEqual([]);
	// The check above would see one.
	await page
		.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"http://127.0.0.1:1/a.png\">')")
		.catch(() => undefined);
	await page.evaluate(
		"{ const image = new Image(); image.src = 'http://127.0.0.1:1/a.png'; document.body.append(image); }",
	);
	await vi.waitFor(() => expect(violations.length).toBeGreaterThan(0));
});

it.each([
	[
		"inline script",
		"(() => { const s = document.createElement('script'); s.textContent = 'globalThis.ran = 1'; document.head.append(s); return globalThis.ran; })()",
	],
	["evaluated text", "window.setTimeout('globalThis.ran = 1')"],
	["markup from text", "(document.body.innerHTML = '<b id=\"intruder\">x</b>')"],
])("runs no %s", async (_what, expression) => {
	await inPage(expression);
	await page.evaluate("new Promise((done) => setTimeout(done, 20))");
	expect(await inPage("typeof globalThis.ran")).toBe("undefined");
	expect(await inPage("document.getElementById('intruder') === null")).toBe(true);
});

it.each([
	"https://example.com/",
	"file:///etc/passwd",
	"http://127.0.0.1:11434/api/tags",
	"app://plimsoll/../../etc/passwd",
	"app://elsewhere/index.html",
	"data:text/plain,x",
])("lets its page fetch nothing: %s", async (url) => {
	expect(await inPage(`fetch(${JSON.stringify(url)}).then((answer) => answer.status)`)).toMatch(/^refused/);
});

it("lets its page reach no gateway by any other way", async () => {
	const gateway = app.url.replace("http", "ws");
	expect(
		await inPage(
			`new Promise((done) => { const s = new WebSocket("${gateway}"); s.onopen = () => done("open"); s.onerror = () => done("refused"); })`,
		),
	).toMatch(/^refused/);
	expect(
		await inPage(
			`new Promise((done) => { const s = new EventSource("${app.url}/api/events"); s.onopen = () => done("open"); s.onerror = () => done("refused"); })`,
		),
	).toMatch(/^refused/);
});

it.each(["https://example.com/", "file:///etc/passwd", "data:text/html,x", "app://plimsoll/other.html"])(
	"stays where it is when its page is sent to %s",
	async (url) => {
		await inPage(`(location.href = ${JSON.stringify(url)})`);
		await inPage(
			`(() => { const a = document.createElement("a"); a.href = ${JSON.stringify(url)}; a.click(); })()`,
		);
		await inPage(
			`(() => { const a = document.createElement("a"); a.href = ${JSON.stringify(url)}; a.target = "_blank"; a.click(); })()`,
		);
		expect(await inPage(`window.open(${JSON.stringify(url)}) === null`)).toBe(true);
		expect(page.url()).toMatch(/^app:\/\/plimsoll\/index\.html/);
		expect(await inPage("typeof window.plimsoll.flush")).toBe("function");
		expect(await windowCount()).toBe(1);
	},
);

it.each(["geolocation", "notifications", "camera", "microphone", "clipboard-read", "midi"])(
	"denies the permission for %s",
	async (name) => {
		expect(
			await inPage(`navigator.permissions.query({ name: "${name}" }).then((status) => status.state)`),
		).toBe("denied");
	},
);

it("denies what asks for a device", async () => {
	expect(await inPage("navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'given')")).toMatch(
		/^refused/,
	);
	expect(await inPage("navigator.mediaDevices.getDisplayMedia({ video: true }).then(() => 'given')")).toMatch(
		/^refused/,
	);
});

it("answers no frame but the popover's own", async () => {
	const outcome = await app.electron.evaluate(async ({ BrowserWindow, session }, preload) => {
		const webPreferences = { preload, sandbox: true, contextIsolation: true };
		const ask = "window.plimsoll.snapshot(null).then(() => 'answered', (error) => error.code)";
		const foreign = new BrowserWindow({
			show: false,
			webPreferences: { ...webPreferences, session: session.fromPartition("foreign") },
		});
		await foreign.loadURL("data:text/html,foreign");
		// The very same page in a window that is not the popover.
		const twin = new BrowserWindow({ show: false, webPreferences });
		await twin.loadURL("app://plimsoll/index.html");
		const answers: unknown[] = [];
		for (const window of [foreign, twin]) {
			answers.push(await window.webContents.executeJavaScript(ask));
			window.destroy();
		}
		return answers;
	}, PRELOAD);
	expect(outcome).toEqual(["forbidden", "forbidden"]);
	expect(await inPage("window.plimsoll.snapshot(null).then((state) => state.version > 0)")).toBe(true);
});

it("throws away a page that emptied itself, and makes a good one at the next click", async () => {
	await app.electron.evaluate(({ BrowserWindow }) => {
		const contents = BrowserWindow.getAllWindows()[0]?.webContents;
		void contents?.executeJavaScript("location.href = 'about:blank'").catch(() => undefined);
	});
	await vi.waitFor(async () => expect(await windowCount()).toBe(0));
	page = await app.clickTray();
	await page.waitForLoadState("load");
	expect(await inPage("typeof window.plimsoll.flush")).toBe("function");
});
