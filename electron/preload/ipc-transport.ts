import type { IpcRenderer } from "electron";
import { AppError } from "../../shared/errors.ts";
import type { Reply, Transport } from "../../shared/ipc.ts";
import { FOLLOW_CHANNEL } from "../../shared/ipc-names.ts";
import { encodeArgument } from "../../shared/plain-json.ts";

/** The three methods of Electron's IPC that a page's side needs. */
export type PageIpc = Pick<IpcRenderer, "invoke" | "send" | "on">;

/** The argument as plain JSON. Throws a plain object: Electron's bridge strips everything but the message off an Error. */
function plain(channel: string, argument: unknown): unknown {
	try {
		return JSON.parse(encodeArgument(channel, argument));
	} catch (thrown) {
		throw AppError.wrap(thrown).serialize();
	}
}

/**
 * Carries calls and events over Electron's IPC. Main is told of the first follower of an event and of the last one's
 * leaving, so that nothing is sent that nobody hears. Calls reject with a serialised AppError.
 */
export function createIpcTransport(ipc: PageIpc): Transport {
	const listeners = new Map<string, Set<(payload: unknown) => void>>();
	return {
		async invoke(channel, argument) {
			const reply = (await ipc.invoke(channel, plain(channel, argument))) as Reply;
			if (!reply.ok) throw reply.error;
			return reply.value;
		},
		subscribe(channel, listener) {
			let followers = listeners.get(channel);
			if (followers === undefined) {
				const told = new Set<(payload: unknown) => void>();
				followers = told;
				listeners.set(channel, told);
				ipc.on(channel, (_event, payload: unknown) => {
					for (const each of Array.from(told)) each(payload);
				});
			}
			const own = (payload: unknown): void => listener(payload);
			const following = followers;
			following.add(own);
			if (following.size === 1) ipc.send(FOLLOW_CHANNEL, channel, true);
			return () => {
				if (following.delete(own) && following.size === 0) ipc.send(FOLLOW_CHANNEL, channel, false);
			};
		},
	};
}
