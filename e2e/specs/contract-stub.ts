import { createRegistrar, type EventSources, type Registrar } from "../../electron/core/ipc/registrar.ts";
import {
	type CallInput,
	type CallName,
	callNames,
	type EventName,
	type EventPayload,
	eventNames,
	type Handlers,
} from "../../shared/ipc.ts";

const aMember = {
	id: "a",
	name: "A",
	model: "a:1b",
	domains: ["coding"],
	topics: ["vue"],
	tier: "tiny",
	rating: 5,
	vision: false,
	tools: true,
	contextTokens: 8_192,
	memoryGb: 1,
	roles: [],
	expertise: ["größe"],
	systemPrompt: "Be brief.",
	temperature: 0.2,
	numCtx: 4_096,
	keepAliveMinutes: -1,
} as const;

/** One argument for every call that its schema takes; what a missing key becomes is named beside it. */
export const validArguments: { readonly [Name in CallName]: CallInput<Name> } = {
	snapshot: null,
	history: { fromAt: 0, toAt: 1, points: 2 },
	load: { model: "gemma3:4b", contextLength: 8192, keepAliveMs: -1, force: true },
	unload: { model: "hf.co/someone/größer-模型:Q4_K_M" },
	keep: { model: "a" },
	cancel: { operationId: "op-1" },
	flush: null,
	putBack: null,
	pin: { model: "a", pinned: true },
	fit: { model: "a", contextLength: 8192 },
	trim: { model: "a" },
	endRunner: { pid: 4711, startedAt: null },
	contextChoices: { model: "a" },
	pull: { model: "a" },
	cancelPull: { pullId: "p" },
	dismissPull: { pullId: "p" },
	saveMember: {
		member: {
			...aMember,
			domains: [...aMember.domains],
			topics: [...aMember.topics],
			roles: [],
			expertise: [...aMember.expertise],
		},
	},
	removeMember: { id: "a" },
	importTeam: { text: "{}" },
	exportTeam: null,
	modelsDisk: null,
	corrections: null,
	removeCorrection: { id: 1 },
	deleteModel: { model: "a" },
	chooseAnswerer: { model: "a", member: null },
	ask: { text: "Why?\n\u2028 \u0000 \ud83d\udea2 \u202eabc" },
	editQuestion: { messageId: "m", text: "Why not?" },
	keepDraft: { text: "half a ques" },
	attachPicture: { name: "form.png", data: "/9j/", widthPx: 10, heightPx: 20 },
	detachPicture: { id: "p" },
	picture: { id: "p" },
	stopAnswer: null,
	retryAnswer: { model: "a", contextLength: 4096 },
	correctRoute: { messageId: "m", domain: "coding" },
	newConversation: null,
	openConversation: { id: "c" },
	earlierMessages: { conversationId: "c", beforeId: "m", limit: 50 },
	conversations: { limit: 20, offset: 0 },
	searchConversations: { text: "喫水線" },
	renameConversation: { id: "c", title: "Ships" },
	setSystemPrompt: { text: "Be short." },
	deleteConversation: { id: "c" },
	restoreConversation: null,
	saveText: { name: "ships.md", text: "# Ships" },
	setOpenAtLogin: { open: true },
	openPlace: { place: "data-folder" },
	closePopover: null,
	quit: null,
	changeSettings: { language: "de", gateway: { port: 0 } },
	startEngine: null,
	startDemo: null,
	pauseWatchdog: null,
	resumeWatchdog: null,
	skipBringBack: { key: "a@sha256:00@" },
	retryEngine: null,
	watch: { open: true },
};

/** A core that only answers what a test tells it to. */
export interface StubCore {
	readonly registrar: Registrar;
	/** Arguments that handlers received, in order. */
	readonly received: { readonly name: CallName; readonly argument: unknown }[];
	/** Answers calls of one name until the next `answer`. The stub returns name and argument otherwise. */
	answer(name: CallName, handler: (argument: unknown) => unknown): void;
	/** Tells an event. */
	tell<Name extends EventName>(name: Name, payload: EventPayload<Name>): void;
	/** How many follow an event. */
	followers(name: EventName): number;
	/** Forgets answers and what was received. */
	reset(): void;
}

/** Makes a stub behind a real registrar. */
export function createStubCore(): StubCore {
	const received: { readonly name: CallName; readonly argument: unknown }[] = [];
	const answers = new Map<CallName, (argument: unknown) => unknown>();
	const followers = new Map(eventNames.map((name) => [name, new Set<(payload: never) => void>()]));
	const handlers = Object.fromEntries(
		callNames.map((name) => [
			name,
			async (argument: unknown) => {
				received.push({ name, argument });
				const answer = answers.get(name);
				return answer ? answer(argument) : { name, argument };
			},
		]),
	) as unknown as Handlers;
	const sources = Object.fromEntries(
		eventNames.map((name) => [
			name,
			(listener: (payload: never) => void) => {
				// Each subscription is its own, also where one listener is given twice.
				const own = (payload: never): void => listener(payload);
				followers.get(name)?.add(own);
				return () => followers.get(name)?.delete(own);
			},
		]),
	) as unknown as EventSources;
	return {
		registrar: createRegistrar(handlers, sources),
		received,
		answer: (name, handler) => answers.set(name, handler),
		tell(name, payload) {
			for (const listener of followers.get(name) ?? []) listener(payload as never);
		},
		followers: (name) => followers.get(name)?.size ?? 0,
		reset() {
			answers.clear();
			received.length = 0;
		},
	};
}
