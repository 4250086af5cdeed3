import type { EventName, RendererApi, Transport, Unsubscribe } from "./ipc.ts";
import { callNames, channelOf } from "./ipc-names.ts";

/** The popover's API over any transport. The object is frozen: nothing in the page can put itself in its place. */
export function createRendererApi(transport: Transport): RendererApi {
	const calls = Object.fromEntries(
		callNames.map((name) => [
			name,
			(argument: unknown) => transport.invoke(channelOf(name), argument ?? null),
		]),
	);
	const on = (name: EventName, listener: (payload: never) => void): Unsubscribe =>
		transport.subscribe(channelOf(name), listener as (payload: unknown) => void);
	return Object.freeze({ ...calls, on }) as unknown as RendererApi;
}
