import { AppError } from "../../../shared/errors.ts";
import {
	type CallName,
	callNames,
	channelOf,
	contract,
	type EventName,
	type EventPayload,
	eventNames,
	type Handlers,
	type Reply,
	type Unsubscribe,
} from "../../../shared/ipc.ts";
import { toPlainJson } from "../../../shared/plain-json.ts";
import type { Log } from "../ports.ts";

/** Core's end of every transport: names become calls, whatever is thrown becomes a reply. */
export interface Registrar {
	/**
	 * Calls a handler. The argument is checked by the contract first. Never rejects: an unknown channel is
	 * `not-found`, an argument that does not fit is `invalid-argument`, any other failure is what the handler threw.
	 */
	invoke(channel: string, argument: unknown): Promise<Reply>;
	/** Follows an event. Throws `not-found` where core tells no such thing. */
	subscribe(channel: string, listener: (payload: unknown) => void): Unsubscribe;
}

/** Where each event of the contract comes from. */
export type EventSources = {
	readonly [Name in EventName]: (listener: (payload: EventPayload<Name>) => void) => Unsubscribe;
};

/** Longest complaint about an argument that is passed on; the caller knows what it sent. */
const MAX_PROBLEM_LENGTH = 400;

function check(name: CallName, argument: unknown): unknown {
	const parsed = contract[name].argument.safeParse(argument);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw AppError.of("invalid-argument", {
		what: [name, ...(issue?.path ?? []).map(String)].join(".").slice(0, MAX_PROBLEM_LENGTH),
		problem: (issue?.message ?? "it does not fit").slice(0, MAX_PROBLEM_LENGTH),
	});
}

/** Puts core's handlers and events behind channel names. Failures nobody foresaw are logged, without the argument. */
export function createRegistrar(handlers: Handlers, sources: EventSources, log?: Log): Registrar {
	const calls = new Map(callNames.map((name) => [channelOf(name), name]));
	const events = new Map(eventNames.map((name) => [channelOf(name), name]));
	return {
		async invoke(channel, argument) {
			try {
				const name = calls.get(channel);
				if (name === undefined)
					throw AppError.of("not-found", { path: channel.slice(0, MAX_PROBLEM_LENGTH) });
				const handler = handlers[name] as (argument: unknown) => Promise<unknown>;
				return { ok: true, value: toPlainJson((await handler(check(name, argument))) ?? null) };
			} catch (thrown) {
				const error = AppError.wrap(thrown);
				if (error.code === "internal")
					log?.error("a call failed", {
						channel,
						problem: error.params.problem,
						stack: thrown instanceof Error ? thrown.stack : undefined,
					});
				return { ok: false, error: error.serialize() };
			}
		},
		subscribe(channel, listener) {
			const name = events.get(channel);
			if (name === undefined) throw AppError.of("not-found", { path: channel.slice(0, MAX_PROBLEM_LENGTH) });
			const source = sources[name] as (listener: (payload: unknown) => void) => Unsubscribe;
			return source((payload) => listener(toPlainJson(payload)));
		},
	};
}
