import { describe, expect, it } from "vitest";
import { splitMarkdown } from "./split-markdown.ts";

const long = "A sentence of some length that fills its paragraph. ".repeat(10);

describe("splitting Markdown", () => {
	it("loses nothing", () => {
		const text = `${long}\n\n${long}\n\n\`\`\`js\nlet a;\n\nlet b;\n\`\`\`\n\n- x\n- y\n\n${long}`;
		const blocks = splitMarkdown(text);
		expect(blocks.map((block) => block.text).join("")).toBe(text);
		expect(blocks.length).toBeGreaterThan(2);
		for (const block of blocks) expect(text.slice(block.at).startsWith(block.text)).toBe(true);
	});

	it("never cuts a fence, whatever stands in it", () => {
		const code = `\`\`\`\`md\n${"line\n\n".repeat(200)}\`\`\`\nstill code\n\n${long}\n\`\`\`\``;
		const blocks = splitMarkdown(`${long}\n\n${code}\n\n${long}`);
		expect(blocks.some(({ text }) => text.trim() === code)).toBe(true);
	});

	it("keeps a fence that has not ended in one block", () => {
		const blocks = splitMarkdown(`Intro.\n\n\`\`\`python\n${"x = 1\n\n".repeat(500)}`);
		expect(blocks).toHaveLength(2);
	});

	it("does not cut between items of a list, nor inside a quote or a table", () => {
		const list = Array.from({ length: 50 }, (_, index) => `${index + 1}. item ${long}`).join("\n\n");
		expect(splitMarkdown(list)).toHaveLength(1);
		expect(splitMarkdown(`> ${long}\n\n> ${long}`)).toHaveLength(1);
	});

	it("leaves earlier blocks as they were while a text grows", () => {
		const text = `${long}\n\n${long}\n\n${long}\n\n\`\`\`js\nlet a;\n\`\`\`\n\nEnd.`;
		let before = splitMarkdown("");
		for (let length = 0; length <= text.length; length += 7) {
			const now = splitMarkdown(text.slice(0, length));
			expect(now.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
			before = now;
		}
	});
});
