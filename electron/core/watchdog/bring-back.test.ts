import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../../shared/settings.ts";
import { fromGb } from "../../../shared/units.ts";
import { type BringBackTurn, comesBack, type Evicted, lacksBytes, stillWanted } from "./bring-back.ts";

const settings = DEFAULT_SETTINGS.watchdog;
const evicted = (name: string, change: Partial<Evicted> = {}): Evicted => ({
	key: name,
	name,
	contextLength: 4096,
	keepAliveMs: null,
	footprintBytes: fromGb(5),
	evictedAt: 1_000,
	...change,
});
const room = (gb: number) => () => ({ neededBytes: fromGb(5), roomBytes: fromGb(gb) });
const turn = (change: Partial<BringBackTurn> = {}): BringBackTurn => ({
	now: 200_000,
	nowMs: 200_000,
	level: "normal",
	normalSinceMs: 140_000,
	lastMs: null,
	evicted: [evicted("a")],
	roomFor: room(6),
	settings,
	...change,
});

describe("a model that was unloaded for pressure", () => {
	it("comes back after a minute at normal if it fits with 20 % to spare", () => {
		expect(comesBack(turn())?.name).toBe("a");
		expect(comesBack(turn({ normalSinceMs: 140_001 }))).toBeNull();
		expect(comesBack(turn({ level: "elevated" }))).toBeNull();
		expect(comesBack(turn({ roomFor: room(5.99) }))).toBeNull();
		expect(comesBack(turn({ roomFor: () => null }))).toBeNull();
	});

	it("comes back at most once in ten minutes, and not at all where the setting says so", () => {
		expect(comesBack(turn({ lastMs: 0, nowMs: 599_999, now: 599_999 }))).toBeNull();
		expect(comesBack(turn({ lastMs: 0, nowMs: 600_000, now: 600_000 }))?.name).toBe("a");
		expect(comesBack(turn({ settings: { ...settings, bringsBack: false } }))).toBeNull();
	});

	it("stays away where it would have left by itself meanwhile", () => {
		const kept = evicted("kept", { keepAliveMs: 300_000 });
		const over = evicted("over", { keepAliveMs: 100_000 });
		expect(stillWanted([kept, over], 200_000)).toEqual([kept]);
		expect(comesBack(turn({ evicted: [over] }))).toBeNull();
	});

	it("is the one unloaded last, among those that fit", () => {
		const models = [evicted("first"), evicted("last", { evictedAt: 2_000 })];
		expect(comesBack(turn({ evicted: models }))?.name).toBe("last");
		const roomFor = ({ name }: Evicted) => (name === "last" ? null : room(9)());
		expect(comesBack(turn({ evicted: models, roomFor }))?.name).toBe("first");
	});

	it("never comes back where it does not fit with room to spare", () => {
		fc.assert(
			fc.property(
				fc.double({ min: 0, max: 20, noNaN: true }),
				fc.double({ min: 0, max: 20, noNaN: true }),
				(need, has) => {
					const space = { neededBytes: fromGb(need), roomBytes: fromGb(has) };
					const back = comesBack(turn({ roomFor: () => space }));
					expect(back !== null).toBe(lacksBytes(space, settings) === 0);
					if (back !== null) expect(space.roomBytes).toBeGreaterThanOrEqual(space.neededBytes * 1.2);
				},
			),
		);
	});
});
