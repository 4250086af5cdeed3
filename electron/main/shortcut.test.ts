import type { GlobalShortcut } from "electron";
import { beforeEach, expect, it, vi } from "vitest";

const held = new Map<string, () => void>();
const taken = new Set(["Alt+T"]);
const fake = {
	register(accelerator, callback) {
		if (accelerator === "nonsense") throw new TypeError("conversion failure");
		if (taken.has(accelerator)) return false;
		held.set(accelerator, callback);
		return true;
	},
	unregister: (accelerator) => void held.delete(accelerator),
} satisfies Pick<GlobalShortcut, "register" | "unregister">;
vi.mock("electron", () => ({ globalShortcut: fake }));
const { createShortcut } = await import("./shortcut.ts");

beforeEach(() => held.clear());

it("holds one combination at a time and opens with it", () => {
	const pressed = vi.fn();
	const shortcut = createShortcut(pressed);
	expect(shortcut.hold("Alt+A")).toBe(true);
	expect(shortcut.hold("Alt+B")).toBe(true);
	expect([...held.keys()]).toEqual(["Alt+B"]);
	held.get("Alt+B")?.();
	expect(pressed).toHaveBeenCalledOnce();
});

it("says that another app has it, and that a combination cannot be read", () => {
	const shortcut = createShortcut(() => undefined);
	expect(shortcut.hold("Alt+T")).toBe(false);
	expect(shortcut.hold("nonsense")).toBe(false);
	expect(held.size).toBe(0);
});

it("lets go of what it holds, and of nothing it never held", () => {
	const shortcut = createShortcut(() => undefined);
	shortcut.hold("Alt+A");
	expect(shortcut.hold(null)).toBeNull();
	expect(held.size).toBe(0);
	held.set("Alt+T", () => undefined);
	shortcut.hold("Alt+T");
	shortcut.release();
	expect([...held.keys()]).toEqual(["Alt+T"]);
});
