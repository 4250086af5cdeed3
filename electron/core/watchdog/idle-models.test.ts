import { describe, expect, it } from "vitest";
import { settingsSchema } from "../../../shared/settings.ts";
import { fromGb } from "../../../shared/units.ts";
import { loadedModel } from "../gateway/testing/sample-state.ts";
import { idleToUnload } from "./idle-models.ts";
import { keepAliveByPolicy } from "./keep-alive-policy.ts";

const NOW = 10_000_000;
const residency = (change: Readonly<Record<string, unknown>>) =>
	settingsSchema.parse({ residency: change }).residency;
const on = residency({ idleMinutes: 10, idleUnderGb: 4 });
const idle = (name: string, minutes: number, change: object = {}) => ({
	...loadedModel,
	key: name,
	name,
	state: "idle" as const,
	idleSinceAt: NOW - minutes * 60_000,
	pinned: false,
	oddity: null,
	...change,
});

describe("unloading what has been idle for long", () => {
	it("is off by default", () => {
		expect(idleToUnload([idle("a", 600)], 0, NOW, residency({}))).toBeNull();
	});

	it("takes the longest idle one, while memory is under the amount", () => {
		const models = [idle("a", 10), idle("b", 30)];
		expect(idleToUnload(models, fromGb(3.9), NOW, on)?.name).toBe("b");
		expect(idleToUnload(models, fromGb(4), NOW, on)).toBeNull();
	});

	it("spares what is younger, pinned, at work, or odd", () => {
		const models = [
			idle("young", 9.9),
			idle("pinned", 60, { pinned: true }),
			idle("busy", 60, { state: "busy" }),
			idle("ghost", 60, { oddity: { kind: "ghost", because: "deleted" } }),
		];
		expect(idleToUnload(models, 0, NOW, on)).toBeNull();
	});
});

describe("how long a model stays where a load does not say", () => {
	it("is up to the engine unless a setting says otherwise", () => {
		expect(keepAliveByPolicy("a", residency({}))).toBeUndefined();
		expect(keepAliveByPolicy("a", residency({ keepAliveMinutes: 2 }))).toBe(120_000);
	});

	it("goes by the model's own setting before the general one, whatever way its name is written", () => {
		const own = residency({ keepAliveMinutes: 2, keepAliveOf: { "gemma3:latest": -1, "b:1b": 0 } });
		expect(keepAliveByPolicy("Gemma3", own)).toBe(-1);
		expect(keepAliveByPolicy("b:1b", own)).toBe(0);
		expect(keepAliveByPolicy("c", own)).toBe(120_000);
	});

	it("is for ever for a pinned model", () => {
		expect(keepAliveByPolicy("a:1b", residency({ keepAliveMinutes: 2, pinned: ["a:1b"] }))).toBe(-1);
	});
});
