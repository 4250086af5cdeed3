import { app, type Session, type WebContents } from "electron";
import { APP_ORIGIN } from "./app-protocol.ts";

/** True for what the popover itself may request; its files come from its own scheme and nothing else is needed. */
export function isOwnRequest(url: string, devTools: boolean): boolean {
	return (
		url.startsWith(`${APP_ORIGIN}/`) ||
		url.startsWith("data:image/") ||
		(devTools && url.startsWith("devtools://"))
	);
}

/** Denies permissions, devices, downloads and all network to a session. */
export function guardSession(session: Session, devTools: boolean): void {
	session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
	session.setPermissionCheckHandler(() => false);
	session.setDevicePermissionHandler(() => false);
	session.webRequest.onBeforeRequest((details, answer) =>
		answer({ cancel: !isOwnRequest(details.url, devTools) }),
	);
	session.on("will-download", (event) => event.preventDefault());
	session.setSpellCheckerEnabled(false);
}

/** Denies navigation, new windows and webviews to everything that ever shows a page. */
export function guardContents(): void {
	app.on("web-contents-created", (_event, contents: WebContents) => {
		const stop = (event: { preventDefault(): void }) => event.preventDefault();
		contents.on("will-navigate", stop);
		contents.on("will-frame-navigate", stop);
		contents.on("will-redirect", stop);
		contents.on("will-attach-webview", stop);
		contents.setWindowOpenHandler(() => ({ action: "deny" }));
	});
}
