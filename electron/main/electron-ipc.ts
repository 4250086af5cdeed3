import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, type WebContents } from "electron";
import { AppError } from "../../shared/errors.ts";
import { callNames, channelOf, eventNames, type Reply, type Unsubscribe } from "../../shared/ipc.ts";
import { FOLLOW_CHANNEL } from "../../shared/ipc-names.ts";
import { openPopoverSession, type PopoverSession } from "../core/ipc/popover-session.ts";
import type { Registrar } from "../core/ipc/registrar.ts";
import type { Stop } from "../core/ports.ts";
import { APP_ORIGIN } from "./app-protocol.ts";

/** The part of a call that tells who made it. */
export type Caller = Pick<IpcMainInvokeEvent, "senderFrame" | "sender">;

/** True only for the main frame of a popover showing Plimsoll's own page. */
export function isOwnFrame(caller: Caller, isPopover: (page: WebContents) => boolean): boolean {
	const page = caller.sender;
	const frame = caller.senderFrame;
	return (
		!page.isDestroyed() &&
		isPopover(page) &&
		frame !== null &&
		frame === page.mainFrame &&
		frame.url.startsWith(`${APP_ORIGIN}/`)
	);
}

/** What one page follows and has asked for. */
interface PageSession {
	readonly session: PopoverSession;
	readonly followed: Map<string, Unsubscribe>;
}

/**
 * Answers the popover's calls and tells it the events it follows, over Electron's own channels. Each load of a page has
 * a session of its own, so that one that is destroyed, crashes or is loaded again leaves no watcher behind.
 */
export function serveIpc(registrar: Registrar, isPopover: (page: WebContents) => boolean): Stop {
	const sessions = new WeakMap<WebContents, PageSession>();
	const known = new WeakSet<WebContents>();
	const eventChannels = new Set(eventNames.map(channelOf));

	function close(page: WebContents): void {
		sessions.get(page)?.session.close();
		sessions.delete(page);
	}

	function sessionOf(page: WebContents): PageSession {
		const open = sessions.get(page);
		if (open !== undefined) return open;
		const opened = { session: openPopoverSession(registrar), followed: new Map<string, Unsubscribe>() };
		sessions.set(page, opened);
		if (known.has(page)) return opened;
		known.add(page);
		page.once("destroyed", () => close(page));
		page.on("render-process-gone", () => close(page));
		page.on("did-start-navigation", (details) => {
			if (details.isMainFrame && !details.isSameDocument) close(page);
		});
		return opened;
	}

	function follow(caller: IpcMainEvent, channel: unknown, on: unknown): void {
		if (!isOwnFrame(caller, isPopover) || typeof channel !== "string" || !eventChannels.has(channel)) return;
		const page = caller.sender;
		const { session, followed } = sessionOf(page);
		followed.get(channel)?.();
		followed.delete(channel);
		if (on !== true) return;
		const stop = session.subscribe(channel, (payload) => {
			if (!page.isDestroyed()) page.send(channel, payload);
		});
		followed.set(channel, stop);
	}

	for (const name of callNames) {
		const channel = channelOf(name);
		ipcMain.handle(channel, async (caller: IpcMainInvokeEvent, argument: unknown): Promise<Reply> => {
			if (!isOwnFrame(caller, isPopover)) {
				return { ok: false, error: AppError.of("forbidden", { reason: "not the popover" }).serialize() };
			}
			return sessionOf(caller.sender).session.invoke(channel, argument);
		});
	}
	ipcMain.on(FOLLOW_CHANNEL, follow);
	return () => {
		for (const name of callNames) ipcMain.removeHandler(channelOf(name));
		ipcMain.off(FOLLOW_CHANNEL, follow);
	};
}
