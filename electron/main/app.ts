import { url as inspectorUrl } from "node:inspector";
import { join } from "node:path";
import { app, Menu, session } from "electron";
import { AppError } from "../../shared/errors.ts";
import { createRenderer } from "../../shared/messages/create-renderer.ts";
import type { Language, Renderer } from "../../shared/messages/render.ts";
import type { Settings } from "../../shared/settings.ts";
import type { ShellState } from "../../shared/shell.ts";
import { createRegistrar } from "../core/ipc/registrar.ts";
import { type OpenedPlimsoll, openPlimsoll } from "../core/open-plimsoll.ts";
import { WEIGHTS_NAME } from "../core/router/classifier/read-classifier.ts";
import { resolvePaths } from "../core/store/paths.ts";
import { registerAppScheme, serveApp } from "./app-protocol.ts";
import { createDemoFallback, type DemoFallback } from "./demo-fallback.ts";
import { serveIpc } from "./electron-ipc.ts";
import { createElectronPower } from "./electron-power.ts";
import { launchOptions } from "./launch-options.ts";
import { readLoginItem, setLoginItem } from "./login-item.ts";
import { createNotifier } from "./notifier.ts";
import { openPlace } from "./places.ts";
import { createPopoverWindow, type PopoverWindow } from "./popover-window.ts";
import { saveText } from "./save-text.ts";
import { guardContents, guardSession } from "./session-guard.ts";
import { createShortcut, type Shortcut } from "./shortcut.ts";
import { createTray, type TrayIconOwner } from "./tray.ts";
import { type TrayAction, trayView } from "./tray-view.ts";

/** Built files lie beside this bundle: out/main, out/preload, out/renderer. */
const out = join(import.meta.dirname, "..");

/** Icons lie beside the app in a package and in build/ in a checkout. */
const icons = app.isPackaged ? join(process.resourcesPath, "icons") : join(out, "../build/icons");

/** Own memory is measured this often, and only while the popover is open. */
const MEASURE_OWN_MEMORY_EVERY_MS = 5_000;

function languageOf(settings: Settings): Language {
	if (settings.language !== "system") return settings.language;
	return app.getLocale().startsWith("de") ? "de" : "en";
}

/** Plimsoll's own memory over all of its processes, bytes; Electron counts in kilobytes. */
function ownMemoryBytes(): number {
	return app.getAppMetrics().reduce((sum, each) => sum + each.memory.workingSetSize * 1024, 0);
}

function platformOf(): ShellState["platform"] {
	if (process.platform === "darwin") return "macos";
	return process.platform === "win32" ? "windows" : "linux";
}

/** The running app: core in the middle, the menu bar and the popover around it. */
class RunningApp {
	readonly #plimsoll: OpenedPlimsoll;
	readonly #popover: PopoverWindow;
	readonly #demo: DemoFallback;
	readonly #tray: TrayIconOwner;
	readonly #shortcut: Shortcut;
	#renderer: Renderer;
	#measuring: NodeJS.Timeout | undefined;

	constructor(plimsoll: OpenedPlimsoll, popover: PopoverWindow, demo: DemoFallback) {
		this.#plimsoll = plimsoll;
		this.#popover = popover;
		this.#demo = demo;
		this.#renderer = createRenderer(languageOf(plimsoll.settings.current()));
		this.#shortcut = createShortcut(() => this.show());
		this.#tray = createTray(icons, trayView(this.#state, this.#renderer), {
			onClick: (bounds) => popover.clicked(bounds),
			onAction: (action) => this.#act(action),
			onOpenAtLogin: (open) => plimsoll.core.setShell({ loginItem: setLoginItem(open) }),
		});
		plimsoll.core.state.subscribe(() => this.#follow());
		this.#follow();
	}

	get #state() {
		return this.#plimsoll.core.state.get();
	}

	/** The popover became visible or hidden: Plimsoll's own memory is measured only while somebody sees it. */
	watched(visible: boolean): void {
		clearInterval(this.#measuring);
		if (!visible) return;
		const measure = () => this.#plimsoll.core.setShell({ ownMemoryBytes: ownMemoryBytes() });
		measure();
		this.#measuring = setInterval(measure, MEASURE_OWN_MEMORY_EVERY_MS);
	}

	show(): void {
		this.#popover.show(this.#tray.bounds());
	}

	async end(): Promise<void> {
		clearInterval(this.#measuring);
		this.#shortcut.release();
		this.#popover.destroy();
		await this.#plimsoll.stop();
		this.#tray.destroy();
	}

	#act(action: TrayAction): void {
		switch (action) {
			case "open":
				this.show();
				return;
			case "settings":
				this.#popover.show(this.#tray.bounds(), "settings");
				return;
			case "flush":
				this.#plimsoll.core.handlers.flush(null).catch((thrown: unknown) => {
					this.#plimsoll.log.warn("flush from the menu failed", { code: AppError.wrap(thrown).code });
				});
				return;
			case "pause-watchdog":
				void this.#plimsoll.core.handlers.pauseWatchdog(null);
				return;
			case "resume-watchdog":
				void this.#plimsoll.core.handlers.resumeWatchdog(null);
				return;
			case "quit":
				app.quit();
		}
	}

	#showsDemo = false;
	#language: Language | null = null;
	#accelerator: string | null | undefined;

	#follow(): void {
		const { settings, engine } = this.#state;
		const showsDemo = engine.source === "demo";
		if (this.#showsDemo && !showsDemo) this.#demo.stop();
		this.#showsDemo = showsDemo;
		const language = languageOf(settings);
		if (language !== this.#language) {
			this.#language = language;
			this.#renderer = createRenderer(language);
		}
		this.#tray.show(trayView(this.#state, this.#renderer));
		if (settings.app.shortcut === this.#accelerator) return;
		this.#accelerator = settings.app.shortcut;
		const held = this.#shortcut.hold(settings.app.shortcut);
		// Changing the state from inside a change of it would mix up the order in which patches are told.
		queueMicrotask(() => this.#plimsoll.core.setShell({ shortcutHeld: held }));
	}
}

/**
 * Runs the menu-bar app: one instance, the popover behind the tray icon, core inside. `given` are the arguments after
 * the binary. A failure to open is said on standard error and ends the app with the code of the error table.
 */
export async function startApp(given: readonly string[]): Promise<void> {
	const options = launchOptions(given, process.env, app.isPackaged);
	const paths = resolvePaths({
		platform: process.platform,
		env: process.env,
		home: app.getPath("home"),
		...(options.dataDir === null ? {} : { dataDir: options.dataDir }),
	});
	// Chromium's own files and the single-instance lock go with the data folder.
	app.setPath("userData", join(paths.dataDir, "chromium"));
	if (!app.requestSingleInstanceLock()) {
		app.exit(0);
		return;
	}
	// Without the inspector, which a release build does not have, nobody may drive the page from outside either.
	if (app.isPackaged && inspectorUrl() === undefined) {
		for (const door of ["remote-debugging-port", "remote-debugging-pipe"]) app.commandLine.removeSwitch(door);
	}
	registerAppScheme();
	// Root on Linux can only run without the sandbox, and must ask for that in so many words.
	if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
	guardContents();
	app.on("window-all-closed", () => undefined);
	if (process.platform === "darwin") app.setActivationPolicy("accessory");

	await app.whenReady();
	const devTools = !app.isPackaged;
	guardSession(session.defaultSession, devTools);
	await serveApp(join(out, "renderer"));
	// Without a menu the editing keys do nothing in the popover, although none is ever shown.
	Menu.setApplicationMenu(Menu.buildFromTemplate([{ role: "editMenu" }]));

	let running: RunningApp | null = null;
	let isEnding = (): boolean => false;
	const popover = createPopoverWindow({
		preload: join(out, "preload/preload.cjs"),
		devTools,
		events: { onVisible: (visible) => running?.watched(visible) },
		...(options.destroyAfterMs === null ? {} : { destroyAfterMs: options.destroyAfterMs }),
	});
	const demo = createDemoFallback(join(out, "main/demo-process.js"), {
		// Who names an engine wants that one, also while it is away.
		allowed: !app.isPackaged && options.engine === null && !process.env.PLIMSOLL_ENGINE,
	});
	const renderer = createRenderer(app.getLocale().startsWith("de") ? "de" : "en");
	try {
		const plimsoll = await openPlimsoll({
			paths,
			appVersion: app.getVersion(),
			engine: options.engine,
			port: options.port,
			shellState: {
				host: "app",
				platform: platformOf(),
				loginItem: readLoginItem(),
				shortcutHeld: null,
				ownMemoryBytes: null,
			},
			shell: {
				setOpenAtLogin: async (open) => setLoginItem(open),
				openPlace: (place) =>
					openPlace(place, { dataDir: paths.dataDir, gatewayPort: plimsoll.core.state.get().gateway.port }),
				closePopover: () => popover.hide(),
				saveText,
				startDemo: async () => demo.allow(),
				quit: () => app.quit(),
			},
			weightsFile: join(import.meta.dirname, WEIGHTS_NAME),
			power: createElectronPower(),
			notifier: (log) =>
				createNotifier({
					renderer: () => createRenderer(languageOf(plimsoll.settings.current())),
					wanted: () => plimsoll.settings.current().app.notifications,
					onClick: () => running?.show(),
					log,
				}),
			electronMemoryInfo: () => process.getSystemMemoryInfo(),
			demoFallback: () => () => demo.url(),
		});
		const sources = { patch: plimsoll.core.state.subscribe, goTo: popover.onGoTo };
		serveIpc(
			createRegistrar(plimsoll.core.handlers, sources, plimsoll.log),
			(page) => page === popover.contents(),
		);
		const shown = new RunningApp(plimsoll, popover, demo);
		running = shown;
		// From here on there is something to end in order, also while it still starts.
		isEnding = endInOrder(shown);
		app.on("second-instance", () => shown.show());
		app.on("activate", () => shown.show());
		const { port } = await plimsoll.start();
		console.log(`Plimsoll is listening on http://127.0.0.1:${port}`);
		const startedQuietly = process.platform === "darwin" && app.getLoginItemSettings().wasOpenedAtLogin;
		if (!startedQuietly && !plimsoll.settings.current().app.welcomed) shown.show();
	} catch (thrown) {
		// Told to quit while it started: the end is under way, and its exit code says so.
		if (isEnding()) return;
		const error = AppError.wrap(thrown);
		console.error(`${renderer.render(error.said)} ${renderer.render(error.next)}`);
		app.exit(error.exitCode);
	}
}

/** Quitting waits for core to end, once; a second request to quit does not wait. Returns whether the end has begun. */
function endInOrder(running: RunningApp): () => boolean {
	let ending = false;
	app.on("before-quit", (event) => {
		if (ending) return;
		ending = true;
		event.preventDefault();
		void running.end().finally(() => app.exit(0));
	});
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => app.quit());
	return () => ending;
}
