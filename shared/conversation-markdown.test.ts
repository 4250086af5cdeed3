import { expect, test } from "vitest";
import { conversationMarkdown, exportName } from "./conversation-markdown.ts";
import { said } from "./testing/build-state.ts";

const words = {
	you: "You",
	systemPrompt: "Instructions",
	thinking: "What it thought",
	unfinished: "It ended here.",
	picture: (name: string) => `Picture: ${name}`,
};

test("an export holds everything that was said, in order, and what was typed cannot pose as a heading", () => {
	const at = Date.UTC(2026, 4, 12, 14, 8);
	const picture = { id: "p", name: "form.png", widthPx: 1, heightPx: 1 };
	const text = conversationMarkdown(
		{ title: "Ships", systemPrompt: "Be short." },
		[
			said("user", "# Why?\nreally", { at, pictures: [picture] }),
			said("assistant", "Because.\n\n```js\nlet a;\n```", { at, thinking: "Hm.", state: "stopped" }),
		],
		words,
	);
	expect(text).toBe(`# Ships

> **Instructions**
>
> Be short.

## You · 2026-05-12 14:08 UTC

> # Why?
> really

*Picture: form.png*

## qwen2.5-coder:7b · 2026-05-12 14:08 UTC

> **What it thought**
>
> Hm.

Because.

\`\`\`js
let a;
\`\`\`

*It ended here.*
`);
});

test.each([
	["Why is the sky blue?", "Why-is-the-sky-blue.md"],
	["../../etc/passwd", "etc-passwd.md"],
	["船の話", "船の話.md"],
	["???", "plimsoll.md"],
])("the file of %j is called %s", (title, name) => {
	expect(exportName(title)).toBe(name);
});
