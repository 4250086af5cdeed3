import { describe, expect, it } from "vitest";
import { estimateTokens } from "./estimate-tokens.ts";

describe("an estimate of tokens", () => {
	// Words and marks, or characters where words are not parted, counted by hand; rather over than under them.
	it.each([
		["The quick brown fox jumps over the lazy dog.", 10],
		["船はなぜ海に浮くのですか。", 13],
		["请写一个排序函数。", 9],
		["Почему корабли не тонут?", 5],
		["function add(a, b) { return a + b; }", 14],
	])("of “%s” is near", (text, counted) => {
		expect(estimateTokens(text)).toBeGreaterThanOrEqual(counted * 0.85);
		expect(estimateTokens(text)).toBeLessThanOrEqual(counted * 2.5);
	});
});
