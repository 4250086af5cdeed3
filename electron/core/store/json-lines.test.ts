import { assert, json as jsonTexts, nat, property, string } from "fast-check";
import { expect, test } from "vitest";
import { readJson } from "./json-lines.ts";

const SETTINGS = `{
  "language": "de",
  "gateway": {
    "port": 80,
    "allowedOrigins": [
      "https://a.example",
      "b"
    ]
  }
}
`;

test("the line of a key, of an array's element, and of a missing key's parent is known", () => {
	const read = readJson(SETTINGS);
	if (read.kind !== "read") throw new Error(read.problem);
	expect(read.lineOf(["gateway", "port"])).toBe(4);
	expect(read.lineOf(["gateway", "allowedOrigins", 1])).toBe(7);
	expect(read.lineOf(["gateway", "requireToken"])).toBe(3);
	expect(read.lineOf([])).toBe(1);
});

test.each([
	["a comma too few", '{\n"a": 1\n"b": 2\n}', 3],
	["a comma too many", '{\n"a": 1,\n}', 3],
	["a key without quotes", "{\n\n a: 1}", 3],
	["a text that is not closed", '{\n"a": "b\n}', 2],
	["a comment", '{\n"a": 1 // one\n}', 2],
	["a missing value", '{\n"a":\n}', 3],
	["an end that comes too early", '{\n"a": {\n"b": 1\n', 3],
	["an empty file", "", 1],
	["a second document", "{}\n{}", 2],
])("%s is named with its line", (_name, text, line) => {
	expect(readJson(text)).toMatchObject({ kind: "broken", line });
});

test("what JSON.parse takes is taken with the same value, and nothing else is", () => {
	assert(
		property(jsonTexts(), nat(), string({ maxLength: 2 }), (json, at, noise) => {
			expect(readJson(json)).toMatchObject({ kind: "read" });
			const cut = at % (json.length + 1);
			const changed = json.slice(0, cut) + noise + json.slice(cut + noise.length);
			let parsed: unknown;
			try {
				parsed = JSON.parse(changed);
			} catch {
				expect(readJson(changed).kind).toBe("broken");
				return;
			}
			const read = readJson(changed);
			expect(read.kind === "read" && read.value).toEqual(parsed);
		}),
	);
});

test("nesting without end is refused instead of exhausting the stack", () => {
	expect(readJson("[".repeat(100_000)).kind).toBe("broken");
});
