import { expect, it } from "vitest";
import type { ProcessInfo, ProcessProbe } from "../ports.ts";
import { heldClock } from "../testing/held-clock.ts";
import { createFootprintCache } from "./footprint-cache.ts";

const runner: ProcessInfo = { pid: 5, parentPid: 1, startedAt: 1, cpuTimeMs: 0, commandLine: "x" };

function cache(options: { costly: boolean; popoverOpen: boolean }) {
	const clock = heldClock();
	let measured = 0;
	let gone = false;
	const probe: ProcessProbe = {
		list: async () => [],
		isAlive: async () => true,
		footprint: async () => {
			measured++;
			return gone ? null : { bytes: measured, heldBytes: measured, rounded: false };
		},
	};
	const made = createFootprintCache({
		processes: () => probe,
		costly: () => options.costly,
		popoverOpen: () => options.popoverOpen,
		clock,
	});
	return {
		clock,
		made,
		bytes: async (fresh = false, process = runner) =>
			(await made.footprint(process, { fresh }))?.bytes ?? null,
		end: () => {
			gone = true;
		},
	};
}

it.each([
	[true, true, 30_000],
	[true, false, 300_000],
	[false, true, 1000],
	[false, false, 5000],
])("keeps a figure (costly %s, popover open %s) for %i ms", async (costly, popoverOpen, keptMs) => {
	const { clock, bytes } = cache({ costly, popoverOpen });
	expect(await bytes()).toBe(1);
	await clock.advance(keptMs - 1);
	expect(await bytes()).toBe(1);
	await clock.advance(1);
	expect(await bytes()).toBe(2);
});

it("measures anew where a fresh figure is demanded, once for all who ask at that moment", async () => {
	const { bytes } = cache({ costly: true, popoverOpen: false });
	await bytes();
	expect(await Promise.all([bytes(true), bytes(true)])).toEqual([2, 2]);
	expect(await bytes()).toBe(2);
});

it("has nothing for a process that has ended, and nothing kept for a reused pid or one that was dropped", async () => {
	const { bytes, end, made } = cache({ costly: true, popoverOpen: false });
	await bytes();
	expect(await bytes(false, { ...runner, startedAt: 2 })).toBe(2);
	made.keepOnly([runner]);
	expect(await bytes()).toBe(1);
	expect(await bytes(false, { ...runner, startedAt: 2 })).toBe(3);
	made.keepOnly([]);
	expect(await bytes()).toBe(4);
	end();
	expect(await bytes(true)).toBeNull();
	expect(await bytes()).toBeNull();
});
