import { expect, it, vi } from "vitest";

vi.mock("electron", () => ({ app: {} }));
const { loginItemStatus } = await import("./login-item.ts");

it.each(["not-registered", "enabled", "requires-approval", "not-found"] as const)(
	"says %s as macOS says it, whatever the switch says",
	(status) => {
		expect(loginItemStatus({ openAtLogin: true, status })).toBe(status);
		expect(loginItemStatus({ openAtLogin: false, status })).toBe(status);
	},
);

it("goes by the switch where the system says nothing, or something new", () => {
	expect(loginItemStatus({ openAtLogin: true })).toBe("enabled");
	expect(loginItemStatus({ openAtLogin: false })).toBe("not-registered");
	expect(loginItemStatus({ openAtLogin: true, status: "later" })).toBe("enabled");
});
