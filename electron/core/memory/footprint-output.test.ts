import { expect, it } from "vitest";
import { BYTES_PER_MB } from "../../../shared/units.ts";
import { parseFootprint } from "./footprint-output.ts";
import { fixture } from "./testing/fixture.ts";

it("takes the kernel's counter in exact bytes", () => {
	expect(parseFootprint(fixture("macos/footprint-bytes.txt"))).toEqual({
		bytes: 5_872_033_792,
		swappedBytes: null,
	});
});

it("takes the swapped part from the row of totals", () => {
	expect(parseFootprint(fixture("macos/footprint-bytes-swapped.txt"))).toEqual({
		bytes: 5_872_033_792,
		swappedBytes: 2_214_592_512,
	});
});

it("reads formatted sizes, where no column tells what is swapped", () => {
	expect(parseFootprint(fixture("macos/footprint-megabytes.txt"))).toEqual({
		bytes: 7168 * BYTES_PER_MB,
		swappedBytes: null,
	});
});

it("falls back to the heading, and has nothing after a refusal", () => {
	expect(parseFootprint("x [1]: 64-bit    Footprint: 2048 B (16384 bytes per page)\n")?.bytes).toBe(2048);
	expect(parseFootprint(fixture("macos/footprint-denied.txt"))).toBeNull();
});
