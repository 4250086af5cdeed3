import { expect, it } from "vitest";
import type { ProcessInfo } from "../ports.ts";
import { createActivityMeter } from "./activity-meter.ts";

function runner(cpuTimeMs: number, startedAt = 1000): ProcessInfo {
	return { pid: 5, parentPid: 1, startedAt, cpuTimeMs, commandLine: "x" };
}

it("knows nothing at the first look and judges over at least half a second", () => {
	const meter = createActivityMeter();
	expect(meter.look([runner(100)], 0).get(5)).toBeNull();
	expect(meter.look([runner(300)], 499).get(5)).toBeNull();
	expect(meter.look([runner(300)], 500).get(5)).toBe(true);
});

it.each([
	[49, false],
	[50, true],
])("takes %i ms of processor time in a second for active: %s", (cpuTimeMs, active) => {
	const meter = createActivityMeter();
	meter.look([runner(0)], 0);
	expect(meter.look([runner(cpuTimeMs)], 1000).get(5)).toBe(active);
});

it("keeps its verdict between looks that are too close together", () => {
	const meter = createActivityMeter();
	meter.look([runner(0)], 0);
	meter.look([runner(400)], 1000);
	expect(meter.look([runner(400)], 1200).get(5)).toBe(true);
	expect(meter.look([runner(400)], 1500).get(5)).toBe(false);
});

it("starts anew for a reused pid and forgets what is no longer listed", () => {
	const meter = createActivityMeter();
	meter.look([runner(0)], 0);
	expect(meter.look([runner(900, 2000)], 1000).get(5)).toBeNull();
	expect(meter.look([], 2000).size).toBe(0);
	expect(meter.look([runner(5000, 2000)], 3000).get(5)).toBeNull();
	expect(meter.look([runner(10, 2000)], 4000).get(5)).toBeNull();
});
