import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../../../shared/chat.ts";
import { said } from "../../../shared/testing/build-state.ts";
import { correctionOf, turnsWithin } from "./turns.ts";

const question = said("user", "And now?");

/** So many messages of a conversation, newest first, each of about `tokens`. */
function conversation(count: number, tokens: number): readonly ChatMessage[] {
	return Array.from({ length: count }, (_, index) =>
		said((count - index) % 2 === 0 ? "assistant" : "user", "word ".repeat(tokens), {
			id: `m${count - index}`,
		}),
	);
}

function within(earlier: readonly ChatMessage[], contextTokens: number | null, correction = 1) {
	return turnsWithin({
		question,
		systemPrompt: "",
		earlier,
		earlierCount: earlier.length,
		contextTokens,
		correction,
	});
}

describe("the correction of an estimate", () => {
	it("follows what the engine measured, within reason", () => {
		const figures = {
			firstTokenMs: 1,
			tokensPerSecond: 1,
			answerTokens: 1,
			loadMs: null,
			contextFull: false,
			estimatedPromptTokens: 100,
		};
		const measured = (promptTokens: number) =>
			correctionOf(said("assistant", "", { figures: { ...figures, promptTokens } }));
		expect(measured(130)).toBe(1.3);
		expect(measured(3)).toBe(0.8);
		expect(measured(900)).toBe(3);
		expect(correctionOf(undefined)).toBe(1);
	});
});

describe("the turns for a model", () => {
	it("are all of them where they fit", () => {
		const earlier = conversation(6, 20);
		const chosen = within(earlier, 8192);
		expect(chosen?.leftOut).toBe(0);
		expect(chosen?.messages).toEqual([...earlier.toReversed(), question]);
	});

	it("are the newest where they do not, beginning with a question, and the others are counted", () => {
		const chosen = within(conversation(100, 100), 2048);
		const kept = chosen?.messages ?? [];
		expect(kept.at(-1)).toBe(question);
		expect(kept[0]?.role).toBe("user");
		expect(kept.length).toBeGreaterThan(5);
		expect(chosen?.leftOut).toBe(101 - kept.length);
		expect(chosen?.estimatedTokens).toBeLessThan(2048 * 0.75);
	});

	it("are fewer where the engine measured more than was estimated", () => {
		const few = within(conversation(100, 100), 2048, 2)?.messages.length ?? 0;
		expect(few).toBeLessThan((within(conversation(100, 100), 2048)?.messages.length ?? 0) / 1.5);
	});

	it("are never read further than they are needed", () => {
		let read = 0;
		const endless = (function* () {
			for (;;) {
				read += 1;
				yield said(read % 2 === 0 ? "user" : "assistant", "word ".repeat(100));
			}
		})();
		const chosen = turnsWithin({
			question,
			systemPrompt: "",
			earlier: endless,
			earlierCount: 10_000,
			contextTokens: 4096,
			correction: 1,
		});
		expect(read).toBeLessThan(40);
		expect((chosen?.leftOut ?? 0) + (chosen?.messages.length ?? 0)).toBe(10_001);
	});

	it("do not hold an answer that broke before its first word, and do not count it as left out", () => {
		const earlier = [said("assistant", "", { state: "broken" }), said("user", "First")];
		const chosen = within(earlier, 8192);
		expect(chosen?.messages.map(({ text }) => text)).toEqual(["First", "And now?"]);
		expect(chosen?.leftOut).toBe(0);
	});

	it("are none where the question alone does not fit", () => {
		const long = said("user", "word ".repeat(5000));
		expect(
			turnsWithin({
				question: long,
				systemPrompt: "",
				earlier: [],
				earlierCount: 0,
				contextTokens: 4096,
				correction: 1,
			}),
		).toBeNull();
	});

	it("count the system prompt and pictures", () => {
		const picture = { id: "p", name: "", widthPx: 1, heightPx: 1 };
		const ask = (systemPrompt: string, pictures: ChatMessage["pictures"]) =>
			turnsWithin({
				question: said("user", "?", { pictures }),
				systemPrompt,
				earlier: [],
				earlierCount: 0,
				contextTokens: null,
				correction: 1,
			})?.estimatedTokens ?? 0;
		expect(ask("Answer in verse.", [])).toBeGreaterThan(ask("", []));
		expect(ask("", [picture, picture]) - ask("", [])).toBeGreaterThan(2000);
	});
});
