import { expect, test } from "vitest";
import { titleOf } from "./title.ts";

test.each([
	["Why is the sky blue?", "Why is the sky blue?"],
	["\n\n## Fix *this*:\n```js\nlet a\n```", "Fix this :"],
	["```\n---\n```\nWhat does this do?", "What does this do?"],
	["船はなぜ海に浮くのですか", "船はなぜ海に浮くのですか"],
	[
		"Please write a very long and winding function that sorts all of the things there are",
		"Please write a very long and winding function that sorts…",
	],
	["喫".repeat(80), `${"喫".repeat(60)}…`],
	["🚢".repeat(80), "form.png"],
	["", "form.png"],
])("of %j is %j", (question, title) => {
	expect(titleOf(question, "form.png")).toBe(title);
});
