import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../../shared/settings.ts";
import { fromGb } from "../../../shared/units.ts";
import { countLoads, type LoadCounts } from "./load-guard.ts";

const settings = DEFAULT_SETTINGS.watchdog;
const none: LoadCounts = new Map();
const load = (hasGb: number) => ({
	key: "a",
	name: "a",
	willTakeBytes: fromGb(10),
	hasBytes: fromGb(hasGb),
});

describe("a load that was let through as fitting", () => {
	it("is ended when in two samples it lacks more than is available less 0.5 GB", () => {
		const first = countLoads(none, [load(4)], fromGb(6.4), settings);
		expect(first.hopeless).toEqual([]);
		const second = countLoads(first.counts, [load(5)], fromGb(5.4), settings);
		expect(second.hopeless.map(({ key }) => key)).toEqual(["a"]);
	});

	it("goes on where it lacks exactly that, and begins anew after a sample in which there was enough", () => {
		expect(countLoads(new Map([["a", 1]]), [load(4)], fromGb(6.5), settings)).toEqual({
			counts: new Map(),
			hopeless: [],
		});
		const short = countLoads(none, [load(4)], fromGb(6), settings);
		const enough = countLoads(short.counts, [load(5)], fromGb(8), settings);
		expect(countLoads(enough.counts, [load(5)], fromGb(5), settings).hopeless).toEqual([]);
	});

	it("is left alone where the setting says so", () => {
		const off = { ...settings, endsHopelessLoads: false };
		expect(countLoads(new Map([["a", 5]]), [load(0)], 0, off).hopeless).toEqual([]);
	});
});
