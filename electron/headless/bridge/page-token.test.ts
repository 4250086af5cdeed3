import { describe, expect, it } from "vitest";
import { takePageToken } from "./page-token.ts";

function page(hash: string, kept = new Map<string, string>()) {
	const shown: string[] = [];
	return {
		location: { hash, pathname: "/popover/", search: "?a=1" },
		history: { replaceState: (_data: unknown, _unused: string, url: string) => void shown.push(url) },
		sessionStorage: {
			getItem: (key: string) => kept.get(key) ?? null,
			setItem: (key: string, value: string) => void kept.set(key, value),
		},
		shown,
		kept,
	};
}

describe("a page's token", () => {
	it("is taken from the fragment, which is removed from the address", () => {
		const first = page("#token=abc_-1");
		expect(takePageToken(first)).toBe("abc_-1");
		expect(first.shown).toEqual(["/popover/?a=1"]);
	});

	it("survives a reload, and gives way to that of a new run", () => {
		const { kept } = page("");
		takePageToken(page("#token=old", kept));
		expect(takePageToken(page("", kept))).toBe("old");
		expect(takePageToken(page("#token=new", kept))).toBe("new");
		expect(takePageToken(page("#other=1", kept))).toBe("new");
	});

	it("is missing where none was ever given", () => {
		expect(takePageToken(page(""))).toBeNull();
		expect(takePageToken(page("#token="))).toBeNull();
	});
});
