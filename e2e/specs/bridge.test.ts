import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "@playwright/test";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readPopoverFiles } from "../../electron/headless/popover-files.ts";
import { createPopoverSocket, type PopoverSocket } from "../../electron/headless/popover-socket.ts";
import { callNames } from "../../shared/ipc.ts";
import { launchBrowser } from "../fixtures/browser.ts";
import { createStubCore, type StubCore } from "./contract-stub.ts";

const TOKEN = "token-of_this-run";

/** A page in the place of the popover: it notes what its own script finds when it runs. */
const INDEX = `<!doctype html><html><head><title>page</title><script type="module" src="app.js"></script></head>
<body><script>document.title = "inline ran";</script></body></html>`;
const APP = "document.documentElement.dataset.found = typeof window.plimsoll;";

let folder: string;
let core: StubCore;
let server: Server;
let socket: PopoverSocket;
let browser: Browser;
let page: Page;
let base: string;

/** Runs an expression in the page. */
function inPage<Result>(expression: string): Promise<Result> {
	return page.evaluate(expression);
}

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "plimsoll-bridge-"));
	await writeFile(join(folder, "index.html"), INDEX);
	await writeFile(join(folder, "app.js"), APP);
	browser = await launchBrowser([]);
	const bridge = fileURLToPath(new URL("../../out/headless/bridge.js", import.meta.url));
	const files = await readPopoverFiles(folder, bridge);
	core = createStubCore();
	socket = createPopoverSocket(core.registrar, TOKEN);
	server = createServer((request, response) => files.answer(request, response, []));
	server.on("upgrade", (request, connection, head) => socket.upgrade(request, connection, head));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/popover/`;
});
afterAll(async () => {
	await browser?.close();
	socket.close();
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
	core.reset();
	page = await (await browser.newContext()).newPage();
});
afterEach(async () => page.context().close());

describe("the bridge in a real page", () => {
	it("gives the page its API before the page's own script runs, and takes the token out of the address", async () => {
		await page.goto(`${base}#token=${TOKEN}`);
		await page.waitForFunction("document.documentElement.dataset.found === 'object'");
		expect(page.url()).toBe(base);
		expect(await inPage("window.plimsoll.flush(null)")).toEqual({ name: "flush", argument: null });
		expect(await inPage("document.documentElement.dataset.connection")).toBe("connected");
	});

	it("holds exactly the contract and cannot be replaced", async () => {
		await page.goto(`${base}#token=${TOKEN}`);
		expect(await inPage<string[]>("Object.keys(window.plimsoll).sort()")).toEqual(
			[...callNames, "on"].sort(),
		);
		const tries = `(() => { "use strict"; const out = [];
			for (const attempt of [() => { window.plimsoll = 1; }, () => { window.plimsoll.flush = 1; },
				() => { delete window.plimsoll; }]) try { attempt(); out.push("done"); } catch { out.push("refused"); }
			return out; })()`;
		expect(await inPage(tries)).toEqual(["refused", "refused", "refused"]);
	});

	it("survives a reload", async () => {
		await page.goto(`${base}#token=${TOKEN}`);
		await inPage("window.plimsoll.flush(null)");
		await page.reload();
		expect(await inPage("window.plimsoll.flush(null)")).toEqual({ name: "flush", argument: null });
	});

	it("tells events, and the code of an error", async () => {
		await page.goto(`${base}#token=${TOKEN}`);
		await inPage(
			"void (window.seen = [], window.plimsoll.on('patch', (patch) => window.seen.push(patch.to)))",
		);
		await vi.waitFor(() => expect(core.followers("patch")).toBe(1));
		core.tell("patch", { from: 1, to: 2, steps: [] });
		await page.waitForFunction("window.seen.length === 1 && window.seen[0] === 2");
		expect(await inPage("window.plimsoll.pin({ model: 'a' }).catch((error) => error.code)")).toBe(
			"invalid-argument",
		);
	});

	it("says refused where the token is missing or another run's", async () => {
		for (const address of [base, `${base}#token=other`]) {
			await page.goto(address);
			expect(await inPage("window.plimsoll.flush(null).catch((error) => error.code)")).toBe("unauthorized");
			await page.waitForFunction("document.documentElement.dataset.connection === 'refused'");
		}
		expect(core.received).toEqual([]);
	});

	it("lives in a page whose policy runs no inline script", async () => {
		await page.goto(`${base}#token=${TOKEN}`);
		await page.waitForFunction("document.documentElement.dataset.found === 'object'");
		expect(await page.title()).toBe("page");
	});
});
