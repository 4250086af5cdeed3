import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { _electron, type Page } from "@playwright/test";
import { build } from "vite";
import type { Registrar } from "../../electron/core/ipc/registrar.ts";
import { electronBinary } from "../fixtures/electron-binary.ts";
import type { FromContractApp, ToContractApp } from "../fixtures/electron-contract-wire.ts";
import { createPageTransport } from "../fixtures/electron-page-transport.ts";
import { describeContract } from "../specs/contract.ts";

const PRELOAD = fileURLToPath(new URL("../../out/preload/preload.cjs", import.meta.url));

/** Bundles the bare Electron app into a folder; its path. */
async function bundle(folder: string): Promise<string> {
	await build({
		configFile: false,
		logLevel: "error",
		ssr: { noExternal: true, target: "node" },
		build: {
			ssr: fileURLToPath(new URL("../fixtures/electron-contract-app.ts", import.meta.url)),
			outDir: folder,
			emptyOutDir: false,
			target: "node20",
			rollupOptions: {
				external: ["electron", ...builtinModules, ...builtinModules.map((name) => `node:${name}`)],
				output: { format: "cjs", entryFileNames: "main.cjs" },
			},
		},
	});
	return join(folder, "main.cjs");
}

/** Lets the bare Electron use a registrar of this process. */
function serve(registrar: Registrar, socket: Socket, onReady: () => void): void {
	const stops = new Map<number, () => void>();
	const say = (line: ToContractApp): void => void socket.write(`${JSON.stringify(line)}\n`);
	createInterface({ input: socket }).on("line", (text) => {
		const line = JSON.parse(text) as FromContractApp;
		switch (line.kind) {
			case "ready":
				onReady();
				return;
			case "call":
				void registrar
					.invoke(line.channel, line.argument)
					.then((reply) => say({ kind: "reply", id: line.id, reply }));
				return;
			case "follow":
				stops.set(
					line.id,
					registrar.subscribe(line.channel, (payload) => say({ kind: "event", id: line.id, payload })),
				);
				return;
			case "leave":
				stops.get(line.id)?.();
				stops.delete(line.id);
		}
	});
}

describeContract("Electron's IPC", async (registrar) => {
	const folder = mkdtempSync(join(tmpdir(), "plimsoll-contract-"));
	const pages = mkdtempSync(join(tmpdir(), "plimsoll-page-"));
	writeFileSync(join(pages, "index.html"), "<!doctype html><title>Contract</title>");
	const main = await bundle(folder);
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const ready = new Promise<void>((resolve) => {
		server.once("connection", (socket: Socket) => serve(registrar, socket, resolve));
	});
	const electron = await _electron.launch({
		executablePath: electronBinary() ?? "",
		args: [
			...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
			`--user-data-dir=${join(folder, "chromium")}`,
			main,
			String((server.address() as AddressInfo).port),
			PRELOAD,
			pages,
		],
	});
	await ready;
	const free: Page[] = [];

	async function freePage(): Promise<Page> {
		const known = free.pop();
		if (known !== undefined) return known;
		const opened = electron.waitForEvent("window");
		await electron.evaluate(() => (globalThis as unknown as { openPopover(): Promise<void> }).openPopover());
		return opened;
	}

	return {
		async connect() {
			const page = await freePage();
			const transport = await createPageTransport(page);
			return {
				transport,
				async close() {
					transport.close();
					// A page that is loaded again is another popover.
					await page.reload();
					free.push(page);
				},
			};
		},
		cut: null,
		async close() {
			await electron.close();
			server.close();
			for (const each of [folder, pages]) rmSync(each, { recursive: true, force: true, maxRetries: 5 });
		},
	};
});
