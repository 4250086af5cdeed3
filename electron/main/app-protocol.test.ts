import { expect, it, vi } from "vitest";

vi.mock("electron", () => ({ protocol: {} }));
const { CONTENT_SECURITY_POLICY, resolveAppUrl } = await import("./app-protocol.ts");

const manifest = new Set(["index.html", "assets/a.js"]);

it("finds its own files, the page itself by its folder too", () => {
	expect(resolveAppUrl("app://plimsoll/index.html", manifest)).toBe("index.html");
	expect(resolveAppUrl("app://plimsoll/", manifest)).toBe("index.html");
	expect(resolveAppUrl("app://plimsoll/index.html#settings", manifest)).toBe("index.html");
	expect(resolveAppUrl("app://plimsoll/assets/a.js?v=1", manifest)).toBe("assets/a.js");
});

it.each([
	"app://plimsoll/../package.json",
	"app://plimsoll/%2e%2e/package.json",
	"app://plimsoll/assets/..%2f..%2fpackage.json",
	"app://plimsoll/assets\\a.js",
	"app://plimsoll//etc/passwd",
	"app://plimsoll/ASSETS/a.js",
	"app://plimsoll/assets",
	"app://plimsoll.evil/index.html",
	"app://elsewhere/index.html",
	"app://plimsoll@evil/index.html",
	"file:///index.html",
	"https://plimsoll/index.html",
])("has nothing at %s", (url) => {
	expect(resolveAppUrl(url, manifest)).toBeNull();
});

it("lets the page load from itself alone, and run no text as script", () => {
	expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|https?:|blob:/);
	expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'");
	expect(CONTENT_SECURITY_POLICY).toContain("connect-src 'none'");
	expect(CONTENT_SECURITY_POLICY).toContain("require-trusted-types-for 'script'");
});
