import { EventEmitter } from "node:events";
import type { UtilityProcess } from "electron";
import { beforeEach, expect, it, vi } from "vitest";

/** A utility process that says and ends when a test wants it to. */
class FakeChild extends EventEmitter {
	readonly kill = vi.fn(() => true) satisfies UtilityProcess["kill"];
}

const children: FakeChild[] = [];
vi.mock("electron", () => ({
	utilityProcess: {
		fork: () => {
			const child = new FakeChild();
			children.push(child);
			return child;
		},
	},
}));
const { createDemoFallback } = await import("./demo-fallback.ts");

beforeEach(() => {
	children.length = 0;
});

it("starts nothing before it may stand in", async () => {
	const demo = createDemoFallback("demo.js", { allowed: false });
	expect(await demo.url()).toBeNull();
	expect(children).toHaveLength(0);
	demo.allow();
	const url = demo.url();
	children[0]?.emit("message", { url: "http://127.0.0.1:5" });
	expect(await url).toBe("http://127.0.0.1:5");
});

it("runs once for all who ask, and again after it ended", async () => {
	const demo = createDemoFallback("demo.js", { allowed: true });
	const [first, second] = [demo.url(), demo.url()];
	children[0]?.emit("message", { url: "a" });
	expect(await Promise.all([first, second])).toEqual(["a", "a"]);
	expect(children).toHaveLength(1);
	children[0]?.emit("exit", 1);
	const third = demo.url();
	children[1]?.emit("message", { url: "b" });
	expect(await third).toBe("b");
});

it("says that it did not start, and may be asked again", async () => {
	const demo = createDemoFallback("demo.js", { allowed: true });
	const failed = demo.url();
	children[0]?.emit("exit", 3);
	await expect(failed).rejects.toMatchObject({ code: "internal" });
	void demo.url();
	expect(children).toHaveLength(2);
	children[1]?.emit("message", { url: "b" });
});

it("ends when a real engine takes over", async () => {
	const demo = createDemoFallback("demo.js", { allowed: true });
	const url = demo.url();
	children[0]?.emit("message", { url: "a" });
	await url;
	demo.stop();
	expect(children[0]?.kill).toHaveBeenCalledOnce();
});
