import type { AppEvent } from "../../../shared/app-event.ts";
import type { Stop } from "../ports.ts";
import { eventOf } from "./api-words.ts";
import type { GatewayDeps } from "./gateway-deps.ts";

/** Events that a client which comes back can be told of. */
const REPLAY_AT_MOST = 1_000;

/** Bytes a client may lag behind; one that reads too slowly is let go and comes back with its last id. */
const MAX_BACKLOG_BYTES = 1024 ** 2;

function framed(event: AppEvent): string {
	return `id: ${event.id}\ndata: ${JSON.stringify(eventOf(event))}\n\n`;
}

function missedSince(deps: GatewayDeps, lastId: number): readonly AppEvent[] {
	return deps
		.pastEvents(0, deps.clock.now(), REPLAY_AT_MOST)
		.filter((event) => event.id > lastId)
		.toSorted((one, other) => one.id - other.id);
}

/**
 * What happens from now on as server-sent events, with a comment as a sign of life in between. A client that names
 * the last event it saw is first told what it missed.
 */
export function eventStream(
	deps: GatewayDeps,
	options: { readonly lastEventId: string | null; readonly heartbeatMs: number },
): ReadableStream<Uint8Array> {
	const encoder = new TextEncoder();
	let stops: Stop[] = [];
	const stop = (): void => {
		for (const each of stops) each();
		stops = [];
	};
	return new ReadableStream<Uint8Array>(
		{
			start(controller) {
				const asked = Number(options.lastEventId ?? "");
				const comesBack = options.lastEventId !== null && Number.isSafeInteger(asked);
				let lastId = deps.state().events.reduce((newest, event) => Math.max(newest, event.id), 0);
				const send = (text: string): void => {
					controller.enqueue(encoder.encode(text));
					if ((controller.desiredSize ?? 0) > 0) return;
					stop();
					controller.close();
				};
				const beat = (): void => {
					const stopTimer = deps.clock.after(options.heartbeatMs, () => {
						stops = stops.filter((each) => each !== stopTimer);
						send(": still here\n\n");
						if (stops.length > 0) beat();
					});
					stops.push(stopTimer);
				};
				stops.push(
					deps.subscribePatches(() => {
						const fresh = deps
							.state()
							.events.filter((event) => event.id > lastId)
							.toSorted((one, other) => one.id - other.id);
						for (const event of fresh) {
							if (stops.length === 0) return;
							lastId = event.id;
							send(framed(event));
						}
					}),
				);
				beat();
				send(`retry: 2000\n\n${comesBack ? missedSince(deps, asked).map(framed).join("") : ""}`);
			},
			cancel: stop,
		},
		{ highWaterMark: MAX_BACKLOG_BYTES, size: (piece) => piece?.byteLength ?? 0 },
	);
}
