import { randomUUID } from "node:crypto";
import type { ChatFigures, ChatMessage, ChatState } from "../../../shared/chat.ts";
import { AppError } from "../../../shared/errors.ts";
import type { ChatChunk, Engine } from "../engine/engine.ts";
import type { Clock, Log, Stop } from "../ports.ts";

/** Text that has come is put into the state at most this often, so that a fast model does not redraw for every token. */
const SHOW_EVERY_MS = 40;

/** What a chat needs of the rest of core. */
export interface ChatDeps {
	readonly clock: Clock;
	readonly log: Log;
	engine(): Engine;
	/** Makes sure that the model is loaded, through admission; resolves to the context it is loaded with (0 unknown). */
	ensureLoaded(
		model: string,
		signal: AbortSignal,
	): Promise<{ readonly contextLength: number; readonly loadMs: number | null }>;
	/** Milliseconds to keep a model after its answer, where a setting says so; absent leaves it to the engine. */
	keepAliveMs?(model: string): number | undefined;
	/** Marks the model as busy with a request of ours until released. */
	inFlight(model: string): Stop;
	/** Puts a new chat into the state. */
	show(change: (chat: ChatState) => ChatState): void;
	current(): ChatState;
}

/** One conversation with a chosen model. */
export interface Chat {
	/** Chooses who gets the next question. */
	choose(model: string): void;
	/** Keeps what was typed and not sent. */
	keepDraft(text: string): void;
	/** Sends a question. Throws `invalid-argument` while an answer is coming or where no model is chosen. */
	ask(text: string): void;
	/** Stops the coming answer; what came is kept. */
	stop(): void;
	/** Ends the coming answer for a reason that is told below it; what came is kept. */
	end(error: AppError): void;
	/** Asks the last question again in place of its answer. Throws `invalid-argument` where there is none. */
	retry(): void;
	/** Stops and begins anew with the same model. */
	startAnew(): void;
	/** True while an answer by this model is under way. */
	answers(model: string): boolean;
	/** Model of the answer that is coming, or null. */
	answering(): string | null;
}

/** An empty conversation. */
export function emptyChat(model: string | null): ChatState {
	return { conversationId: randomUUID(), model, messages: [], draft: "" };
}

/** Makes the chat. */
export function createChat(deps: ChatDeps): Chat {
	let running: { readonly model: string; readonly abort: AbortController } | null = null;

	function change(id: string, update: (message: ChatMessage) => ChatMessage): void {
		deps.show((chat) => ({
			...chat,
			messages: chat.messages.map((message) => (message.id === id ? update(message) : message)),
		}));
	}

	function begin(messages: readonly ChatMessage[], model: string): void {
		const answer: ChatMessage = {
			id: randomUUID(),
			role: "assistant",
			text: "",
			thinking: "",
			at: deps.clock.now(),
			state: "waiting",
			model,
			error: null,
			figures: null,
		};
		deps.show((chat) => ({ ...chat, messages: [...messages, answer] }));
		const run = { model, abort: new AbortController() };
		running = run;
		void answerInto(answer.id, messages, run).finally(() => {
			if (running === run) running = null;
		});
	}

	async function answerInto(
		id: string,
		messages: readonly ChatMessage[],
		run: { readonly model: string; readonly abort: AbortController },
	): Promise<void> {
		const { signal } = run.abort;
		const arriving = createArrival(deps.clock, (text, thinking) => {
			change(id, (message) => ({ ...message, state: "streaming", text, thinking }));
		});
		let release: Stop = () => undefined;
		try {
			const { contextLength, loadMs } = await deps.ensureLoaded(run.model, signal);
			release = deps.inFlight(run.model);
			const askedAtMs = deps.clock.monotonicMs();
			let firstTokenMs: number | null = null;
			let done: Extract<ChatChunk, { kind: "done" }> | null = null;
			const keepAliveMs = deps.keepAliveMs?.(run.model);
			const chunks = deps.engine().chat(
				{
					model: run.model,
					turns: messages
						.filter((message) => message.text !== "")
						.map((message) => ({ role: message.role, content: message.text })),
					...(contextLength > 0 ? { contextLength } : {}),
					...(keepAliveMs === undefined ? {} : { keepAliveMs }),
				},
				signal,
			);
			for await (const chunk of chunks) {
				if (chunk.kind === "done") done = chunk;
				else {
					firstTokenMs ??= deps.clock.monotonicMs() - askedAtMs;
					arriving.add(chunk);
				}
			}
			arriving.flush();
			change(id, (message) => ({
				...message,
				state: "done",
				figures: figuresOf(done, firstTokenMs, loadMs),
			}));
		} catch (thrown) {
			arriving.flush();
			const reason: unknown = signal.reason;
			const error = reason instanceof AppError ? reason : AppError.wrap(thrown);
			if (signal.aborted && error !== reason) change(id, (message) => ({ ...message, state: "stopped" }));
			else {
				deps.log.warn("answer broke off", { model: run.model, code: error.code });
				change(id, (message) => ({ ...message, state: "broken", error: error.serialize() }));
			}
		} finally {
			release();
		}
	}

	function refuseWhileAnswering(): void {
		if (running !== null) {
			throw AppError.of("invalid-argument", { what: "ask", problem: "an answer is still coming" });
		}
	}

	return {
		choose(model) {
			deps.show((chat) => ({ ...chat, model }));
		},
		keepDraft(text) {
			deps.show((chat) => ({ ...chat, draft: text }));
		},
		ask(text) {
			refuseWhileAnswering();
			const { model, messages } = deps.current();
			if (model === null)
				throw AppError.of("invalid-argument", { what: "ask", problem: "no model is chosen" });
			const question: ChatMessage = {
				id: randomUUID(),
				role: "user",
				text,
				thinking: "",
				at: deps.clock.now(),
				state: "done",
				model: null,
				error: null,
				figures: null,
			};
			begin([...messages, question], model);
		},
		stop() {
			running?.abort.abort();
		},
		end(error) {
			running?.abort.abort(error);
		},
		retry() {
			refuseWhileAnswering();
			const { model, messages } = deps.current();
			const lastQuestion = messages.findLastIndex((message) => message.role === "user");
			const answeredBy = messages[lastQuestion + 1]?.model ?? null;
			const again = model ?? answeredBy;
			if (lastQuestion === -1 || again === null) {
				throw AppError.of("invalid-argument", { what: "retryAnswer", problem: "nothing was asked yet" });
			}
			begin(messages.slice(0, lastQuestion + 1), again);
		},
		startAnew() {
			running?.abort.abort();
			running = null;
			deps.show((chat) => ({ ...emptyChat(chat.model), draft: chat.draft }));
		},
		answers: (model) => running?.model === model,
		answering: () => running?.model ?? null,
	};
}

function figuresOf(
	done: Extract<ChatChunk, { kind: "done" }> | null,
	firstTokenMs: number | null,
	loadMs: number | null,
): ChatFigures {
	const answerTokens = done?.answerTokens ?? null;
	const answerMs = done?.answerMs ?? null;
	return {
		firstTokenMs,
		answerTokens,
		loadMs: loadMs ?? done?.loadMs ?? null,
		tokensPerSecond: answerTokens !== null && answerMs ? answerTokens / (answerMs / 1000) : null,
	};
}

/** Gathers arriving text and shows it at a bounded pace. */
function createArrival(clock: Clock, show: (text: string, thinking: string) => void) {
	let text = "";
	let thinking = "";
	let pending: Stop | null = null;
	function flush(): void {
		if (pending === null) return;
		pending();
		pending = null;
		show(text, thinking);
	}
	return {
		add(chunk: { readonly kind: "text" | "thinking"; readonly text: string }) {
			if (chunk.kind === "text") text += chunk.text;
			else thinking += chunk.text;
			pending ??= clock.after(SHOW_EVERY_MS, flush);
		},
		flush,
	};
}
