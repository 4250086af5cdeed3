import http, { type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "@playwright/test";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type EngineStub, startEngineStub } from "../../electron/core/gateway/testing/engine-stub.ts";
import {
	type GatewayUnderTest,
	startGateway,
	withGatewaySettings,
} from "../../electron/core/gateway/testing/gateway-under-test.ts";
import { launchBrowser } from "../fixtures/browser.ts";

const attackScript = fileURLToPath(new URL("../fixtures/attack-page.js", import.meta.url));

let engine: EngineStub;
let under: GatewayUnderTest;
let site: Server;
let sitePort: number;
let browser: Browser;
let upgrades = 0;

beforeAll(async () => {
	engine = await startEngineStub();
	under = await startGateway(engine.url);
	under.gateway.mount({
		prefix: "/popover/",
		hasOwnSecret: true,
		request(_request, response, headers) {
			response.writeHead(200, ["Content-Type", "text/html", ...headers]);
			response.end("<title>own page</title>");
		},
		upgrade(_request, socket) {
			upgrades += 1;
			socket.destroy();
		},
	});
	site = http.createServer((_request, response) => {
		response.setHeader("Content-Type", "text/html");
		response.end("<!doctype html><title>some page</title><iframe name=sink></iframe>");
	});
	await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
	sitePort = (site.address() as AddressInfo).port;
	browser = await launchBrowser([
		"--host-resolver-rules=MAP evil.test 127.0.0.1, MAP other.test 127.0.0.1",
		// Newer browsers ask the user before a page reaches this machine. Others do not, so it must hold without.
		"--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
	]);
});

afterAll(async () => {
	await browser?.close();
	site?.close();
	site?.closeAllConnections();
	await under?.close();
	await engine?.close();
});

beforeEach(() => {
	under.knobs.handlersRun = 0;
	under.knobs.admitted.length = 0;
	upgrades = 0;
});

/** Opens a page, runs something with it and closes it. */
async function onPage<Result>(url: string, use: (page: Page) => Promise<Result>): Promise<Result> {
	const page = await browser.newPage();
	try {
		await page.goto(url);
		return await use(page);
	} finally {
		await page.close();
	}
}

/** Everything a page can try against a server, with what the page itself learned of it. */
async function attack(page: Page, target: string): Promise<Record<string, string>> {
	await page.addScriptTag({ path: attackScript });
	return page.evaluate<Record<string, string>>(`attack(${JSON.stringify(target)})`);
}

/** Nothing behind the security chain has run. */
function expectUntouched(engineRequestsBefore: number): void {
	expect(under.knobs.handlersRun).toBe(0);
	expect(under.knobs.admitted).toEqual([]);
	expect(engine.received.length).toBe(engineRequestsBefore);
	expect(upgrades).toBe(0);
}

it.each([
	["on another site", () => `http://other.test:${sitePort}/`],
	["on another port of this machine", () => `http://127.0.0.1:${sitePort}/`],
	["on localhost", () => `http://localhost:${sitePort}/`],
])("a page %s reaches no handler, whatever it tries", async (_where, url) => {
	const before = engine.received.length;
	const outcomes = await onPage(url(), (page) => attack(page, `http://127.0.0.1:${under.port}`));
	expectUntouched(before);
	for (const name of ["read", "flushJson", "remove"]) expect(outcomes[name], name).toContain("failed");
	for (const name of ["readOpaque", "readEngine", "flushPlain", "generatePlain", "chatOpenAi"])
		expect(outcomes[name], name).not.toContain("total_gb");
	expect(outcomes).toMatchObject({ image: "failed", events: "failed", socket: "failed" });
});

it("a page of a name that was rebound to this machine reaches no handler on the port that served it", async () => {
	const before = engine.received.length;
	const base = `http://evil.test:${under.port}`;
	const page = await browser.newPage();
	// What the name stood for when the page came; every later request finds this machine behind it.
	await page.route(`${base}/page`, (route) =>
		route.fulfill({ contentType: "text/html", body: "<iframe name=sink>" }),
	);
	await page.goto(`${base}/page`);
	const outcomes = await attack(page, base);
	await page.close();
	for (const name of ["read", "readEngine", "flushJson", "generatePlain", "chatOpenAi", "remove"])
		expect(outcomes[name], name).toMatch(/^basic 403 .*evil\.test/s);
	expect(outcomes).toMatchObject({ image: "failed", events: "failed", socket: "failed" });
	expectUntouched(before);
});

it("the same page gets through to a server without the chain, so that the tries above are real", async () => {
	const base = engine.url;
	const before = engine.received.length;
	await onPage(`http://127.0.0.1:${sitePort}/`, (page) => attack(page, base));
	const reached = engine.received.slice(before).map(({ method, url }) => `${method} ${url}`);
	for (const request of [
		"GET /api/memory/status",
		"POST /api/generate",
		"POST /api/memory/flush",
		"GET /api/events",
	])
		expect(reached).toContain(request);
});

it("a page that the user has allowed may call and read, and our own page may", async () => {
	under.knobs.settings = withGatewaySettings({ allowedOrigins: [`http://other.test:${sitePort}`] });
	const read = (page: Page): Promise<number[]> =>
		page.evaluate(async (base) => {
			const status = await fetch(`${base}/api/memory/status`);
			const flushed = await fetch(`${base}/api/memory/flush`, {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: "{}",
			});
			return [status.status, flushed.status];
		}, `http://127.0.0.1:${under.port}`);
	expect(await onPage(`http://other.test:${sitePort}/`, read)).toEqual([200, 200]);
	under.knobs.settings = withGatewaySettings({});
	await expect(onPage(`http://other.test:${sitePort}/`, read)).rejects.toThrow("Failed to fetch");
	expect(await onPage(`http://127.0.0.1:${under.port}/popover/`, read)).toEqual([200, 200]);
});
