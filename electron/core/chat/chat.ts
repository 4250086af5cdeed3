import { randomUUID } from "node:crypto";
import {
	bareMessage,
	type ChatMessage,
	type ChatState,
	emptyChat,
	type FoundConversation,
	MAX_PICTURES,
	type Picture,
} from "../../../shared/chat.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Domain } from "../../../shared/router.ts";
import type { ConversationStore, PictureFiles, Stop } from "../ports.ts";
import { type AnswerDeps, bringAnswer, type Choice } from "./answer-run.ts";
import { titleOf } from "./title.ts";

/** What a chat needs of the rest of core. */
export interface ChatDeps extends Omit<AnswerDeps, "picture"> {
	readonly store: ConversationStore;
	readonly pictures: PictureFiles;
	/** Puts a new chat into the state. */
	show(change: (chat: ChatState) => ChatState): void;
	current(): ChatState;
}

/** Who is to give one answer, where that differs from who was chosen for the conversation. */
export interface RetryChoice {
	readonly model?: string;
	readonly member?: string;
	/** Context to load the model with, tokens. */
	readonly contextLength?: number;
	/** What the question is about, by the user's word. */
	readonly domain?: Domain;
}

/** Conversations, one of them open. Nothing that was shown is lost by a kill, but for the last half second. */
export interface Chat {
	/** Chooses who answers in the open conversation; both null leaves it to the router. */
	choose(choice: { readonly model: string | null; readonly member: string | null }): void;
	/** Keeps what was typed and not sent. */
	keepDraft(text: string): void;
	/** Adds a picture to the next question. Throws `invalid-argument` for what is no JPEG, too large or one too many. */
	attach(picture: {
		readonly name: string;
		readonly data: string;
		readonly widthPx: number;
		readonly heightPx: number;
	}): void;
	/** Takes a picture away again. */
	detach(id: string): void;
	/** Bytes of a picture as Base64, or null where there is none. */
	picture(id: string): string | null;
	/** Sends a question with what is attached. Throws `invalid-argument` while an answer is coming. */
	ask(text: string): void;
	/** Stops the coming answer; what came is kept. */
	stop(): void;
	/** Ends the coming answer for a reason that is told below it; what came is kept. */
	end(error: AppError): void;
	/** Asks the last question again in place of its answer. Throws `invalid-argument` where there is none. */
	retry(choice: RetryChoice): void;
	/** Asks a question again with other words; what was said after it goes. Throws `invalid-argument` for what is no question. */
	askAnew(messageId: string, text: string): void;
	/**
	 * Keeps that a question was about something else than it was routed as. The last question is asked again as that;
	 * an earlier one is not. Throws `invalid-argument` for what was not routed, `storage-failed` where the disk refused.
	 */
	correct(answerId: string, domain: Domain): void;
	/** Opens an empty conversation with the same choice; an answer that is coming goes on in its own. */
	startAnew(): void;
	/** Opens a conversation. Throws `not-found`. */
	open(id: string): void;
	/** Messages before one, oldest first. */
	earlier(conversationId: string, beforeId: string, limit: number): readonly ChatMessage[];
	/** Conversations, the newest first. */
	list(limit: number, offset: number): ChatState["recent"];
	/** Conversations in which every word stands. */
	search(text: string): readonly FoundConversation[];
	rename(id: string, title: string): void;
	/** What models are told before the open conversation. */
	setSystemPrompt(text: string): void;
	/** Deletes a conversation, which can be taken back for a minute. */
	remove(id: string): void;
	/** Takes the last deletion back. */
	restore(): void;
	/** True while an answer by this model is under way. */
	answers(model: string): boolean;
	/** Model of the answer that is coming, or null. */
	answering(): string | null;
	/** Writes down what is not yet on the disk. */
	close(): void;
}

/** Messages of a conversation that stand in the state when it is opened, and most that it grows to. */
const SHOWN_AT_FIRST = 24;
const SHOWN_AT_MOST = 60;

/** Conversations of the list in the state. */
const RECENT = 20;

/** A growing answer is written this often, and a draft this long after the last change. */
const SAVE_EVERY_MS = 500;
const SAVE_DRAFT_AFTER_MS = 1_000;

/** How long a deletion can be taken back. */
const FORGET_AFTER_MS = 60_000;

/** Messages read at once while the turns for a model are chosen. */
const PAGE = 50;

/** Names of what is kept beside the conversations. */
const KEPT_OPEN = "open";
const KEPT_DRAFT = "draft";

interface Running {
	readonly conversationId: string;
	readonly abort: AbortController;
	message: ChatMessage;
	save: Stop | null;
}

interface KeptDraft {
	readonly draft: string;
	readonly attached: readonly Picture[];
}

/** The chat as it was left: the open conversation, the list, the draft. For the state's first value. */
export function keptChat(store: ConversationStore): ChatState {
	const id = store.kept(KEPT_OPEN);
	const kept = store.kept(KEPT_DRAFT);
	const { draft, attached } = kept === null ? emptyChat("") : (JSON.parse(kept) as KeptDraft);
	const opened = id === null ? null : opening(store, id);
	return { ...(opened ?? emptyChat(id ?? randomUUID())), ...listed(store), draft, attached };
}

function listed(store: ConversationStore): Pick<ChatState, "recent" | "conversations"> {
	return { recent: store.list(RECENT, 0), conversations: store.count() };
}

/** A kept conversation as the state shows it, without what belongs to no conversation. */
function opening(store: ConversationStore, id: string): ChatState | null {
	const conversation = store.open(id);
	if (conversation === null) return null;
	const messages = store.messages(id, SHOWN_AT_FIRST, null);
	const { title, systemPrompt, model, member } = conversation;
	const earlier = Math.max(0, store.countMessages(id) - messages.length);
	return { ...emptyChat(id), title, systemPrompt, model, member, messages, earlier };
}

/** Makes the chat. The state must have come from {@link keptChat}. */
export function createChat(deps: ChatDeps): Chat {
	const { clock, store, pictures } = deps;
	let running: Running | null = null;
	let saveDraft: Stop | null = null;
	let forget: Stop | null = null;

	// Pictures of deleted conversations, and those that were attached and taken away, are of no use to anybody.
	pictures.keepOnly(new Set([...store.pictureIds(), ...deps.current().attached.map(({ id }) => id)]));

	function problem(what: string, text: string): AppError {
		return AppError.of("invalid-argument", { what, problem: text });
	}

	function showList(): void {
		const list = listed(store);
		deps.show((chat) => ({ ...chat, ...list }));
	}

	/** Puts messages into the state, as many as it may hold. */
	function showMessages(change: (messages: readonly ChatMessage[]) => readonly ChatMessage[]): void {
		deps.show((chat) => {
			const messages = change(chat.messages);
			const over = messages.length > SHOWN_AT_MOST ? messages.length - SHOWN_AT_FIRST : 0;
			return { ...chat, messages: messages.slice(over), earlier: chat.earlier + over };
		});
	}

	function saveAnswer(run: Running): void {
		run.save?.();
		run.save = null;
		store.put(run.conversationId, run.message);
	}

	function changeAnswer(run: Running, change: Partial<ChatMessage>): void {
		run.message = { ...run.message, ...change };
		const { model } = run.message;
		deps.show((chat) =>
			chat.answering === null || chat.answering.model === model
				? chat
				: { ...chat, answering: { ...chat.answering, model } },
		);
		if (deps.current().conversationId === run.conversationId)
			showMessages((messages) => messages.map((each) => (each.id === run.message.id ? run.message : each)));
		run.save ??= clock.after(SAVE_EVERY_MS, () => saveAnswer(run));
	}

	/** What was said before a question, newest first: from the state as far as it goes, then from the store. */
	function* before(id: string, shown: readonly ChatMessage[]): Iterable<ChatMessage> {
		yield* shown.toReversed();
		let oldest = shown[0]?.id;
		while (oldest !== undefined) {
			const page = store.messages(id, PAGE, oldest);
			yield* page.toReversed();
			oldest = page.length < PAGE ? undefined : page[0]?.id;
		}
	}

	function begin(question: ChatMessage, choice: Choice): void {
		const chat = deps.current();
		const { conversationId, systemPrompt, title } = chat;
		const shown = chat.messages.slice(
			0,
			chat.messages.findIndex(({ id }) => id === question.id),
		);
		// The first message on screen need not be the first of the conversation, and the store has those before it.
		const firstShown = shown[0] ?? question;
		const older = () =>
			shown.length > 0
				? before(conversationId, shown)
				: chat.earlier > 0
					? store.messages(conversationId, SHOWN_AT_MOST, firstShown.id).toReversed()
					: [];
		const message = bareMessage({
			id: randomUUID(),
			role: "assistant",
			at: clock.now(),
			state: "waiting",
			model: choice.model,
		});
		const run: Running = { conversationId, abort: new AbortController(), message, save: null };
		running = run;
		showMessages((messages) => [...messages, message]);
		deps.show((now) => ({ ...now, answering: { conversationId, title: title ?? "", model: choice.model } }));
		store.put(conversationId, message);
		store.keep(KEPT_OPEN, conversationId);
		showList();
		const asked = {
			conversationId,
			systemPrompt,
			question,
			earlier: older,
			earlierCount: chat.earlier + shown.length,
			choice,
		};
		void bringAnswer({ ...deps, picture: pictures.get }, asked, run.abort.signal, (change) =>
			changeAnswer(run, change),
		).finally(() => {
			saveAnswer(run);
			if (running !== run) return;
			running = null;
			deps.show((now) => ({ ...now, answering: null }));
			showList();
		});
	}

	function refuseWhileAnswering(): void {
		if (running !== null) throw problem("ask", "an answer is still coming");
	}

	function keepDraftSoon(): void {
		saveDraft?.();
		saveDraft = clock.after(SAVE_DRAFT_AFTER_MS, keepDraftNow);
	}

	function keepDraftNow(): void {
		saveDraft?.();
		saveDraft = null;
		const { draft, attached } = deps.current();
		store.keep(KEPT_DRAFT, JSON.stringify({ draft, attached } satisfies KeptDraft));
	}

	/** Writes down what is known of the open conversation, which makes it where it is new. */
	function saveOpen(): void {
		const { conversationId: id, title, systemPrompt, model, member } = deps.current();
		if (title !== null) store.save({ id, title, systemPrompt, model, member });
	}

	function show(opened: ChatState): void {
		deps.show((chat) => ({
			...opened,
			messages: opened.messages.map((each) => (each.id === running?.message.id ? running.message : each)),
			draft: chat.draft,
			attached: chat.attached,
			answering: chat.answering,
			recent: chat.recent,
			conversations: chat.conversations,
			deleted: chat.deleted,
		}));
		store.keep(KEPT_OPEN, opened.conversationId);
	}

	function startAnew(): void {
		const { model, member } = deps.current();
		show({ ...emptyChat(randomUUID()), model, member });
	}

	/** Takes away what was said after a question, on screen and in the store. */
	function cutAfter(question: ChatMessage, inclusive: boolean): void {
		const { conversationId, messages } = deps.current();
		const at = messages.findIndex(({ id }) => id === question.id);
		store.removeAfter(conversationId, question.id, inclusive);
		showMessages((all) => all.slice(0, inclusive ? at : at + 1));
	}

	const titleFor = (text: string, attached: readonly Picture[]) => titleOf(text, attached[0]?.name ?? "");

	function userMessage(text: string, attached: readonly Picture[]): ChatMessage {
		return bareMessage({
			id: randomUUID(),
			role: "user",
			text,
			pictures: attached,
			at: clock.now(),
			state: "done",
		});
	}

	function add(question: ChatMessage): void {
		const { conversationId, model, member } = deps.current();
		showMessages((messages) => [...messages, question]);
		store.put(conversationId, question);
		begin(question, { model, member, contextLength: null });
	}

	function forgetDeleted(): void {
		forget?.();
		forget = null;
		store.forgetDeleted();
		deps.show((chat) => ({ ...chat, deleted: null }));
	}

	function retry({ model, member, contextLength, domain }: RetryChoice): void {
		refuseWhileAnswering();
		const chat = deps.current();
		const question = chat.messages.findLast(({ role }) => role === "user");
		if (question === undefined) throw problem("retryAnswer", "nothing was asked yet");
		const named = model !== undefined || member !== undefined || domain !== undefined;
		cutAfter(question, false);
		begin(question, {
			model: model ?? (named ? null : chat.model),
			member: member ?? (named ? null : chat.member),
			contextLength: contextLength ?? null,
			...(domain === undefined ? {} : { domain }),
		});
	}

	return {
		choose({ model, member }) {
			deps.show((chat) => ({ ...chat, model, member }));
			saveOpen();
		},
		keepDraft(text) {
			deps.show((chat) => ({ ...chat, draft: text }));
			keepDraftSoon();
		},
		attach({ name, data, widthPx, heightPx }) {
			if (deps.current().attached.length >= MAX_PICTURES)
				throw problem("a picture", `a question takes at most ${MAX_PICTURES}`);
			const id = pictures.put(Buffer.from(data, "base64"));
			deps.show((chat) =>
				chat.attached.some((each) => each.id === id)
					? chat
					: { ...chat, attached: [...chat.attached, { id, name, widthPx, heightPx }] },
			);
			keepDraftSoon();
		},
		detach(id) {
			deps.show((chat) => ({ ...chat, attached: chat.attached.filter((each) => each.id !== id) }));
			keepDraftSoon();
		},
		picture: (id) => pictures.get(id)?.toString("base64") ?? null,
		ask(text) {
			refuseWhileAnswering();
			const { title, attached } = deps.current();
			if (text.trim() === "" && attached.length === 0) throw problem("ask", "it is empty");
			if (title === null) {
				const name = titleFor(text, attached);
				deps.show((chat) => ({ ...chat, title: name }));
			}
			saveOpen();
			deps.show((chat) => ({ ...chat, draft: "", attached: [] }));
			add(userMessage(text, attached));
			keepDraftNow();
		},
		stop() {
			running?.abort.abort();
		},
		end(error) {
			running?.abort.abort(error);
		},
		retry,
		correct(answerId, domain) {
			const { messages } = deps.current();
			const at = messages.findIndex(({ id }) => id === answerId);
			const question = messages[at - 1];
			const route = messages[at]?.route ?? null;
			if (route === null || question === undefined) throw problem("correctRoute", "it was not routed");
			const last = at === messages.length - 1;
			if (last) refuseWhileAnswering();
			deps.router.correct({ prompt: question.text, domain, was: route.requirements.domain });
			if (last) retry({ domain });
		},
		askAnew(messageId, text) {
			refuseWhileAnswering();
			const { conversationId, messages } = deps.current();
			if (!messages.some(({ id }) => id === messageId)) {
				// It was paged in above what the state shows: everything after it goes, so that it becomes the newest.
				store.removeAfter(conversationId, messageId, false);
				const opened = opening(store, conversationId);
				if (opened !== null) show(opened);
			}
			const question = deps.current().messages.find(({ id }) => id === messageId);
			if (question?.role !== "user") throw problem("editQuestion", "there is no such question");
			cutAfter(question, true);
			const { title, messages: left, earlier } = deps.current();
			// A title that a person gave stays.
			if (left.length === 0 && earlier === 0 && title === titleFor(question.text, question.pictures)) {
				deps.show((chat) => ({ ...chat, title: titleFor(text, question.pictures) }));
				saveOpen();
			}
			add(userMessage(text, question.pictures));
		},
		startAnew,
		open(id) {
			const opened = opening(store, id);
			if (opened === null) throw AppError.of("not-found", { path: id });
			show(opened);
		},
		earlier: (conversationId, beforeId, limit) => store.messages(conversationId, limit, beforeId),
		list: (limit, offset) => store.list(limit, offset),
		search: (text) => store.search(text),
		rename(id, title) {
			store.rename(id, title);
			deps.show((chat) => ({
				...chat,
				title: chat.conversationId === id ? title : chat.title,
				answering: chat.answering?.conversationId === id ? { ...chat.answering, title } : chat.answering,
			}));
			showList();
		},
		setSystemPrompt(text) {
			deps.show((chat) => ({ ...chat, systemPrompt: text }));
			saveOpen();
		},
		remove(id) {
			const title = store.open(id)?.title;
			if (title === undefined) throw AppError.of("not-found", { path: id });
			if (running?.conversationId === id) running.abort.abort();
			if (deps.current().conversationId === id) startAnew();
			store.remove(id);
			forget?.();
			forget = clock.after(FORGET_AFTER_MS, forgetDeleted);
			deps.show((chat) => ({ ...chat, deleted: { id, title } }));
			showList();
		},
		restore() {
			const { deleted, messages } = deps.current();
			if (deleted === null) throw problem("restoreConversation", "nothing was deleted just now");
			forget?.();
			forget = null;
			store.restore(deleted.id);
			deps.show((chat) => ({ ...chat, deleted: null }));
			const opened = messages.length === 0 ? opening(store, deleted.id) : null;
			if (opened !== null) show(opened);
			showList();
		},
		answers: (model) => running?.message.model === model,
		answering: () => running?.message.model ?? null,
		close() {
			running?.abort.abort(AppError.of("answer-interrupted", {}));
			if (running !== null) saveAnswer(running);
			keepDraftNow();
		},
	};
}
