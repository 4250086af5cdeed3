import { readdirSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import {
	createSocketTransport,
	type SocketLike,
	type SocketTransport,
} from "../../electron/headless/bridge/web-socket-transport.ts";
import type { RendererApi } from "../../shared/ipc.ts";
import { createRendererApi } from "../../shared/renderer-api.ts";
import { followState } from "../../shared/state-follower.ts";
import {
	api,
	cleanUp,
	end,
	isAlive,
	newFolder,
	processesWith,
	runCli,
	type Served,
	said,
	startCli,
	startDemo,
	startServe,
} from "./processes.ts";

/** The part of a status that these tests look at. */
interface Status {
	readonly system: { readonly total_gb: number; readonly available_gb: number };
	readonly ollama: { readonly loaded_models: readonly { readonly name: string; readonly size_gb: number }[] };
}

interface Health {
	readonly engine: { readonly kind: string; readonly url: string; readonly state: string };
}

const transports: SocketTransport[] = [];

/** The contract as a page of this Plimsoll has it. */
function openPage(served: Served, token: string): RendererApi {
	const transport = createSocketTransport({
		url: `${served.url.replace("http", "ws")}/popover/ws`,
		token,
		openSocket: (url) => new WebSocket(url) as unknown as SocketLike,
		after: (delayMs, callback) => setTimeout(callback, delayMs),
	});
	transports.push(transport);
	return createRendererApi(transport);
}

/** The token of this run, from the address that Plimsoll prints. */
function tokenOf(served: Served): Promise<string> {
	return said(served, /#token=(\S+)\n/);
}

/** How an upgrade ends: the status it is refused with, or the close code. */
function upgrade(url: string, headers: Readonly<Record<string, string>>, first?: string): Promise<number> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { headers });
		socket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
		socket.on("open", () => socket.send(first ?? "hello"));
		socket.on("close", (code) => resolve(code));
		socket.on("error", reject);
	});
}

const leftovers = (folder: string): readonly string[] =>
	readdirSync(folder).filter(
		(name) => name === "api.json" || name.includes("lock") || name.endsWith(".claim"),
	);

afterEach(async () => {
	for (const transport of transports.splice(0)) transport.close();
	await cleanUp();
});

describe("plimsoll serve", () => {
	it("reports the engine's models truthfully, loads, unloads and proves it", async () => {
		const demo = await startDemo();
		const served = await startServe(demo.url, await newFolder());
		const tags = await api<{ models: readonly { name: string }[] }>(served.url, "/api/tags");
		expect(tags.body.models.map(({ name }) => name)).toContain("gemma3:4b");

		const load = await api<{ success: boolean; size_gb: number }>(
			served.url,
			"/api/memory/models/gemma3:4b/load",
			{ method: "POST" },
		);
		expect([load.status, load.body.success]).toEqual([200, true]);
		const status = await api<Status>(served.url, "/api/memory/status");
		expect(status.body.ollama.loaded_models.map(({ name }) => name)).toEqual(["gemma3:4b"]);
		expect(status.body.system.total_gb).toBe(18);

		const flush = await api<{ success: boolean; models_unloaded: string[]; memory_released_gb: number }>(
			served.url,
			"/api/memory/flush",
			{ method: "POST" },
		);
		expect(flush.body).toMatchObject({ success: true, models_unloaded: ["gemma3:4b"] });
		expect(flush.body.memory_released_gb).toBeCloseTo(load.body.size_gb, 0);
	});

	it("ends on SIGTERM and leaves nothing behind", async () => {
		const demo = await startDemo();
		const dataDir = await newFolder();
		const served = await startServe(demo.url, dataDir);
		expect(leftovers(dataDir)).not.toEqual([]);
		expect(statSync(join(dataDir, "api.json")).mode & 0o777).toBe(0o600);
		expect(await end(served)).toBe(0);
		expect(leftovers(dataDir)).toEqual([]);
		expect(processesWith(dataDir)).toEqual([]);
		await expect(fetch(served.url)).rejects.toThrow();
		expect(isAlive(demo.pid)).toBe(true);
	});

	it("ends on SIGINT while an event stream and a page are open", async () => {
		const demo = await startDemo();
		const served = await startServe(demo.url, await newFolder());
		const stream = await fetch(`${served.url}/api/events`);
		expect(stream.headers.get("content-type")).toContain("text/event-stream");
		await openPage(served, await tokenOf(served)).watch({ open: true });
		expect(await end(served, "SIGINT")).toBe(0);
		await stream.text().catch(() => undefined);
	});

	it("unloads at its end what the settings say, and no more", async () => {
		const demo = await startDemo();
		const dataDir = await newFolder();
		await writeFile(join(dataDir, "settings.json"), JSON.stringify({ residency: { atExit: "own" } }));
		await fetch(`${demo.url}/api/generate`, { method: "POST", body: JSON.stringify({ model: "gemma3:1b" }) });
		const served = await startServe(demo.url, dataDir);
		await api(served.url, "/api/memory/models/gemma3:4b/load", { method: "POST" });
		expect(await end(served)).toBe(0);
		const { body } = await api<{ models: readonly { name: string }[] }>(demo.url, "/api/ps");
		expect(body.models.map(({ name }) => name)).toEqual(["gemma3:1b"]);
	});

	it("ends at once on a second Ctrl-C, and the next start finds nothing in its way", async () => {
		const dataDir = await newFolder();
		await writeFile(join(dataDir, "settings.json"), JSON.stringify({ residency: { atExit: "all" } }));
		const modelsDir = await newFolder();
		const hanging = { name: "gemma3:1b", misbehave: { "hang-unload": true } };
		await writeFile(join(modelsDir, "hang.json"), JSON.stringify(hanging));
		const demo = await startDemo("--models-dir", modelsDir);
		const served = await startServe(demo.url, dataDir);
		await api(served.url, "/api/memory/models/gemma3:1b/load", { method: "POST" });
		served.child.kill("SIGINT");
		// The first one is under way as soon as Plimsoll is no longer to be found.
		await vi.waitFor(() => expect(leftovers(dataDir)).not.toContain("api.json"));
		expect(await end(served, "SIGINT")).toBe(130);
		expect(await end(await startServe(demo.url, dataDir), "SIGKILL")).toBe(137);
	});

	it("starts again after a SIGKILL, with nothing of the old run in the way", async () => {
		const demo = await startDemo();
		const dataDir = await newFolder();
		const killed = await startServe(demo.url, dataDir);
		expect(await end(killed, "SIGKILL")).toBe(137);
		expect(leftovers(dataDir)).not.toEqual([]);
		expect((await runCli(["status", "--data-dir", dataDir])).code).toBe(3);

		const again = await startServe(demo.url, dataDir);
		expect((await api<Status>(again.url, "/api/memory/status")).status).toBe(200);
		expect(await end(again)).toBe(0);
		expect(leftovers(dataDir)).toEqual([]);
	});

	it("tells a second instance who holds the folder, and that one ends with 7", async () => {
		const demo = await startDemo();
		const dataDir = await newFolder();
		const served = await startServe(demo.url, dataDir);
		const second = await runCli(["serve", "--port", "0", "--no-open", "--data-dir", dataDir]);
		expect(second.code).toBe(7);
		expect(second.err).toContain(`process ${served.pid}`);
		expect(second.err).toContain(dataDir);
		expect((await api<Status>(served.url, "/api/memory/status")).status).toBe(200);
	});

	it("takes the next free port where the wanted one is taken, and says so", async () => {
		const blocker: Server = createServer();
		await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
		const { port } = blocker.address() as AddressInfo;
		const demo = await startDemo();
		const served = startCli([
			"serve",
			"--no-open",
			"--port",
			String(port),
			"--engine",
			demo.url,
			"--data-dir",
			await newFolder(),
		]);
		const url = await said(served, /^Plimsoll is listening on (\S+)$/m);
		expect(Number(new URL(url).port)).not.toBe(port);
		expect(served.err()).toContain(`Port ${port} is taken`);
		expect((await api<Status>(url, "/api/memory/status")).status).toBe(200);
		await new Promise((resolve) => blocker.close(resolve));
	});

	it("shows the demo engine where no engine answers, and ends it with itself", async () => {
		const served = await startCliWithoutEngine();
		const { body } = await api<Health>(served.url, "/health");
		expect(body.engine).toMatchObject({ kind: "demo", state: "connected" });
		expect(served.err()).toContain("demo engine");
		const [demo] = processesWith("demo-engine --port 0").filter((pid) => parentOf(pid) === served.pid);
		expect(demo).toBeDefined();
		expect(await end(served)).toBe(0);
		await vi.waitFor(() => expect(isAlive(demo ?? 0)).toBe(false));
	});

	it("moves to an engine as soon as one answers at the usual address, and ends the demo", async () => {
		const port = await freePort();
		const served = await startCliWithoutEngine(port);
		const [demo] = processesWith("demo-engine --port 0").filter((pid) => parentOf(pid) === served.pid);
		const engine = await startDemo("--port", String(port));
		await vi.waitFor(
			async () => {
				const { body } = await api<Health>(served.url, "/health");
				expect(body.engine).toMatchObject({ url: engine.url, state: "connected" });
			},
			{ timeout: 10_000 },
		);
		await vi.waitFor(() => expect(isAlive(demo ?? 0)).toBe(false), { timeout: 10_000 });
		expect(served.err()).toContain(`An Ollama answers at ${engine.url}`);
	});

	it("leaves no demo engine behind when it is killed", async () => {
		const served = await startCliWithoutEngine();
		const [demo] = processesWith("demo-engine --port 0").filter((pid) => parentOf(pid) === served.pid);
		expect(demo).toBeDefined();
		await end(served, "SIGKILL");
		await vi.waitFor(() => expect(isAlive(demo ?? 0)).toBe(false), { timeout: 10_000 });
	});

	it("waits for an engine that was named instead of showing a demo", async () => {
		const served = await startServe("http://127.0.0.1:9", await newFolder());
		const { body } = await api<Health>(served.url, "/health");
		expect(body.engine).toMatchObject({ kind: "ollama", url: "http://127.0.0.1:9" });
		expect(served.err()).not.toContain("demo");
	});
});

/** A free port that nothing listens on. */
async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** A Plimsoll that was told no engine, on a machine where none answers. */
async function startCliWithoutEngine(port?: number): Promise<Served> {
	const dataDir = await newFolder();
	const started = startCli(["serve", "--port", "0", "--no-open", "--data-dir", dataDir], {
		OLLAMA_HOST: `127.0.0.1:${port ?? (await freePort())}`,
	});
	const url = await said(started, /^Plimsoll is listening on (\S+)$/m);
	return { ...started, url, port: Number(new URL(url).port), dataDir };
}

function parentOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

describe("the popover's socket", () => {
	it("carries state and commands to a page that shows the token of this run", async () => {
		const demo = await startDemo();
		const served = await startServe(demo.url, await newFolder());
		const page = openPage(served, await tokenOf(served));
		const follower = followState(page);
		await vi.waitFor(() => expect(follower.get()?.engine.connection.state).toBe("connected"));
		await page.watch({ open: true });
		const load = await page.load({ model: "mistral:latest" });
		expect(load.name).toBe("mistral:latest");
		await vi.waitFor(() =>
			expect(follower.get()?.loaded.map(({ name }) => name)).toEqual(["mistral:latest"]),
		);
		const release = await page.unload({ model: "mistral:latest" });
		expect(release.grade).toBe("proved");
		await vi.waitFor(() => expect(follower.get()?.loaded).toEqual([]));
		expect(follower.get()?.shell.host).toBe("browser");
		follower.close();
	});

	it("ends Plimsoll when its page asks for it", async () => {
		const demo = await startDemo();
		const served = await startServe(demo.url, await newFolder());
		await openPage(served, await tokenOf(served)).quit(null);
		expect(await served.ended).toBe(0);
	});

	it("refuses foreign pages, foreign hosts and wrong tokens", async () => {
		const demo = await startDemo();
		const served = await startServe(demo.url, await newFolder());
		const url = `${served.url.replace("http", "ws")}/popover/ws`;
		const hello = JSON.stringify({ kind: "hello", token: "wrong" });
		expect(await upgrade(url, { Origin: "https://evil.example" })).toBe(403);
		expect(await upgrade(url, { Origin: "null" })).toBe(403);
		expect(await upgrade(url, { Origin: `http://127.0.0.1:${served.port + 1}` })).toBe(403);
		expect(await upgrade(url, { Host: `evil.example:${served.port}` })).toBe(403);
		expect(await upgrade(url, { Origin: served.url }, hello)).toBe(4401);
		expect(await upgrade(url, { Origin: served.url }, "not json")).toBe(4401);
		const call = { kind: "call", id: 1, channel: "plimsoll:quit", argument: null };
		expect(await upgrade(url, { Origin: served.url }, JSON.stringify(call))).toBe(4401);
		expect(await upgrade(url.replace("/ws", "/other"), { Origin: served.url })).toBe(404);
		expect(isAlive(served.pid)).toBe(true);
	});
});

describe("the popover's files", () => {
	it("come with a policy that runs nothing but their own scripts, from a fixed list", async () => {
		const demo = await startDemo();
		const served = await startServe(demo.url, await newFolder());
		const bridge = await fetch(`${served.url}/popover/bridge.js`);
		expect(bridge.status).toBe(200);
		expect(bridge.headers.get("content-security-policy")).toContain("script-src 'self'");
		expect(bridge.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
		expect(await bridge.text()).not.toContain("ZodError");
		for (const path of [
			"../package.json",
			"%2e%2e/package.json",
			"..%2fcli.js",
			"assets/../../cli.js",
			"nothing",
		])
			expect((await fetch(`${served.url}/popover/${path}`)).status).toBe(404);
		expect((await fetch(`${served.url}/popover/bridge.js`, { method: "PUT" })).status).toBe(405);
	});
});
