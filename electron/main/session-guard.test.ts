import { EventEmitter } from "node:events";
import type { Session } from "electron";
import { expect, it, vi } from "vitest";

vi.mock("electron", () => ({ app: new EventEmitter(), protocol: {} }));
const { guardContents, guardSession, isOwnRequest } = await import("./session-guard.ts");
const { app } = await import("electron");

it("lets through what the popover is made of", () => {
	expect(isOwnRequest("app://plimsoll/assets/a.js", false)).toBe(true);
	expect(isOwnRequest("data:image/png;base64,AA", false)).toBe(true);
});

it("lets developer tools through only where there are any", () => {
	expect(isOwnRequest("devtools://devtools/bundled/a.js", true)).toBe(true);
	expect(isOwnRequest("devtools://devtools/bundled/a.js", false)).toBe(false);
});

it.each([
	"app://plimsoll.evil/a.js",
	"app://plimsoll",
	"file:///etc/passwd",
	"http://127.0.0.1:11435/",
	"https://example.com/",
	"ws://127.0.0.1:11435/popover/ws",
	"blob:app://plimsoll/1",
	"data:text/html,x",
	"chrome://gpu",
])("stops %s", (url) => {
	expect(isOwnRequest(url, true)).toBe(false);
});

it("denies every permission and device, cancels foreign requests and downloads", () => {
	const answers: unknown[] = [];
	const events = new EventEmitter();
	const handlers = {
		setPermissionRequestHandler: (handler) =>
			handler?.({} as never, "media", (granted) => answers.push(granted), {} as never),
		setPermissionCheckHandler: (handler) => answers.push(handler?.(null, "media", "", {} as never)),
		setDevicePermissionHandler: (handler) => answers.push(handler?.({} as never)),
		setSpellCheckerEnabled: (enabled) => answers.push(enabled),
	} satisfies Pick<
		Session,
		| "setPermissionRequestHandler"
		| "setPermissionCheckHandler"
		| "setDevicePermissionHandler"
		| "setSpellCheckerEnabled"
	>;
	const fake = {
		...handlers,
		webRequest: {
			onBeforeRequest: (handler: (details: { url: string }, answer: (what: unknown) => void) => void) =>
				handler({ url: "https://example.com/" }, (what) => answers.push(what)),
		},
		on: events.on.bind(events),
	} as unknown as Session;
	guardSession(fake, false);
	expect(answers).toEqual([false, false, false, { cancel: true }, false]);
	const download = { preventDefault: vi.fn() };
	events.emit("will-download", download);
	expect(download.preventDefault).toHaveBeenCalledOnce();
});

it("keeps whatever shows a page from going anywhere and from opening anything", () => {
	guardContents();
	const contents = Object.assign(new EventEmitter(), { setWindowOpenHandler: vi.fn() });
	(app as unknown as EventEmitter).emit("web-contents-created", {}, contents);
	for (const name of ["will-navigate", "will-frame-navigate", "will-redirect", "will-attach-webview"]) {
		const event = { preventDefault: vi.fn() };
		contents.emit(name, event);
		expect(event.preventDefault, name).toHaveBeenCalledOnce();
	}
	const open = contents.setWindowOpenHandler.mock.calls[0]?.[0] as () => unknown;
	expect(open()).toEqual({ action: "deny" });
});
