import { AppError } from "../../shared/errors.ts";
import { type Chat, type ChatDeps, createChat } from "./chat/chat.ts";
import type { EngineSupervision } from "./engine/supervision.ts";
import type { HistoryStore } from "./ports.ts";
import { installedModel } from "./residency/admission.ts";
import type { Observer } from "./residency/observer.ts";
import type { Residency } from "./residency/residency.ts";
import type { StateStore } from "./state-store.ts";
import type { Watchdog } from "./watchdog/watchdog.ts";

/** The rooms of core that the chat answers through, and what is passed on to it as it is. */
export interface ChatRooms extends Pick<ChatDeps, "clock" | "log" | "router" | "store" | "pictures"> {
	readonly state: StateStore;
	readonly supervision: EngineSupervision;
	readonly observer: Pick<Observer, "find" | "inFlight">;
	readonly residency: Pick<Residency, "fit" | "load">;
	readonly watchdog: Pick<Watchdog, "opened">;
	readonly history: Pick<HistoryStore, "learned">;
	/** Milliseconds to keep a model after its answer; undefined leaves it to the engine. */
	readonly keepAliveMs: (model: string) => number | undefined;
}

/** Makes the chat over the rooms of core. */
export function wireChat(rooms: ChatRooms): Chat {
	const { state, supervision, observer, residency, watchdog, history } = rooms;
	return createChat({
		clock: rooms.clock,
		log: rooms.log,
		router: rooms.router,
		store: rooms.store,
		pictures: rooms.pictures,
		keepAliveMs: rooms.keepAliveMs,
		engine: () => supervision.engine(),
		current: () => state.get().chat,
		show: (change) => state.update((now) => ({ ...now, chat: change(now.chat) })),
		inFlight: observer.inFlight,
		installed: (model) => installedModel(supervision.installed(), model),
		async planFor(model, contextLength) {
			if (observer.find(model) !== null) return { steps: [], expectedLoadMs: null };
			const verdict = await residency.fit(model, contextLength, "click").catch(() => null);
			const key = installedModel(supervision.installed(), model)?.key;
			const learned = history.learned().find((each) => each.key === key && each.loadMs !== null);
			return { steps: verdict?.steps ?? [], expectedLoadMs: learned?.loadMs ?? null };
		},
		async ensureLoaded(model, wantedContext, signal) {
			const cloud = supervision.installed().some((each) => each.name === model && each.location === "cloud");
			if (cloud) return { contextLength: 0, loadMs: null };
			// A question is kept while an emergency runs, also one whose load the emergency has ended.
			for (;;) {
				await watchdog.opened(signal);
				try {
					const result = await residency.load(
						// A question has time: a model that has just answered counts as busy for a while.
						{
							model,
							waitsForBusy: true,
							...(wantedContext === null ? {} : { contextLength: wantedContext }),
						},
						"popover",
						signal,
					);
					return { contextLength: result.contextLength, loadMs: result.already ? null : result.durationMs };
				} catch (thrown) {
					if (signal.aborted || AppError.wrap(thrown).code !== "memory-critical") throw thrown;
				}
			}
		},
	});
}
