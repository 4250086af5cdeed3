import { z } from "zod";
import type { AppEvent } from "./app-event.ts";
import { type ChatMessage, type ConversationRow, type FoundConversation, MAX_PICTURE_BYTES } from "./chat.ts";
import type { SerializedError } from "./errors.ts";
import type { FitVerdict } from "./fit.ts";
import type { PressureLevel } from "./machine.ts";
import type { EndedRunner, FlushResult, LoadResult, ReleaseResult, TrimResult } from "./operation.ts";
import type { StatePatch } from "./patch.ts";
import { type Correction, DOMAINS, type RouteDay } from "./router.ts";
import { settingsSchema } from "./settings.ts";
import type { AppState } from "./state.ts";
import { memberSchema } from "./team.ts";

export { callNames, channelOf, eventNames } from "./ipc-names.ts";
export { createRendererApi } from "./renderer-api.ts";

/** Asks without changing anything. */
interface QueryEntry<Argument extends z.ZodType, Result> {
	readonly kind: "query";
	readonly argument: Argument;
	/** Carries the result's type only. */
	readonly result?: Result;
}

/** Changes something; resolves when it is done. */
interface CommandEntry<Argument extends z.ZodType, Result> {
	readonly kind: "command";
	readonly argument: Argument;
	readonly result?: Result;
}

/** Told by core. */
interface EventEntry<Payload> {
	readonly kind: "event";
	readonly payload?: Payload;
}

function query<Result>() {
	return <Argument extends z.ZodType>(argument: Argument): QueryEntry<Argument, Result> => ({
		kind: "query",
		argument,
	});
}

function command<Result>() {
	return <Argument extends z.ZodType>(argument: Argument): CommandEntry<Argument, Result> => ({
		kind: "command",
		argument,
	});
}

function event<Payload>(): EventEntry<Payload> {
	return { kind: "event" };
}

const nothing = z.null();
const modelName = z.string().trim().min(1).max(512);
const memberId = z.string().min(1).max(60);
const id = z.string().min(1).max(64);
const questionText = z.string().max(4_000_000);
const contextTokens = z.int().min(1).max(16_777_216);

/** A minute (or, for the last 15 minutes, a second) of the memory curve. */
export interface HistoryPoint {
	readonly at: number;
	readonly availableBytes: number;
	readonly totalBytes: number;
	readonly swapUsedBytes: number | null;
	readonly loadedBytes: number;
	readonly level: PressureLevel;
}

/** One context a model can be loaded with. */
export interface ContextChoice {
	readonly contextLength: number;
	/** Bytes it would hold after the load; an estimate. */
	readonly footprintBytes: number;
	/** What the engine would choose by itself. */
	readonly isDefault: boolean;
}

/** Places outside Plimsoll that a button may open; never an address from a model or a page. */
export const PLACES = ["ollama-download", "login-items-settings", "data-folder", "api-docs"] as const;

/** Parts of the popover that can be asked for from outside of it. */
export type PopoverPlace = "now" | "chat" | "activity" | "team" | "settings";

/** A stretch of the past. */
export interface HistorySlice {
	readonly points: readonly HistoryPoint[];
	readonly events: readonly AppEvent[];
}

/**
 * Everything a popover may ask of core or be told by it. Channel names, the popover's API, the registrar, the
 * preload and the WebSocket transport are all derived from this one object.
 */
export const contract = {
	/** The whole state; patches follow from its version on. */
	snapshot: query<AppState>()(nothing),
	/** Samples and events between two times, milliseconds since 1970. */
	history: query<HistorySlice>()(
		z.strictObject({ fromAt: z.number(), toAt: z.number(), points: z.int().min(2).max(2000).default(600) }),
	),
	/** Loads a model; resolves when the engine lists it. */
	load: command<LoadResult>()(
		z.strictObject({
			model: modelName,
			contextLength: contextTokens.optional(),
			/** Milliseconds to keep it after its last answer; -1 for ever. */
			keepAliveMs: z.number().min(-1).optional(),
			/** Load although it is over the budget. */
			force: z.boolean().default(false),
		}),
	),
	/** Unloads a model; resolves when its release is proved, not confirmed in time, or waits for its reply. */
	unload: command<ReleaseResult>()(z.strictObject({ model: modelName })),
	/** Calls off the unloading of a model that still answers. */
	keep: command<null>()(z.strictObject({ model: modelName })),
	/** Stops a load that waits or runs, or an unload or flush that waits. */
	cancel: command<null>()(z.strictObject({ operationId: z.string().max(64) })),
	/** Unloads every local model. */
	flush: command<FlushResult>()(nothing),
	/** Loads again what the last flush unloaded. */
	putBack: command<readonly LoadResult[]>()(nothing),
	/** Keeps a loaded model for ever (`pinned`), or lets it go again by its keep-alive. */
	pin: command<null>()(z.strictObject({ model: modelName, pinned: z.boolean() })),
	/** Judges a load without loading: as a click would find it; null where nothing can be judged. */
	fit: query<FitVerdict | null>()(
		z.strictObject({ model: modelName, contextLength: contextTokens.optional() }),
	),
	/** Unloads an idle model and loads it again as it was, to get back what its runner has grown by. */
	trim: command<TrimResult>()(z.strictObject({ model: modelName })),
	/** Ends the process of a stuck, dead or stray runner; only by a person's click. */
	endRunner: command<EndedRunner>()(
		z.strictObject({ pid: z.int().positive(), startedAt: z.number().nullable() }),
	),
	/** What a model would take at several contexts, smallest first. */
	contextChoices: query<readonly ContextChoice[]>()(z.strictObject({ model: modelName })),
	/** Installs a model by name; progress stands in the state. Resolves when it has started. */
	pull: command<null>()(z.strictObject({ model: modelName })),
	cancelPull: command<null>()(z.strictObject({ pullId: z.string().max(64) })),
	/** Takes an ended pull off the list. */
	dismissPull: command<null>()(z.strictObject({ pullId: z.string().max(64) })),
	/** Deletes a model from disk, unloading it first. */
	deleteModel: command<null>()(z.strictObject({ model: modelName })),
	/** Puts a member into the team in place of the one of its id, or adds it; the team becomes one's own. */
	saveMember: command<null>()(z.strictObject({ member: memberSchema })),
	/** Takes a member out of the team, which becomes one's own. */
	removeMember: command<null>()(z.strictObject({ id: z.string().max(60) })),
	/** Takes over a team from the text of its file. */
	importTeam: command<null>()(z.strictObject({ text: z.string().max(4_000_000) })),
	/** The team in force as the text of a file. */
	exportTeam: query<string>()(nothing),
	/** Bytes free where the engine keeps its models, to be asked before a pull; null where that cannot be told. */
	modelsDisk: query<number | null>()(nothing),
	/** What a prompt was said to be about, newest first, and how many were routed and corrected day by day. */
	corrections: query<{ readonly corrections: readonly Correction[]; readonly days: readonly RouteDay[] }>()(
		nothing,
	),
	/** Forgets a correction. */
	removeCorrection: command<null>()(z.strictObject({ id: z.int() })),
	/** Chooses who answers in the open conversation: a model, a member of the team, or with neither the best one. */
	chooseAnswerer: command<null>()(
		z.strictObject({ model: modelName.nullable().default(null), member: memberId.nullable().default(null) }),
	),
	/** Sends a question with the pictures that are attached; the answer grows in the state. Resolves when it was taken. */
	ask: command<null>()(z.strictObject({ text: questionText })),
	/** Asks a question again with other words; what was said after it goes. */
	editQuestion: command<null>()(z.strictObject({ messageId: id, text: questionText.min(1) })),
	/** Keeps what was typed and not sent. */
	keepDraft: command<null>()(z.strictObject({ text: questionText })),
	/** Adds a picture, a JPEG in Base64, to the next question. */
	attachPicture: command<null>()(
		z.strictObject({
			name: z.string().max(255),
			data: z.base64().max(Math.ceil((MAX_PICTURE_BYTES * 4) / 3) + 4),
			widthPx: z.int().min(1).max(100_000),
			heightPx: z.int().min(1).max(100_000),
		}),
	),
	/** Takes a picture away again. */
	detachPicture: command<null>()(z.strictObject({ id })),
	/** A picture as Base64 of a JPEG; null where it is gone. */
	picture: query<string | null>()(z.strictObject({ id })),
	/** Stops the answer that is coming; what came is kept. */
	stopAnswer: command<null>()(nothing),
	/** Asks the last question again, in place of its answer; what is named differs from who was chosen, this once. */
	retryAnswer: command<null>()(
		z.strictObject({
			model: modelName.optional(),
			member: memberId.optional(),
			contextLength: contextTokens.optional(),
		}),
	),
	/** Keeps that the last question was about something else, and asks it again as that. */
	correctRoute: command<null>()(z.strictObject({ messageId: id, domain: z.enum(DOMAINS) })),
	/** Opens an empty conversation. */
	newConversation: command<null>()(nothing),
	/** Opens a conversation. */
	openConversation: command<null>()(z.strictObject({ id })),
	/** Messages of a conversation before one, oldest first. */
	earlierMessages: query<readonly ChatMessage[]>()(
		z.strictObject({ conversationId: id, beforeId: id, limit: z.int().min(1).max(1_000) }),
	),
	/** Conversations, the newest first. */
	conversations: query<readonly ConversationRow[]>()(
		z.strictObject({ limit: z.int().min(1).max(200), offset: z.int().min(0) }),
	),
	/** Conversations in whose title or messages every word stands, the newest first. */
	searchConversations: query<readonly FoundConversation[]>()(z.strictObject({ text: z.string().max(500) })),
	renameConversation: command<null>()(z.strictObject({ id, title: z.string().trim().min(1).max(200) })),
	/** Says what models are told before the open conversation. */
	setSystemPrompt: command<null>()(z.strictObject({ text: z.string().max(100_000) })),
	/** Deletes a conversation; that can be taken back for a minute, or until another one is deleted. */
	deleteConversation: command<null>()(z.strictObject({ id })),
	/** Takes the last deletion back. */
	restoreConversation: command<null>()(nothing),
	/** Lets a person save a text where they want it; false where they did not. */
	saveText: command<boolean>()(z.strictObject({ name: z.string().min(1).max(255), text: z.string() })),
	/** Starts Plimsoll at login, or no longer. */
	setOpenAtLogin: command<null>()(z.strictObject({ open: z.boolean() })),
	/** Opens one of a few known places outside Plimsoll. */
	openPlace: command<null>()(z.strictObject({ place: z.enum(PLACES) })),
	/** Hides the popover; a browser tab stays. */
	closePopover: command<null>()(nothing),
	/** Ends Plimsoll. */
	quit: command<null>()(nothing),
	/** Changes settings; what is not named stays. Resolves when they are on disk. */
	changeSettings: command<null>()(settingsPatchSchema()),
	/** Starts an installed Ollama that is not running. */
	startEngine: command<null>()(nothing),
	/** Lets the demo engine stand in for a first look, until an engine answers. */
	startDemo: command<null>()(nothing),
	/** Lets memory pressure pass for an hour without doing anything about it. */
	pauseWatchdog: command<null>()(nothing),
	/** Ends such a pause. */
	resumeWatchdog: command<null>()(nothing),
	/** Does not load again a model that was unloaded for pressure. */
	skipBringBack: command<null>()(z.strictObject({ key: z.string().min(1).max(700) })),
	/** Tries the engine now instead of at the next turn. */
	retryEngine: command<null>()(nothing),
	/** A popover is open and wants fresh figures; the last one to leave lets core rest. */
	watch: command<null>()(z.strictObject({ open: z.boolean() })),
	/** What changed since the last version. */
	patch: event<StatePatch>(),
	/** A part of the popover that was asked for from outside of it, such as from the tray's menu. */
	goTo: event<{ readonly place: PopoverPlace }>(),
} as const;

/** Settings with every key optional on both levels. */
function settingsPatchSchema() {
	const { app, engine, gateway, residency, router, watchdog, log, language } = settingsSchema.shape;
	return z.strictObject({
		language: language.unwrap().optional(),
		app: partialWithoutDefaults(app.unwrap()).optional(),
		engine: partialWithoutDefaults(engine.unwrap()).optional(),
		gateway: partialWithoutDefaults(gateway.unwrap()).optional(),
		residency: partialWithoutDefaults(residency.unwrap()).optional(),
		router: partialWithoutDefaults(router.unwrap()).optional(),
		watchdog: partialWithoutDefaults(watchdog.unwrap()).optional(),
		log: partialWithoutDefaults(log.unwrap()).optional(),
	});
}

type WithoutDefault<Schema> = Schema extends z.ZodDefault<infer Inner> ? Inner : Schema;

/** Takes the defaults away, so that a key that is not named is left alone instead of being reset. */
function partialWithoutDefaults<Shape extends z.core.$ZodShape>(object: z.ZodObject<Shape>) {
	const shape = Object.fromEntries(
		Object.entries(object.shape).map(([key, schema]) => {
			const inner = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
			return [key, (inner as z.ZodType).optional()];
		}),
	);
	return z.strictObject(shape) as unknown as z.ZodObject<{
		[Key in keyof Shape]: z.ZodOptional<
			WithoutDefault<Shape[Key]> extends z.ZodType ? WithoutDefault<Shape[Key]> : never
		>;
	}>;
}

/** The contract's type. */
export type Contract = typeof contract;

type NamesOf<Kind extends string> = {
	[Name in keyof Contract]: Contract[Name] extends { readonly kind: Kind } ? Name : never;
}[keyof Contract];

/** Names of what can be called. */
export type CallName = NamesOf<"query"> | NamesOf<"command">;

/** Names of what core tells. */
export type EventName = NamesOf<"event">;

/** What a caller passes. */
export type CallInput<Name extends CallName> = Contract[Name] extends {
	readonly argument: infer Argument extends z.ZodType;
}
	? z.input<Argument>
	: never;

/** What a handler receives once the argument was checked. */
export type CallArgument<Name extends CallName> = Contract[Name] extends {
	readonly argument: infer Argument extends z.ZodType;
}
	? z.output<Argument>
	: never;

/** What a call resolves to. */
export type CallResult<Name extends CallName> = Contract[Name] extends { readonly result?: infer Result }
	? Exclude<Result, undefined>
	: never;

/** What an event carries. */
export type EventPayload<Name extends EventName> = Contract[Name] extends { readonly payload?: infer Payload }
	? Exclude<Payload, undefined>
	: never;

/** Core's side of the contract: one function a call. */
export type Handlers = {
	readonly [Name in CallName]: (argument: CallArgument<Name>) => Promise<CallResult<Name>>;
};

/** Stops whatever it was given for. */
export type Unsubscribe = () => void;

/** The two methods of a transport. Calls reject with an AppError. */
export interface Transport {
	invoke(channel: string, argument: unknown): Promise<unknown>;
	subscribe(channel: string, listener: (payload: unknown) => void): Unsubscribe;
}

/** What a call's answer looks like on the wire. */
export type Reply =
	| { readonly ok: true; readonly value: unknown }
	| { readonly ok: false; readonly error: SerializedError };

/** The popover's side of the contract. */
export type RendererApi = {
	readonly [Name in CallName]: (argument: CallInput<Name>) => Promise<CallResult<Name>>;
} & {
	readonly on: <Name extends EventName>(
		name: Name,
		listener: (payload: EventPayload<Name>) => void,
	) => Unsubscribe;
};
