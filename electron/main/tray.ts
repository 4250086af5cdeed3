import { join } from "node:path";
import { Menu, type MenuItemConstructorOptions, type NativeImage, nativeImage, Tray } from "electron";
import type { Rectangle } from "./place-popover.ts";
import type { TrayAction, TrayEntry, TrayIcon, TrayView } from "./tray-view.ts";

/** Keeps the icon's place in the menu bar between starts. */
const TRAY_GUID = "5f0cf3a5-8c27-4b0e-9c8e-6e3d1c1f8b3a";

/** Updates that follow too quickly are lost by macOS. */
const IMAGE_EVERY_MS = 200;

/** The icon in the menu bar. */
export interface TrayIconOwner {
	/** Brings icon, tooltip and menu in line with the state; does nothing where they are. */
	show(view: TrayView): void;
	/** Where the icon is now, or null where the system does not tell. */
	bounds(): Rectangle | null;
	destroy(): void;
}

/** What the tray tells the app. */
export interface TrayEvents {
	readonly onClick: (bounds: Rectangle | null) => void;
	readonly onAction: (action: TrayAction) => void;
	readonly onOpenAtLogin: (open: boolean) => void;
}

function loadIcon(folder: string, icon: TrayIcon): NativeImage {
	const image = nativeImage.createFromPath(join(folder, `tray-${icon}Template.png`));
	image.setTemplateImage(true);
	return image;
}

function believable(bounds: Rectangle | undefined): Rectangle | null {
	return bounds !== undefined && bounds.width > 0 ? bounds : null;
}

function menuItem(entry: TrayEntry, events: TrayEvents): MenuItemConstructorOptions {
	switch (entry.kind) {
		case "status":
			return { label: entry.label, enabled: false };
		case "separator":
			return { type: "separator" };
		case "action":
			return { label: entry.label, enabled: entry.enabled, click: () => events.onAction(entry.action) };
		case "switch":
			return {
				type: "checkbox",
				label: entry.label,
				checked: entry.on,
				enabled: entry.enabled,
				click: (item) => events.onOpenAtLogin(item.checked),
			};
	}
}

/** Puts the icon into the menu bar. */
export function createTray(iconFolder: string, first: TrayView, events: TrayEvents): TrayIconOwner {
	const images = new Map<TrayIcon, NativeImage>();
	const imageOf = (icon: TrayIcon): NativeImage => {
		const known = images.get(icon) ?? loadIcon(iconFolder, icon);
		images.set(icon, known);
		return known;
	};
	const onMac = process.platform === "darwin";
	const tray = onMac ? new Tray(imageOf(first.icon), TRAY_GUID) : new Tray(imageOf(first.icon));
	let view = first;
	let shownIcon = first.icon;
	let imageTimer: NodeJS.Timeout | undefined;

	const menu = () => Menu.buildFromTemplate(view.menu.map((entry) => menuItem(entry, events)));
	tray.setIgnoreDoubleClickEvents(true);
	tray.on("click", (event, bounds) => {
		// Holding the command key moves the icon along the menu bar.
		if (!event.metaKey) events.onClick(believable(bounds) ?? believable(tray.getBounds()));
	});
	// A menu that is set swallows the left click on macOS; elsewhere the system shows it by itself.
	if (onMac) tray.on("right-click", () => tray.popUpContextMenu(menu()));

	function apply(): void {
		tray.setToolTip(view.tooltip);
		if (!onMac) tray.setContextMenu(menu());
		if (view.icon === shownIcon || imageTimer !== undefined) return;
		imageTimer = setTimeout(() => {
			imageTimer = undefined;
			if (tray.isDestroyed()) return;
			shownIcon = view.icon;
			tray.setImage(imageOf(shownIcon));
		}, IMAGE_EVERY_MS);
	}
	apply();

	return {
		show(next) {
			if (JSON.stringify(next) === JSON.stringify(view)) return;
			view = next;
			if (!tray.isDestroyed()) apply();
		},
		bounds: () => (tray.isDestroyed() ? null : believable(tray.getBounds())),
		destroy() {
			clearTimeout(imageTimer);
			tray.destroy();
		},
	};
}
