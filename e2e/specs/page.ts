import { WebSocket } from "ws";
import {
	createSocketTransport,
	type SocketLike,
} from "../../electron/headless/bridge/web-socket-transport.ts";
import type { RendererApi } from "../../shared/ipc.ts";
import { createRendererApi } from "../../shared/renderer-api.ts";
import { type Served, said } from "./processes.ts";

const open = new Set<{ close(): void }>();

/** The contract as the popover's page in a browser has it. */
export async function openPage(served: Served): Promise<RendererApi> {
	const transport = createSocketTransport({
		url: `${served.url.replace("http", "ws")}/popover/ws`,
		token: await said(served, /#token=(\S+)\n/),
		openSocket: (url) => new WebSocket(url) as unknown as SocketLike,
		after: (delayMs, callback) => setTimeout(callback, delayMs),
	});
	open.add(transport);
	return createRendererApi(transport);
}

/** Closes every page. */
export function closePages(): void {
	for (const transport of open) transport.close();
	open.clear();
}
