import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { newDataDir, startElectronApp, startSecond } from "../fixtures/electron-app.ts";
import { packageLinuxDir, runPackagedCli, startPackaged } from "../fixtures/electron-package.ts";
import { processTree } from "../fixtures/electron-processes.ts";
import { describeFlows } from "../specs/popover-flows.ts";
import { cleanUp, isAlive, startDemo } from "../specs/processes.ts";

const { listPackage } = createRequire(import.meta.url)("@electron/asar") as {
	listPackage(archive: string, options: { readonly isPack: boolean }): readonly string[];
};

let release: string;
let inspectable: string;
const folder = mkdtempSync(join(tmpdir(), "plimsoll-package-"));

beforeAll(async () => {
	release = await packageLinuxDir(join(folder, "release"), false);
	inspectable = await packageLinuxDir(join(folder, "inspectable"), true);
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function archiveOf(binary: string): string {
	return join(dirname(binary), "resources", "app.asar");
}

/** How a fuse is written into the binary: the characters 0 and 1. */
const OFF = 0x30;
const ON = 0x31;

/** The fuses of a release. */
const SHUT = {
	[FuseV1Options.RunAsNode]: OFF,
	[FuseV1Options.EnableCookieEncryption]: ON,
	[FuseV1Options.EnableNodeOptionsEnvironmentVariable]: OFF,
	[FuseV1Options.EnableNodeCliInspectArguments]: OFF,
	[FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: ON,
	[FuseV1Options.OnlyLoadAppFromAsar]: ON,
	[FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: OFF,
	[FuseV1Options.GrantFileProtocolExtraPrivileges]: OFF,
} as const;

describe("the packaged binary", () => {
	it("has every fuse as a release must have it", async () => {
		expect(await getCurrentFuseWire(release)).toMatchObject(SHUT);
	});

	it("has a twin for tests that differs in the inspect fuse alone", async () => {
		expect(await getCurrentFuseWire(inspectable)).toMatchObject({
			...SHUT,
			[FuseV1Options.EnableNodeCliInspectArguments]: ON,
		});
		const [one, other] = [readFileSync(release), readFileSync(inspectable)];
		expect(one.length).toBe(other.length);
		const different: number[] = [];
		for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) different.push(at);
		expect(different).toHaveLength(1);
		expect(readFileSync(archiveOf(release)).equals(readFileSync(archiveOf(inspectable)))).toBe(true);
	});

	it("carries what was built and the one package that cannot be bundled, and nothing else", () => {
		const files = listPackage(archiveOf(release), { isPack: false });
		const tops = new Set(files.map((file) => file.split("/").slice(1, 3).join("/")));
		expect([...tops].sort()).toEqual([
			"node_modules",
			"node_modules/node-sqlite3-wasm",
			"out",
			"out/demo-engine",
			"out/headless",
			"out/main",
			"out/preload",
			"out/renderer",
			"package.json",
		]);
		expect(files.filter((file) => /\.(map|ts|md)$/.test(file))).toEqual([]);
		expect(readdirSync(join(dirname(release), "resources")).sort()).toEqual(["app.asar", "icons"]);
	});
});

describe("the release build, from outside", () => {
	it("starts, does the main job over HTTP and on its own command line, and ends without a trace", async () => {
		const engine = await startDemo();
		const dataDir = newDataDir();
		const child = startPackaged(release, ["--data-dir", dataDir, "--port", "0", "--engine", engine.url]);
		try {
			const written = join(dataDir, "api.json");
			await vi.waitFor(() => expect(existsSync(written)).toBe(true), { timeout: 20_000 });
			const { url, pid } = JSON.parse(readFileSync(written, "utf8")) as {
				readonly url: string;
				readonly pid: number;
			};
			expect(pid).toBe(child.pid);
			expect((await fetch(`${url}/health`)).status).toBe(200);

			const loaded = await fetch(`${url}/api/memory/models/gemma3:1b/load`, { method: "POST" });
			expect(loaded.status).toBe(200);
			const status = await runPackagedCli(release, ["status", "--json", "--data-dir", dataDir]);
			expect(status.code).toBe(0);
			expect(status.out).toContain("gemma3:1b");
			// The command line has shown no window and has not taken the running app's place.
			expect(isAlive(pid)).toBe(true);

			const flushed = await fetch(`${url}/api/memory/flush`, { method: "POST" });
			expect(await flushed.json()).toMatchObject({ success: true, failed: [] });

			const tree = processTree(pid);
			child.kill("SIGTERM");
			await vi.waitFor(() => expect(tree.filter(isAlive)).toEqual([]), { timeout: 15_000 });
			expect(existsSync(written)).toBe(false);
		} finally {
			for (const each of processTree(child.pid ?? 0).toReversed()) process.kill(each, "SIGKILL");
			await cleanUp();
			rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
		}
	});

	it("says on its command line that nothing runs, with the exit code for it", async () => {
		const dataDir = newDataDir();
		const { code, out } = await runPackagedCli(release, ["status", "--data-dir", dataDir]);
		expect(code).not.toBe(0);
		expect(out).toMatch(/Plimsoll/);
		rmSync(dataDir, { recursive: true, force: true });
	});

	it("opens no door to a debugger", async () => {
		const dataDir = newDataDir();
		const child = startPackaged(release, [
			"--inspect=0",
			"--remote-debugging-port=0",
			"--data-dir",
			dataDir,
			"--port",
			"0",
			"--engine",
			"http://127.0.0.1:1",
		]);
		let said = "";
		child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
		child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
		const tree = await vi.waitFor(
			() => {
				expect(said).toContain("Plimsoll is listening on");
				return processTree(child.pid ?? 0);
			},
			{ timeout: 20_000 },
		);
		expect(said).not.toMatch(/Debugger listening|DevTools listening/);
		child.kill("SIGTERM");
		await vi.waitFor(() => expect(tree.filter(isAlive)).toEqual([]), { timeout: 15_000 });
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	});
});

describeFlows("the packaged app", async (engine) => {
	const dataDir = newDataDir();
	const start = () => startElectronApp({ engine, dataDir, binary: inspectable });
	let app = await start();
	return {
		dataDir,
		async open() {
			// A person opens the app again where the icon cannot be seen.
			const opened = app.electron.waitForEvent("window");
			expect(await startSecond(dataDir, inspectable)).toBe(0);
			return opened;
		},
		async takeAway() {
			const page = app.page();
			const closed = page?.waitForEvent("close");
			await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.destroy());
			await closed;
		},
		async restart() {
			await app.quit();
			await app.close({ keepData: true });
			app = await start();
		},
		end: () => app.close(),
	};
});
