import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChatMessage } from "../../../shared/chat.ts";
import type { AppState } from "../../../shared/state.ts";
import { type DemoEngine, startDemoEngine } from "../../demo-engine/start.ts";
import { type OpenedPlimsoll, openPlimsoll } from "../open-plimsoll.ts";
import { unseenHost } from "../testing/unseen-host.ts";

let dataDir: string;
let demo: DemoEngine;
let plimsoll: OpenedPlimsoll;

const SMALL = "gemma3:1b";
const VISION = "granite3.2-vision:2b";

async function open(): Promise<OpenedPlimsoll> {
	const opened = await openPlimsoll(unseenHost({ dataDir, engine: demo.url, port: 0 }));
	await opened.start();
	await expect.poll(() => opened.core.state.get().installed.length).toBeGreaterThan(10);
	return opened;
}

const state = (): AppState => plimsoll.core.state.get();
const last = (): ChatMessage | undefined => state().chat.messages.at(-1);
const handlers = () => plimsoll.core.handlers;

async function choose(model: string): Promise<void> {
	await handlers().chooseAnswerer({ model, member: null });
}

async function ended(): Promise<ChatMessage> {
	await expect.poll(() => state().chat.answering, { timeout: 25_000 }).toBeNull();
	const message = last();
	if (message === undefined) throw new Error("there is no answer");
	return message;
}

async function asked(text: string): Promise<ChatMessage> {
	await handlers().ask({ text });
	return ended();
}

/** Waits until a part of the answer has come. */
async function speaking(): Promise<void> {
	await expect.poll(() => last()?.text.length ?? 0, { timeout: 20_000 }).toBeGreaterThan(10);
}

async function restart(): Promise<void> {
	await plimsoll.stop();
	plimsoll = await open();
}

async function startDemo(port = 0, tokensPerSecond = 400): Promise<DemoEngine> {
	return startDemoEngine({ port, runners: "simulated", loadGbPerSecond: 50, tokensPerSecond });
}

beforeEach(async () => {
	dataDir = await mkdtemp(join(tmpdir(), "plimsoll-chat-"));
	await writeFile(join(dataDir, "settings.json"), "{}");
	demo = await startDemo();
	plimsoll = await open();
});

afterEach(async () => {
	await plimsoll.stop();
	await demo.close();
	await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]).toString("base64");
const LONG = "Tell me a story of 2000 words";

describe("a chat", () => {
	it("leaves the choice to the router, keeps why, and loads what it chose", async () => {
		const answer = await asked("Write a Python function that sorts a list of dictionaries by a key");
		expect(answer).toMatchObject({ state: "done", role: "assistant" });
		expect(answer.route?.member?.model).toBe(answer.model);
		expect(answer.route?.candidates.length).toBeGreaterThan(3);
		expect(state().loaded.map(({ name }) => name)).toContain(answer.model);
		expect(answer.figures?.promptTokens).toBeGreaterThan(0);
	});

	it("gives an answer to the member that was wanted, once or for the conversation", async () => {
		const first = await asked("Hello there");
		const other = first.route?.candidates.find(
			({ member, reason }) => member !== first.route?.member?.id && reason === "ranked-lower",
		)?.member;
		expect(other).toBeDefined();
		await handlers().retryAnswer({ member: other ?? "" });
		expect((await ended()).route).toMatchObject({ member: { id: other } });
		expect(state().chat.member).toBeNull();
		await handlers().chooseAnswerer({ model: null, member: other ?? "" });
		expect((await asked("And again")).route?.member?.id).toBe(other);
	});

	it("keeps what a question was about by the user's word, and asks again as that", async () => {
		const first = await asked("Hello there");
		await handlers().correctRoute({ messageId: first.id, domain: "coding" });
		const again = await ended();
		expect(again.id).not.toBe(first.id);
		expect(again.route?.requirements).toMatchObject({ domain: "coding", domainSource: "user" });
		expect(plimsoll.core.router.corrections()).toMatchObject([{ prompt: "Hello there", domain: "coding" }]);
	});

	it("has every conversation, the open one and the draft again after a restart", async () => {
		await choose(SMALL);
		await asked("Why do ships float?");
		await handlers().setSystemPrompt({ text: "Be short." });
		await handlers().newConversation(null);
		await asked("船はなぜ海に浮くのですか");
		await handlers().keepDraft({ text: "half a ques" });
		const before = state().chat;
		await restart();
		const { chat } = state();
		expect(chat).toEqual({ ...before, answering: null });
		expect(chat.recent.map(({ title }) => title)).toEqual([
			"船はなぜ海に浮くのですか",
			"Why do ships float?",
		]);
		expect((await handlers().searchConversations({ text: "浮く" })).map(({ id }) => id)).toEqual([
			chat.conversationId,
		]);
		await handlers().openConversation({ id: chat.recent[1]?.id ?? "" });
		expect(state().chat).toMatchObject({
			title: "Why do ships float?",
			systemPrompt: "Be short.",
			draft: "half a ques",
		});
		expect(state().chat.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
	});

	it("goes on answering while another conversation is open, and has the whole answer there", async () => {
		await choose(SMALL);
		await handlers().ask({ text: "Tell me about ships in 300 words" });
		await speaking();
		const { conversationId } = state().chat;
		await handlers().newConversation(null);
		expect(state().chat).toMatchObject({ messages: [], answering: { conversationId } });
		await expect(handlers().ask({ text: "Me too" })).rejects.toMatchObject({ code: "invalid-argument" });
		await expect.poll(() => state().chat.answering, { timeout: 20_000 }).toBeNull();
		await handlers().openConversation({ id: conversationId });
		expect(last()).toMatchObject({ state: "done" });
		expect(last()?.text.split(/\s+/).length).toBeGreaterThanOrEqual(300);
	});

	it("says how many old messages it left out when the conversation outgrows the context", async () => {
		await handlers().load({ model: SMALL, contextLength: 2048, force: false });
		await choose(SMALL);
		for (let index = 0; index < 9; index += 1) {
			const answer = await asked(`Message ${index}: ${"word ".repeat(280)}`);
			expect(answer.state).toBe("done");
			expect(answer.contextTokens).toBe(2048);
			expect(answer.figures?.promptTokens ?? 0).toBeLessThan(2048);
		}
		expect(last()?.leftOut).toBeGreaterThanOrEqual(2);
		expect(state().loaded.find(({ name }) => name === SMALL)?.contextLength).toBe(2048);
	});

	it("refuses a question that does not fit the context instead of letting it be cut", async () => {
		await handlers().load({ model: SMALL, contextLength: 2048, force: false });
		await choose(SMALL);
		const answer = await asked("word ".repeat(200_000));
		expect(answer).toMatchObject({ state: "broken", error: { code: "question-too-long" } });
		expect(state().chat.messages[0]?.text.length).toBe(1_000_000);
	});

	it("takes five pictures, and keeps them for as long as the conversation", async () => {
		for (let index = 0; index < 5; index += 1) {
			const data = Buffer.concat([Buffer.from(JPEG, "base64"), Buffer.from([index])]).toString("base64");
			await handlers().attachPicture({ name: `${index}.jpg`, data, widthPx: 10, heightPx: 10 });
		}
		await choose(SMALL);
		expect(await asked("What is this?")).toMatchObject({ error: { code: "cannot-see-pictures" } });
		await handlers().retryAnswer({ model: VISION });
		expect((await ended()).text).toContain("5 images");
		expect(state().chat.attached).toEqual([]);
		const id = state().chat.messages[0]?.pictures[0]?.id ?? "";
		await restart();
		expect(Buffer.from((await handlers().picture({ id })) ?? "", "base64").length).toBe(8);
		await handlers().deleteConversation({ id: state().chat.conversationId });
		await restart();
		await restart();
		expect(await handlers().picture({ id })).toBeNull();
		expect(await readdir(join(dataDir, "pictures"))).toEqual([]);
	});

	it("refuses what is no JPEG", async () => {
		const png = Buffer.from("\x89PNG").toString("base64");
		const attached = handlers().attachPicture({ name: "a.heic", data: png, widthPx: 1, heightPx: 1 });
		await expect(attached).rejects.toMatchObject({ code: "invalid-argument" });
	});

	it("asks a question again with other words, and what came after it goes", async () => {
		await choose(SMALL);
		await asked("First question");
		const first = state().chat.messages[0]?.id ?? "";
		await asked("About herring");
		await handlers().editQuestion({ messageId: first, text: "Better question" });
		await ended();
		expect(state().chat.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
		expect(state().chat.messages[0]?.text).toBe("Better question");
		expect(state().chat.title).toBe("Better question");
		expect(await handlers().searchConversations({ text: "herring" })).toEqual([]);
	});

	it("takes a deletion back, with the conversation on screen", async () => {
		await choose(SMALL);
		await asked("Why do ships float?");
		const { conversationId, messages } = state().chat;
		await handlers().deleteConversation({ id: conversationId });
		expect(state().chat).toMatchObject({ messages: [], conversations: 0, deleted: { id: conversationId } });
		await handlers().restoreConversation(null);
		expect(state().chat).toMatchObject({ conversationId, messages, conversations: 1, deleted: null });
	});

	it("keeps what came when the engine is restarted in mid-answer, and answers again when it is back", async () => {
		await choose(SMALL);
		await handlers().ask({ text: LONG });
		await speaking();
		const port = Number(new URL(demo.url).port);
		await demo.close();
		const broken = await ended();
		expect(broken.state).toBe("broken");
		expect(broken.text.length).toBeGreaterThan(10);
		demo = await startDemo(port);
		await expect.poll(() => state().engine.connection.state, { timeout: 20_000 }).toBe("connected");
		await handlers().retryAnswer({});
		expect((await ended()).state).toBe("done");
	});

	it("answers again with a smaller context and with another model", async () => {
		await choose(SMALL);
		await asked("Hello");
		await handlers().retryAnswer({ contextLength: 1024 });
		expect(await ended()).toMatchObject({ state: "done", contextTokens: 1024 });
		await handlers().retryAnswer({ model: VISION });
		expect(await ended()).toMatchObject({ state: "done", model: VISION });
		expect(state().chat.model).toBe(SMALL);
	});

	it("says so when its model was deleted, and keeps the question", async () => {
		await choose(SMALL);
		await asked("Hello");
		await handlers().deleteModel({ model: SMALL });
		const answer = await asked("Still there?");
		expect(answer).toMatchObject({ state: "broken", error: { code: "model-not-found" } });
		await handlers().retryAnswer({ model: VISION });
		expect((await ended()).state).toBe("done");
	});

	it("keeps what came when Plimsoll ends in mid-answer", async () => {
		await choose(SMALL);
		await handlers().ask({ text: LONG });
		await speaking();
		const shown = last()?.text ?? "";
		await restart();
		expect(last()).toMatchObject({ state: "broken", error: { code: "answer-interrupted" } });
		expect(last()?.text.startsWith(shown)).toBe(true);
	});
});
