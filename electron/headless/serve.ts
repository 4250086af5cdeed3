import { AppError } from "../../shared/errors.ts";
import { message } from "../../shared/messages/message.ts";
import { type OpenedPlimsoll, openPlimsoll } from "../core/open-plimsoll.ts";
import type { Paths } from "../core/ports.ts";
import { APP_VERSION } from "./app-version.ts";
import { browserShellState, createBrowserShell } from "./browser-shell.ts";
import { createDemoEngineChild, type DemoEngineChild } from "./demo-engine-child.ts";
import { hasScreen, openInBrowser } from "./open-in-browser.ts";
import { weightsFile } from "./places.ts";
import { hostPopover, type PopoverHost } from "./popover-host.ts";
import type { Terminal } from "./terminal.ts";

/** What `plimsoll serve` was told. */
export interface ServeOptions {
	readonly paths: Paths;
	/** Address of the engine, or null for what else names it. */
	readonly engine: string | null;
	/** Wanted port, or null for the setting. */
	readonly port: number | null;
	/** Open the popover in the browser where there is a screen. */
	readonly open: boolean;
	/** Let a demo engine stand in, without being asked for it, while no engine answers. */
	readonly demo: boolean;
}

/** Own memory is measured this often while a page shows it. */
const MEASURE_OWN_MEMORY_EVERY_MS = 30_000;

/** How long an orderly end may take after an error that nobody foresaw. */
const END_AFTER_CRASH_MS = 3_000;

/** Says when the demo engine comes in and when a real engine takes over, and ends the demo then. */
function followDemo(plimsoll: OpenedPlimsoll, demo: DemoEngineChild, terminal: Terminal): () => void {
	const { state } = plimsoll.core;
	let url = state.get().engine.url;
	/** The address the demo engine was said to stand in for. */
	let standsInFor: string | null = null;
	return state.subscribe(() => {
		const { engine } = state.get();
		if (engine.source === "demo") {
			if (standsInFor !== url) terminal.note(message("cli.demo-fallback", { url }));
			standsInFor = url;
			return;
		}
		url = engine.url;
		if (standsInFor === null || engine.connection.state !== "connected") return;
		standsInFor = null;
		terminal.note(message("cli.demo-left", { url }));
		void demo.stop();
	});
}

/** Says where Plimsoll listens once its port was changed: pages that were open cannot follow it. */
function followPort(plimsoll: OpenedPlimsoll, popover: PopoverHost, terminal: Terminal): () => void {
	const { state } = plimsoll.core;
	let told = state.get().gateway.port;
	return state.subscribe(() => {
		const { port } = state.get().gateway;
		if (port === null || port === told) return;
		told = port;
		terminal.print(`Plimsoll is listening on http://127.0.0.1:${port}`);
		terminal.say(message("cli.open-popover", { url: popover.url(port) }));
	});
}

/** Tells open pages what Plimsoll itself takes. */
function measureOwnMemory(plimsoll: OpenedPlimsoll, popover: PopoverHost): () => void {
	const measure = (): void => {
		if (popover.connections() > 0) plimsoll.core.setShell({ ownMemoryBytes: process.memoryUsage().rss });
	};
	const timer = setInterval(measure, MEASURE_OWN_MEMORY_EVERY_MS);
	timer.unref();
	return () => clearInterval(timer);
}

/** Logs an error that nobody foresaw, ends in order as far as that goes, and then with 1. */
function endOnCrash(plimsoll: OpenedPlimsoll, terminal: Terminal, stop: () => Promise<void>): void {
	let crashed = false;
	const crash = (thrown: unknown): void => {
		if (crashed) return;
		crashed = true;
		const error = AppError.wrap(thrown);
		plimsoll.log.error("uncaught", {
			problem: error.message,
			stack: thrown instanceof Error ? thrown.stack : undefined,
		});
		terminal.note(message("cli.error", { text: terminal.renderer.render(error.said) }));
		setTimeout(() => process.exit(1), END_AFTER_CRASH_MS);
		void stop().finally(() => process.exit(1));
	};
	process.on("uncaughtException", crash);
	process.on("unhandledRejection", crash);
}

/**
 * Runs Plimsoll without Electron until it is asked to end. Rejects with `data-dir-locked`, `port-taken` or a storage
 * error; then nothing stays behind. Resolves with the exit code.
 */
export async function serve(terminal: Terminal, options: ServeOptions): Promise<number> {
	const ending = new AbortController();
	const asked = new Promise<void>((resolve) => {
		ending.signal.addEventListener("abort", () => resolve());
	});
	let demo: DemoEngineChild | null = null;
	const plimsoll = await openPlimsoll({
		paths: options.paths,
		appVersion: APP_VERSION,
		engine: options.engine,
		port: options.port,
		shellState: browserShellState(process.platform),
		weightsFile,
		shell: createBrowserShell({
			platform: process.platform,
			dataDir: options.paths.dataDir,
			gatewayPort: () => plimsoll.core.state.get().gateway.port,
			startDemo: () => demo?.allow(),
			quit: () => ending.abort(),
		}),
		demoFallback: (log) => {
			const child = createDemoEngineChild({ allowed: options.demo, flags: [], log });
			demo = child;
			return () =>
				child.url().catch((thrown: unknown) => {
					const { params, code } = AppError.wrap(thrown);
					terminal.note(message("cli.demo-failed", { problem: String(params.problem ?? code) }));
					return null;
				});
		},
	});
	const popover = await hostPopover(plimsoll.core, plimsoll.log);
	const stops = [measureOwnMemory(plimsoll, popover)];
	// It was set while Plimsoll was opened, which the compiler cannot see.
	const child = demo as DemoEngineChild | null;
	if (child !== null) stops.push(followDemo(plimsoll, child, terminal));

	let stopping: Promise<void> | null = null;
	async function end(): Promise<void> {
		for (const stop of stops) stop();
		popover.close();
		await plimsoll.stop();
		await child?.stop();
	}
	const stop = (): Promise<void> => (stopping ??= end());
	endOnCrash(plimsoll, terminal, stop);

	function onSignal(): void {
		if (stopping !== null) process.exit(130);
		if (terminal.interactive) terminal.note(message("cli.stopping"));
		ending.abort();
	}
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);

	// Asked to end while it starts, it ends instead of starting.
	const started = await Promise.race([
		plimsoll.start().then((listening) => listening),
		asked.then(() => null),
	]).catch(async (thrown: unknown) => {
		await stop();
		throw thrown;
	});
	if (started !== null) {
		const { port, wantedPort } = started;
		if (wantedPort !== null) terminal.note(message("cli.port-taken", { wanted: wantedPort, port }));
		// Programs wait for this very line, in whatever language the rest is.
		terminal.print(`Plimsoll is listening on http://127.0.0.1:${port}`);
		terminal.say(message("cli.open-popover", { url: popover.url(port) }));
		stops.push(followPort(plimsoll, popover, terminal));
		if (!popover.built) terminal.note(message("cli.popover-not-built"));
		if (popover.built && options.open && hasScreen(process.platform, process.env))
			openInBrowser(popover.url(port), process.platform);
		await asked;
	}
	await stop();
	return 0;
}
