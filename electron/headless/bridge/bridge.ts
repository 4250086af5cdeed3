import { createRendererApi } from "../../../shared/renderer-api.ts";
import { type PageAddress, takePageToken } from "./page-token.ts";
import { createSocketTransport, type SocketLike } from "./web-socket-transport.ts";

/** What this script uses of the page it runs in. */
interface Page extends PageAddress {
	readonly location: PageAddress["location"] & { readonly host: string };
	readonly WebSocket: new (url: string) => SocketLike;
	readonly document: { readonly documentElement: { setAttribute(name: string, value: string): void } };
	setTimeout(callback: () => void, delayMs: number): number;
}

// The program is type-checked for Node, which knows no page.
const page = globalThis as unknown as Page;

/** Lets the popover's styles and texts tell a lost connection from a quiet one. */
function showConnection(state: "connected" | "lost" | "refused"): void {
	page.document.documentElement.setAttribute("data-connection", state);
}

const transport = createSocketTransport({
	url: `ws://${page.location.host}/popover/ws`,
	token: takePageToken(page) ?? "",
	openSocket: (url) => new page.WebSocket(url),
	after: (delayMs, callback) => page.setTimeout(callback, delayMs),
	onConnection: showConnection,
});

Object.defineProperty(page, "plimsoll", {
	value: createRendererApi(transport),
	writable: false,
	configurable: false,
	enumerable: true,
});
