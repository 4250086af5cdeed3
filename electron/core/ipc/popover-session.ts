import { channelOf, type Reply, type Unsubscribe } from "../../../shared/ipc.ts";
import type { Registrar } from "./registrar.ts";

/** One popover's connection, from its opening to its end. */
export interface PopoverSession extends Registrar {
	/** Ends its subscriptions and lets core rest if it was watching. What it has started goes on. */
	close(): void;
}

/**
 * Opens a session. A popover can vanish without a word (killed window, closed tab); its session then takes back
 * `watch`, so that core, which counts watchers, never samples fast for nobody.
 */
export function openPopoverSession(registrar: Registrar): PopoverSession {
	const watchChannel = channelOf("watch");
	const subscriptions = new Set<Unsubscribe>();
	let watching = false;
	let closed = false;

	async function watch(argument: unknown): Promise<Reply> {
		const open = (argument as { readonly open?: unknown } | null)?.open;
		if (typeof open === "boolean" && open === watching) return { ok: true, value: null };
		if (typeof open === "boolean") watching = open;
		return registrar.invoke(watchChannel, argument);
	}

	return {
		async invoke(channel, argument) {
			return channel === watchChannel ? watch(argument) : registrar.invoke(channel, argument);
		},
		subscribe(channel, listener) {
			const stop = registrar.subscribe(channel, (payload) => {
				if (!closed) listener(payload);
			});
			subscriptions.add(stop);
			return () => {
				subscriptions.delete(stop);
				stop();
			};
		},
		close() {
			if (closed) return;
			closed = true;
			for (const stop of subscriptions) stop();
			subscriptions.clear();
			if (watching) void registrar.invoke(watchChannel, { open: false });
		},
	};
}
