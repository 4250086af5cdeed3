import type { AppEvent, EventKind } from "../../shared/app-event.ts";
import type { ChatMessage, ConversationRow, FoundConversation } from "../../shared/chat.ts";
import type { HistoryPoint, PLACES } from "../../shared/ipc.ts";
import type { MachineSample } from "../../shared/machine.ts";
import type { Message } from "../../shared/messages/message.ts";
import type { ModelKey } from "../../shared/model.ts";
import type { Correction, RouteDay } from "../../shared/router.ts";
import type { Settings } from "../../shared/settings.ts";
import type { LoginItemStatus } from "../../shared/shell.ts";

/** Stops or closes what it was given for; calling it twice does nothing more. */
export type Stop = () => void;

/** Time, so that a test can hold it. */
export interface Clock {
	/** Wall clock, milliseconds since 1970. */
	now(): number;
	/** Milliseconds from an arbitrary start that never jump; for durations. */
	monotonicMs(): number;
	/** Calls back once after a delay. */
	after(delayMs: number, callback: () => void): Stop;
}

/** Reads the machine's memory. */
export interface MemoryProbe {
	readonly source: "macos" | "linux" | "demo";
	/** One reading; rejects where the system tells nothing. */
	sample(): Promise<MachineSample>;
}

/** A process as the process table shows it. */
export interface ProcessInfo {
	readonly pid: number;
	readonly parentPid: number;
	/** Start time, milliseconds since 1970, to tell a pid from its reuse; null where the system does not tell. */
	readonly startedAt: number | null;
	/** Processor time used so far. */
	readonly cpuTimeMs: number;
	/** Arguments joined by blanks, as `ps -o command=` shows them. */
	readonly commandLine: string;
}

/** What one process takes. */
export interface ProcessFootprint {
	/** Bytes: phys_footprint on macOS, anonymous + file-backed + swapped on Linux, nominal on the demo machine. */
	readonly bytes: number;
	/** Bytes of it in RAM outside the file cache. */
	readonly heldBytes: number;
	/** The system rounds this figure. */
	readonly rounded: boolean;
}

/** Reads the process table. */
export interface ProcessProbe {
	/** Every process whose command could be a model runner or an engine; cheap enough for once a second. */
	list(): Promise<readonly ProcessInfo[]>;
	/** What a process takes, or null once it has ended. */
	footprint(pid: number): Promise<ProcessFootprint | null>;
	/** True while that very process lives; a reused pid does not count. */
	isAlive(pid: number, startedAt: number | null): Promise<boolean>;
}

/** The probes of one machine, real or simulated. */
export interface Probes {
	readonly memory: MemoryProbe;
	readonly processes: ProcessProbe;
}

/** Finds and starts an installed Ollama. */
export interface EngineLauncher {
	/** Where Ollama is installed, or null. */
	find(): Promise<{ readonly kind: "app" | "binary"; readonly path: string } | null>;
	/** Starts it detached; it outlives Plimsoll. Rejects with an AppError where that fails. */
	start(): Promise<void>;
}

/** Settings on disk. */
export interface SettingsStore {
	/** The settings in force. */
	current(): Settings;
	/** Checks, writes atomically, then takes over. Rejects with `settings-invalid`, `storage-full` or `storage-failed`; then nothing has changed. */
	save(next: Settings): Promise<void>;
	/** What is wrong with the file now while older settings are in force, or null. */
	refusal(): Extract<SettingsChange, { readonly kind: "refused" }> | null;
	/** Tells of hand edits: new settings, or what is wrong with the file while the old ones stay in force. */
	onChange(listener: (change: SettingsChange) => void): Stop;
}

/** What a hand edit of the settings file led to. */
export type SettingsChange =
	| { readonly kind: "changed"; readonly settings: Settings }
	| { readonly kind: "refused"; readonly file: string; readonly line: number; readonly problem: string };

/** An event before it has its id. */
export interface NewEvent {
	readonly at: number;
	readonly kind: EventKind;
	readonly severity: AppEvent["severity"];
	readonly message: Message;
	readonly data?: Readonly<Record<string, unknown>>;
}

/** What a learned footprint belongs to: the same load again. */
export interface LoadIdentity {
	readonly key: ModelKey;
	/** Tokens of one slot. */
	readonly contextLength: number;
	readonly parallel: number;
	readonly kvType: string;
	/** Kind and version of the engine, such as `ollama 0.33.0`. */
	readonly engine: string;
}

/** What loads of one identity were seen to take, bytes. */
export interface LearnedFootprint extends LoadIdentity {
	/** Held after the load. */
	readonly loadedBytes: number;
	/** The largest up to the first prompt of a full batch; null before one was seen. */
	readonly workingBytes: number | null;
	/** The largest since; null before it rose above `workingBytes`. Never part of a prediction. */
	readonly grownBytes: number | null;
	readonly loads: number;
	/** Of the last load. */
	readonly loadMs: number | null;
	/** What the formula said of the last load, to tell how well it holds. */
	readonly predictedBytes: number | null;
	readonly at: number;
}

/** Samples and events that survive a restart. */
export interface HistoryStore {
	/** Keeps one sample a minute. Never throws: a full disk becomes an event in the log, the sample is lost. */
	addPoint(point: HistoryPoint): void;
	/** Keeps an event and gives it its id. An event that cannot be written still gets one. */
	addEvent(event: NewEvent): AppEvent;
	/** Minute samples between two times, oldest first. */
	points(fromAt: number, toAt: number): readonly HistoryPoint[];
	/** Events between two times, newest first, at most `limit`. */
	events(fromAt: number, toAt: number, limit: number): readonly AppEvent[];
	/** Names of models that Plimsoll loaded and that may still be loaded; survives a kill. */
	ownLoads(): readonly string[];
	setOwnLoad(modelKey: string, loaded: boolean): void;
	/** What loads were seen to take, newest first. */
	learned(): readonly LearnedFootprint[];
	/** Keeps what was learned of one identity, in place of what was known of it. Never throws. */
	learn(footprint: LearnedFootprint): void;
	/** What people said prompts were about, newest first. */
	corrections(): readonly Correction[];
	/** Keeps one and counts it; false where the disk refused. */
	addCorrection(correction: Omit<Correction, "id">): boolean;
	/** Forgets one; what was counted stays. False where the disk refused. */
	removeCorrection(id: number): boolean;
	/** A prompt was routed. */
	countRoute(at: number): void;
	/** How many prompts were routed and corrected, day by day, oldest first. */
	routeDays(): readonly RouteDay[];
	close(): void;
}

/** A conversation as it is kept. */
export interface KeptConversation {
	readonly id: string;
	readonly title: string;
	readonly systemPrompt: string;
	/** The model chosen for it, or null. */
	readonly model: string | null;
	/** The member of the team chosen for it, or null. */
	readonly member: string | null;
}

/** Conversations that survive a restart and a kill. Nothing here throws; see `createConversationStore`. */
export interface ConversationStore {
	/** Makes a conversation, or changes what is known of it. */
	save(conversation: KeptConversation): void;
	/** Adds a message to a conversation, or changes it. */
	put(conversationId: string, message: ChatMessage): void;
	/** Takes away what was said after a message, and the message too where `inclusive`. */
	removeAfter(conversationId: string, messageId: string, inclusive: boolean): void;
	/** A conversation, or null where there is none or it was deleted. */
	open(id: string): KeptConversation | null;
	/** The newest messages, or the newest before one, oldest first. */
	messages(conversationId: string, limit: number, beforeId: string | null): readonly ChatMessage[];
	countMessages(conversationId: string): number;
	/** Conversations, the newest first. */
	list(limit: number, offset: number): readonly ConversationRow[];
	count(): number;
	/** Conversations in whose title or messages every word stands, the newest first, at most 50. */
	search(typed: string): readonly FoundConversation[];
	rename(id: string, title: string): void;
	/** Deletes a conversation; until another one is deleted or `forgetDeleted` it can be taken back. */
	remove(id: string): void;
	/** Takes a deletion back. */
	restore(id: string): void;
	/** Makes deletions final. */
	forgetDeleted(): void;
	/** Pictures that any message has. */
	pictureIds(): ReadonlySet<string>;
	/** Keeps a small value by its name. */
	keep(name: string, value: string): void;
	/** The kept value, or null. */
	kept(name: string): string | null;
	close(): void;
}

/** Pictures of questions, as files named by their content. */
export interface PictureFiles {
	/** Keeps a JPEG; its id. Throws `invalid-argument` for anything else, `storage-full` or `storage-failed`. */
	put(bytes: Buffer): string;
	/** The bytes of a kept picture, or null where there is none. */
	get(id: string): Buffer | null;
	/** Removes all but these. */
	keepOnly(ids: ReadonlySet<string>): void;
}

/** A secret that survives a restart and is never shown in state or logs. */
export interface Secrets {
	/** The gateway's token; made at the first call. */
	gatewayToken(): Promise<string>;
}

/** Suspend, resume and the like. */
export interface Power {
	onSuspend(listener: () => void): Stop;
	onResume(listener: () => void): Stop;
}

/** What the host around the popover can do; rejects with `not-available` where it cannot. */
export interface Shell {
	setOpenAtLogin(open: boolean): Promise<LoginItemStatus>;
	openPlace(place: (typeof PLACES)[number]): Promise<void>;
	closePopover(): void;
	/** Lets a person save a text where they want it; false where they did not. */
	saveText(name: string, text: string): Promise<boolean>;
	/** Makes ready a demo engine of this process's own, to be used where no engine answers. */
	startDemo(): Promise<void>;
	quit(): void;
}

/** Tells the person something that happened without them. */
export interface Notifier {
	/** `at-once`: it was done without them and says what came of it; `seldom`: it may be left out soon after another. */
	notify(title: Message, body: Message, when: "at-once" | "seldom"): void;
}

/** Folders and files. */
export interface Paths {
	readonly dataDir: string;
	readonly settingsFile: string;
	readonly databaseFile: string;
	readonly conversationsFile: string;
	readonly picturesDir: string;
	readonly apiFile: string;
	readonly logDir: string;
}

/** Structured log; never given a prompt, a token or an answer. */
export interface Log {
	child(room: string): Log;
	error(what: string, figures?: Readonly<Record<string, unknown>>): void;
	warn(what: string, figures?: Readonly<Record<string, unknown>>): void;
	info(what: string, figures?: Readonly<Record<string, unknown>>): void;
	debug(what: string, figures?: Readonly<Record<string, unknown>>): void;
}
