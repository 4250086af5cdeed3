import { performance } from "node:perf_hooks";
import { app, BrowserWindow, screen, type WebContents, type WebPreferences } from "electron";
import type { EventPayload, PopoverPlace, Unsubscribe } from "../../shared/ipc.ts";
import { APP_ORIGIN } from "./app-protocol.ts";
import { placePopover, type Rectangle } from "./place-popover.ts";
import { createPopoverToggle } from "./popover-toggle.ts";

/** Size of the popover at 100 % text, points. */
export const POPOVER_SIZE = { width: 380, height: 600 } as const;

/** A hidden popover is destroyed after this long; everything it shows stands in core. */
export const DESTROY_AFTER_MS = 5 * 60_000;

/** The popover's page is locked in: no Node, its own world, sandboxed. */
export function popoverWebPreferences(preload: string, devTools: boolean): WebPreferences {
	return {
		preload,
		sandbox: true,
		contextIsolation: true,
		nodeIntegration: false,
		nodeIntegrationInWorker: false,
		nodeIntegrationInSubFrames: false,
		webSecurity: true,
		webviewTag: false,
		devTools,
		spellcheck: false,
	};
}

/** The popover as the app drives it. */
export interface PopoverWindow {
	/** Shows it under the anchor, making it first where it was destroyed. */
	show(anchor: Rectangle | null, place?: PopoverPlace): void;
	hide(): void;
	/** A click on the tray icon with these bounds. */
	clicked(anchor: Rectangle | null): void;
	isVisible(): boolean;
	/** Tells which part a page that is already there is asked to show. */
	onGoTo(listener: (asked: EventPayload<"goTo">) => void): Unsubscribe;
	/** The page, or null while there is none. */
	contents(): WebContents | null;
	destroy(): void;
}

/** What the window tells the app. */
export interface PopoverEvents {
	/** It became visible or hidden. */
	readonly onVisible: (visible: boolean) => void;
}

/** Makes the popover; its window is made at the first show. */
export function createPopoverWindow(options: {
	readonly preload: string;
	readonly devTools: boolean;
	readonly events: PopoverEvents;
	readonly destroyAfterMs?: number;
}): PopoverWindow {
	const toggle = createPopoverToggle();
	let window: BrowserWindow | null = null;
	/** True from the moment somebody asked for it, also while its page is still being made. */
	let wanted = false;
	let ready = false;
	let anchor: Rectangle | null = null;
	let destroyTimer: NodeJS.Timeout | undefined;
	const goToListeners = new Set<(asked: EventPayload<"goTo">) => void>();

	function bounds(): Rectangle {
		return placePopover({
			anchor,
			cursor: screen.getCursorScreenPoint(),
			displays: screen.getAllDisplays(),
			size: POPOVER_SIZE,
		});
	}

	function make(place: PopoverPlace | undefined): BrowserWindow {
		const made = new BrowserWindow({
			...bounds(),
			show: false,
			frame: false,
			resizable: false,
			minimizable: false,
			maximizable: false,
			fullscreenable: false,
			skipTaskbar: true,
			alwaysOnTop: true,
			title: "Plimsoll",
			webPreferences: popoverWebPreferences(options.preload, options.devTools),
			...(process.platform === "darwin"
				? {
						type: "panel",
						hiddenInMissionControl: true,
						transparent: true,
						vibrancy: "popover" as const,
						visualEffectState: "active" as const,
						roundedCorners: true,
					}
				: { backgroundColor: "#00000000" }),
		});
		ready = false;
		made.once("ready-to-show", () => {
			if (window !== made) return;
			ready = true;
			if (wanted) reveal(made);
		});
		made.on("blur", () => {
			// Hiding it takes the focus away too; only a click elsewhere is remembered.
			if (!wanted || made.webContents.isDevToolsFocused()) return;
			toggle.hiddenByBlur(performance.now());
			hide();
		});
		made.on("closed", () => {
			if (window === made) forget();
		});
		// An empty page is the one address that no navigation guard is asked about; it can show nothing and ask nothing.
		made.webContents.on("did-navigate", (_event, url) => {
			if (window === made && !url.startsWith(`${APP_ORIGIN}/`)) destroy();
		});
		// A page that crashed cannot be brought back to life; the next click makes another.
		made.webContents.on("render-process-gone", () => {
			if (window === made) destroy();
		});
		void made.loadURL(`${APP_ORIGIN}/index.html${place === undefined ? "" : `#${place}`}`);
		return made;
	}

	function reveal(shown: BrowserWindow): void {
		shown.setBounds(bounds());
		if (process.platform === "darwin") {
			// Electron forgets this between shows; without skipTransformProcessType the Dock icon flashes.
			shown.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true, skipTransformProcessType: true });
		}
		shown.show();
		options.events.onVisible(true);
	}

	function forget(): void {
		clearTimeout(destroyTimer);
		const wasWanted = wanted;
		window = null;
		wanted = false;
		if (wasWanted) options.events.onVisible(false);
	}

	function hide(): void {
		if (window === null || !wanted) return;
		wanted = false;
		window.hide();
		options.events.onVisible(false);
		clearTimeout(destroyTimer);
		destroyTimer = setTimeout(destroy, options.destroyAfterMs ?? DESTROY_AFTER_MS);
	}

	function destroy(): void {
		const gone = window;
		forget();
		gone?.destroy();
	}

	function show(at: Rectangle | null, place?: PopoverPlace): void {
		anchor = at;
		wanted = true;
		clearTimeout(destroyTimer);
		if (window === null) {
			window = make(place);
			return;
		}
		if (place !== undefined) for (const tell of goToListeners) tell({ place });
		if (ready) reveal(window);
	}

	const replace = () => {
		if (window?.isVisible() === true) window.setBounds(bounds());
	};
	screen.on("display-metrics-changed", replace);
	screen.on("display-removed", replace);
	app.on("before-quit", destroy);

	return {
		show,
		hide,
		clicked(at) {
			const meaning = toggle.click(performance.now(), wanted);
			if (meaning === "show") show(at);
			if (meaning === "hide") hide();
		},
		isVisible: () => window?.isVisible() ?? false,
		onGoTo(listener) {
			goToListeners.add(listener);
			return () => goToListeners.delete(listener);
		},
		contents: () => window?.webContents ?? null,
		destroy,
	};
}
