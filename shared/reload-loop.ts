import { type Message, message } from "./messages/message.ts";

/**
 * Models that are loaded over and over by requests in turn. `contexts`: programs ask for one model with different
 * contexts, and each request loads it anew. Otherwise several models push each other out: because they do not fit
 * together (`memory`), because one chat model is kept at a time (`single`), or because the engine keeps no more models
 * (`engine-models`).
 */
export interface ReloadLoop {
	readonly because: "contexts" | "memory" | "single" | "engine-models";
	/** Names in alphabetical order; one where it is about contexts. */
	readonly models: readonly string[];
	/** Tokens it was loaded with, smallest first; empty unless it is about contexts. */
	readonly contexts: readonly number[];
	/** How often the model that was loaded most had to load again within {@link RELOAD_LOOP_WINDOW_MS}. */
	readonly reloads: number;
	/** The last of these loads, wall clock. */
	readonly lastAt: number;
}

/** Loads that belong to one loop lie within this time. */
export const RELOAD_LOOP_WINDOW_MS = 5 * 60_000;

/** The part of a loop that is put into words. */
type SaidLoop = Pick<ReloadLoop, "because" | "models" | "contexts" | "reloads">;

/** What goes on, in one sentence. */
export function loopMessage({ because, models, contexts, reloads: count }: SaidLoop): Message {
	const names = models.join(", ");
	return because === "contexts"
		? message("event.loop-contexts", { model: names, count, contexts: contexts.join(", ") })
		: message("event.loop-models", { models: names, count });
}

/** What ends it, with the exact setting where there is one. */
export function loopTip({ because, contexts }: SaidLoop): Message {
	switch (because) {
		case "contexts":
			return message("tip.loop-contexts", { context: String(Math.max(...contexts)) });
		case "memory":
			return message("tip.loop-memory");
		case "single":
			return message("tip.loop-single");
		case "engine-models":
			return message("tip.loop-engine-models");
	}
}
