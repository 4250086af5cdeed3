import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChatMessage } from "../../../shared/chat.ts";
import { said } from "../../../shared/testing/build-state.ts";
import { systemClock } from "../clock.ts";
import { createMemoryLog } from "../log/log.ts";
import type { ConversationStore } from "../ports.ts";
import { createConversationStore } from "./conversation-store.ts";
import type { StoreNotice } from "./store-notice.ts";

let dir = "";
let notices: StoreNotice[] = [];
let store: ConversationStore;

function open(): ConversationStore {
	return createConversationStore({
		file: join(dir, "conversations.db"),
		clock: systemClock,
		log: createMemoryLog().log,
		onNotice: (notice) => notices.push(notice),
	});
}

function reopen(): void {
	store.close();
	store = open();
}

beforeEach(async () => {
	dir = await mkdtemp(join(tmpdir(), "plimsoll-conversations-"));
	notices = [];
	store = open();
});

afterEach(async () => {
	store.close();
	await rm(dir, { recursive: true, force: true });
});

let at = 1_000;

function talk(id: string, title: string, ...texts: readonly string[]): void {
	store.save({ id, title, systemPrompt: "", model: null, member: null });
	texts.forEach((text, index) => {
		at += 1;
		const role = index % 2 === 0 ? "user" : "assistant";
		store.put(id, said(role, text, { id: `${id}-${index}`, at }));
	});
}

const textsOf = (messages: readonly ChatMessage[]) => messages.map(({ text }) => text);

describe("a store of conversations", () => {
	test("gives back every message as it was, in its order, after it was opened again", () => {
		const picture = { id: "a".repeat(64), name: "form.png", widthPx: 10, heightPx: 20 };
		const question = said("user", "What is wrong here?", { pictures: [picture], at: 5 });
		const answer = said("assistant", "Nothing. 🚢", {
			thinking: "hm",
			at: 6,
			leftOut: 3,
			contextTokens: 8192,
			error: { code: "stream-broken", params: {} },
			figures: {
				firstTokenMs: 1,
				tokensPerSecond: 2,
				promptTokens: 3,
				answerTokens: 4,
				estimatedPromptTokens: 5,
				loadMs: null,
				contextFull: false,
			},
		});
		store.save({ id: "c", title: "A form", systemPrompt: "Be short.", model: "gemma3:1b", member: null });
		store.put("c", question);
		store.put("c", { ...answer, text: "Noth", state: "done" });
		store.put("c", answer);
		reopen();
		expect(store.open("c")).toEqual({
			id: "c",
			title: "A form",
			systemPrompt: "Be short.",
			model: "gemma3:1b",
			member: null,
		});
		expect(store.messages("c", 10, null)).toEqual([question, answer]);
		expect(store.list(10, 0)).toMatchObject([
			{ id: "c", title: "A form", model: "qwen2.5-coder:7b", questions: 1 },
		]);
		expect(store.pictureIds()).toEqual(new Set([picture.id]));
	});

	test("pages from the newest message back to the first", () => {
		talk("c", "Numbers", ...Array.from({ length: 25 }, (_, index) => `message ${index}`));
		const newest = store.messages("c", 10, null);
		expect(textsOf(newest)).toEqual(Array.from({ length: 10 }, (_, index) => `message ${index + 15}`));
		const before = store.messages("c", 20, newest[0]?.id ?? "");
		expect(textsOf(before)).toEqual(Array.from({ length: 15 }, (_, index) => `message ${index}`));
		expect(store.countMessages("c")).toBe(25);
	});

	test("ends an answer that was under way when it was killed as broken, with what had come, and finds it", () => {
		talk("c", "Ships", "Tell me about ships");
		store.put("c", said("assistant", "Ships float becau", { id: "half", state: "streaming", at: 9_000 }));
		expect(store.search("float becau")).toEqual([]);
		reopen();
		expect(store.messages("c", 1, null)).toMatchObject([
			{ text: "Ships float becau", state: "broken", error: { code: "answer-interrupted" } },
		]);
		expect(store.search("float becau")).toHaveLength(1);
	});

	test("takes a deletion back until another one follows or it is forgotten, and finds nothing deleted", () => {
		talk("a", "First", "about anchors");
		talk("b", "Second", "about anchors too");
		store.remove("a");
		expect(store.list(10, 0).map(({ id }) => id)).toEqual(["b"]);
		expect(store.search("anchors").map(({ id }) => id)).toEqual(["b"]);
		store.restore("a");
		expect(store.search("anchors").map(({ id }) => id)).toEqual(["b", "a"]);
		store.remove("a");
		store.remove("b");
		store.restore("a");
		expect(store.count()).toBe(0);
		store.restore("b");
		expect(store.count()).toBe(1);
		store.remove("b");
		reopen();
		store.restore("b");
		expect(store.count()).toBe(0);
		expect(store.search("anchors")).toEqual([]);
	});

	test("takes away what was said after a question, or the question too, and finds it no more", () => {
		talk("c", "Title", "question one", "answer one", "question two", "answer two");
		store.removeAfter("c", "c-2", false);
		expect(textsOf(store.messages("c", 9, null))).toEqual(["question one", "answer one", "question two"]);
		store.removeAfter("c", "c-1", true);
		expect(textsOf(store.messages("c", 9, null))).toEqual(["question one"]);
		expect(store.search("answer one")).toEqual([]);
	});

	test("keeps small values, and the new one in place of the old", () => {
		expect(store.kept("open")).toBeNull();
		store.keep("open", "a");
		store.keep("open", "b");
		reopen();
		expect(store.kept("open")).toBe("b");
	});

	test("sets a damaged file aside and goes on with what was said since", () => {
		talk("c", "Old", "old words");
		store.close();
		writeFileSync(join(dir, "conversations.db"), "no database ".repeat(1000));
		store = open();
		expect(notices).toMatchObject([{ kind: "set-aside", what: "conversations", why: "broken" }]);
		talk("d", "New", "new words");
		reopen();
		expect(store.list(9, 0).map(({ id }) => id)).toEqual(["d"]);
	});

	test("keeps what it could not write and writes it as soon as the disk takes it", () => {
		store.close();
		rmSync(dir, { recursive: true });
		writeFileSync(dir, "a file where the folder should be");
		store = open();
		talk("c", "While the disk was away", "question", "answer");
		expect(notices.map(({ kind }) => kind)).toEqual(["failing"]);
		expect(store.list(9, 0)).toEqual([]);
		rmSync(dir);
		store.rename("c", "Now it is there");
		expect(notices.map(({ kind }) => kind)).toEqual(["failing", "working-again"]);
		reopen();
		expect(store.list(9, 0)).toMatchObject([{ title: "Now it is there", questions: 1 }]);
		expect(textsOf(store.messages("c", 9, null))).toEqual(["question", "answer"]);
	});
});

describe("a search", () => {
	beforeEach(() => {
		talk("ja", "船の話", "船はなぜ海に浮くのですか", "浮力があるからです。喫水線を見てください。");
		talk("zh", "排序", "请写一个排序函数", "好的,下面是一个函数。");
		talk("de", "Größe", "Wie groß ist das Schiff?", "Es misst 100 % der Länge, also \\alles_.");
		talk("en", "Sorting a list", "Write a function to SORT a list", "Use `sorted`.");
	});

	const found = (typed: string) => store.search(typed).map(({ id }) => id);

	test.each([
		["three Japanese characters", "喫水線", ["ja"]],
		["two Japanese characters", "浮力", ["ja"]],
		["one Japanese character", "海", ["ja"]],
		["two Chinese characters", "函数", ["zh"]],
		["two characters in a title", "排序", ["zh"]],
		["English in another case", "sort", ["en"]],
		["two letters in another case", "US", ["en"]],
		["a part of a word", "unction", ["en"]],
		["two words apart", "list write", ["en"]],
		["a long and a short word", "function to", ["en"]],
		["a long and a short word of which one is missing", "function zz", []],
		["a percent sign", "%", ["de"]],
		["an underscore", "s_", ["de"]],
		["a backslash", "\\a", ["de"]],
		["a title alone", "sorting", ["en"]],
		["quotes that are not there", 'sort" OR "list', []],
		["operators of the index", "sort*", []],
		["nothing", "  ", []],
	])("finds %s", (_name, typed, ids) => {
		expect(found(typed)).toEqual(ids);
	});

	test("shows the newest place, with what was found marked", () => {
		const [ja] = store.search("喫水線");
		const { text, from, to } = ja?.excerpt ?? { text: "", from: 0, to: 0 };
		expect(text.slice(from, to)).toBe("喫水線");
		const [en] = store.search("sort");
		expect(en?.excerpt?.text.slice(en.excerpt.from, en.excerpt.to)).toBe("sort");
		expect(en?.excerpt?.text).toBe("Use `sorted`.");
	});
});
