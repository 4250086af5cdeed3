import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERROR_TABLE } from "../shared/errors.ts";

const text = readFileSync(new URL("../docs/troubleshooting.md", import.meta.url), "utf8");

/** The part of the document under each code. */
const sections = new Map(
	text
		.split(/^### /m)
		.slice(1)
		.map((section) => {
			const [heading = "", ...rest] = section.split("\n");
			return [heading.replaceAll("`", "").trim(), rest.join("\n").split(/^## /m)[0] ?? ""] as const;
		}),
);

describe("docs/troubleshooting.md", () => {
	it("has every error code, each once, and no other", () => {
		const headings = [...text.matchAll(/^### `([^`]+)`$/gm)].map(([, code]) => code ?? "");
		expect(headings.toSorted()).toEqual(Object.keys(ERROR_TABLE).toSorted());
	});

	it.each(Object.entries(ERROR_TABLE))(
		"says of %s what causes it, what to do next, and its codes",
		(code, row) => {
			const section = sections.get(code) ?? "";
			expect(section).toContain(`HTTP ${row.http}, exit code ${row.exit}.`);
			expect(/\*\*Cause\.\*\* (.+)/.exec(section)?.[1]?.length ?? 0).toBeGreaterThan(20);
			expect(/\*\*Next step\.\*\* (.+)/.exec(section)?.[1]?.length ?? 0).toBeGreaterThan(10);
		},
	);
});
