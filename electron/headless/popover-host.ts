import { randomBytes } from "node:crypto";
import type { Core } from "../core/create-core.ts";
import { createRegistrar } from "../core/ipc/registrar.ts";
import type { Log } from "../core/ports.ts";
import { bridgeFile, rendererFolder } from "./places.ts";
import { POPOVER_PATH, readPopoverFiles } from "./popover-files.ts";
import { createPopoverSocket } from "./popover-socket.ts";
import { SOCKET_PATH } from "./socket-protocol.ts";

/** The popover as a page of the gateway. */
export interface PopoverHost {
	/** True where there is a popover to open. */
	readonly built: boolean;
	/** Address of the popover on a port, with this run's token in its fragment. */
	url(port: number): string;
	/** Pages that are connected now. */
	connections(): number;
	close(): void;
}

/** Serves popover and contract beside the API, behind the gateway's chain; must run before the gateway listens. */
export async function hostPopover(core: Core, log: Log): Promise<PopoverHost> {
	const registrar = createRegistrar(
		core.handlers,
		// Nothing outside of the page asks for a part of it: a browser tab has no tray.
		{ patch: (listener) => core.state.subscribe(listener), goTo: () => () => undefined },
		log,
	);
	const token = randomBytes(32).toString("base64url");
	const socket = createPopoverSocket(registrar, token);
	const files = await readPopoverFiles(rendererFolder, bridgeFile);
	core.gateway.mount({
		prefix: POPOVER_PATH,
		// The files are no secret; the socket asks for the token of this run.
		hasOwnSecret: true,
		request: (request, response, headers) => files.answer(request, response, headers),
		upgrade(request, connection, head) {
			if (request.url?.split("?", 1)[0] === SOCKET_PATH) socket.upgrade(request, connection, head);
			else connection.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
		},
	});
	return {
		built: files.built,
		url: (port) => `http://127.0.0.1:${port}${POPOVER_PATH}#token=${token}`,
		connections: () => socket.connections(),
		close: () => socket.close(),
	};
}
