import type { WebContents } from "electron";
import { expect, it, vi } from "vitest";

vi.mock("electron", () => ({ ipcMain: {}, protocol: {} }));
const { isOwnFrame } = await import("./electron-ipc.ts");

/** A page with a main frame at an address, as far as a sender check looks at it. */
function pageAt(url: string, destroyed = false) {
	const mainFrame = { url };
	const page = { isDestroyed: () => destroyed, mainFrame };
	return page as unknown as Pick<WebContents, "isDestroyed" | "mainFrame"> as WebContents;
}

function ask(page: WebContents, frame: unknown, popover: WebContents = page): boolean {
	return isOwnFrame(
		{ sender: page, senderFrame: frame as WebContents["mainFrame"] },
		(each) => each === popover,
	);
}

const OWN = "app://plimsoll/index.html#settings";

it("answers the main frame of the popover", () => {
	const page = pageAt(OWN);
	expect(ask(page, page.mainFrame)).toBe(true);
});

it("answers no other window, even one that shows the very same page", () => {
	const page = pageAt(OWN);
	expect(ask(page, page.mainFrame, pageAt(OWN))).toBe(false);
});

it("answers no frame inside the page, no frame that has gone, no page that was destroyed", () => {
	const page = pageAt(OWN);
	expect(ask(page, { url: OWN })).toBe(false);
	expect(ask(page, null)).toBe(false);
	const gone = pageAt(OWN, true);
	expect(ask(gone, gone.mainFrame)).toBe(false);
});

it.each([
	"about:blank",
	"https://plimsoll/",
	"app://plimsoll.evil/",
	"app://plimsoll",
	"file:///index.html",
	"",
])("answers no page at %j", (url) => {
	const page = pageAt(url);
	expect(ask(page, page.mainFrame)).toBe(false);
});
