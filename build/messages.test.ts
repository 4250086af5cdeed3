import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERROR_TABLE } from "../shared/errors.ts";
import { createRenderer } from "../shared/messages/create-renderer.ts";
import { de } from "../shared/messages/de.ts";
import { en } from "../shared/messages/en.ts";
import { sourceFiles } from "./import-graph.ts";

const root = new URL("..", import.meta.url).pathname;

/** Ids as code names them: plural forms share one. */
const ids = new Set(Object.keys(en).map((key) => key.replace(/_(?:one|other)$/, "")));

/** Everything that may name a message, without the catalogues themselves. */
const sources = sourceFiles(root)
	.filter((file) => /^(?:electron|shared|renderer)\//.test(file) && !file.startsWith("shared/messages/"))
	.filter((file) => !/\.test\.tsx?$|\/testing\//.test(file))
	.map((file) => ({ file, text: readFileSync(`${root}${file}`, "utf8") }));

const everything = sources.map(({ text }) => text).join("\n");

/** Beginnings of ids, such as "cli."; a literal that begins with one is meant to be an id. */
const families = new Set([...ids].map((id) => id.slice(0, id.indexOf(".") + 1)));

function placeholders(text: string): readonly string[] {
	return [...text.matchAll(/\{\{\s*(\w+)[^}]*\}\}/g)].map(([, name]) => name ?? "").sort();
}

/** Ids that are put together while running, from a template literal: `tab.${name}`. */
function patternsIn(text: string): readonly RegExp[] {
	return [...text.matchAll(/`([a-z]+\.[^`\s]*\$\{[^`\s]*)`/g)].map(([, template = ""]) => {
		const literal = template
			.split(/\$\{[^}]*\}/)
			.map((part) => part.replace(/[.*+?^$()|[\]\\{}]/g, String.raw`\$&`))
			.join(String.raw`[\w-]+`);
		return new RegExp(`^${literal}$`);
	});
}

describe("the message catalogue", () => {
	it("has the same ids in German as in English", () => {
		expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
	});

	it("has the same placeholders in both languages", () => {
		const german: Readonly<Record<string, string>> = de;
		for (const [key, text] of Object.entries(en))
			expect({ key, names: placeholders(german[key] ?? "") }).toEqual({ key, names: placeholders(text) });
	});

	it("has a sentence and a next step for every error", () => {
		for (const code of Object.keys(ERROR_TABLE)) {
			expect(ids).toContain(`error.${code}`);
			expect(ids).toContain(`error.${code}.next`);
		}
	});

	it("has both forms of every plural", () => {
		for (const key of Object.keys(en)) {
			if (key.endsWith("_one")) expect(Object.keys(en)).toContain(key.replace(/_one$/, "_other"));
			if (key.endsWith("_other")) expect(Object.keys(en)).toContain(key.replace(/_other$/, "_one"));
		}
	});

	it("has no empty text, and none that another language was forgotten in", () => {
		for (const text of [...Object.values(en), ...Object.values(de)]) expect(text.trim()).not.toBe("");
		const same = Object.entries(en).filter(
			([key, text]) =>
				(de as Readonly<Record<string, string>>)[key] === text && /[a-z]{4,} [a-z]{4,}/i.test(text),
		);
		expect(same).toEqual([]);
	});

	it("has every id that code names", () => {
		const unknown = sources.flatMap(({ file, text }) =>
			[...text.matchAll(/\b(?:message|say|note|t)\(\s*["']([a-z][\w-]*\.[\w.-]+)["']/g)]
				.map(([, id = ""]) => id)
				.filter((id) => families.has(id.slice(0, id.indexOf(".") + 1)) && !ids.has(id))
				.map((id) => `${file}: ${id}`),
		);
		expect(unknown).toEqual([]);
	});

	it("has no id that nobody names", () => {
		const patterns = patternsIn(everything);
		const unused = [...ids].filter(
			(id) =>
				!id.startsWith("error.") &&
				!everything.includes(`"${id}"`) &&
				!everything.includes(`'${id}'`) &&
				!patterns.some((pattern) => pattern.test(id)),
		);
		expect(unused).toEqual([]);
	});

	it("renders figures in the way of each language", () => {
		const message = {
			id: "error.memory-too-low",
			params: { model: "a", neededBytes: 1.5 * 1024 ** 3, availableBytes: 0 },
		} as const;
		expect(createRenderer("en").render(message)).toContain("1.5\u00a0GB");
		expect(createRenderer("de").render(message)).toContain("1,5\u00a0GB");
	});

	it("leaves no placeholder open when its parameters are given", () => {
		const params = Object.fromEntries(
			Object.values(en)
				.flatMap(placeholders)
				.map((name) => [name, 1]),
		);
		for (const language of ["en", "de"] as const) {
			const renderer = createRenderer(language);
			for (const id of ids) expect(renderer.render({ id: id as never, params })).not.toMatch(/[{}]/);
		}
	});
});
