import { expect, it } from "vitest";
import { fixture } from "./testing/fixture.ts";
import { parseVmStat } from "./vm-stat-output.ts";

it.each(["vm_stat-narrow.txt", "vm_stat-wide-26.4.txt", "vm_stat-tagged.txt"])(
	"finds the rows of %s by label, whatever the column width",
	(file) => {
		const stat = parseVmStat(fixture(`macos/${file}`));
		expect(stat?.pageBytes).toBe(16_384);
		expect(stat?.swapOutBytes).toBe(2_097_152 * 16_384);
		expect(stat?.pages.get("Translation faults")).toBe(8_123_456_789);
		expect(stat?.pages.get("Pages free")).toBe(20_480);
	},
);

it("reads the rows that chips with memory tagging add without mixing them with the others", () => {
	const pages = parseVmStat(fixture("macos/vm_stat-tagged.txt"))?.pages;
	expect(pages?.get("Pages tagged compressed")).toBe(4096);
	expect(pages?.get("Tagged compressions")).toBe(3_145_728);
	expect(pages?.get("Compressions")).toBe(71_234_567);
});

it("reads small pages, counters in thousands and blanks at the end of lines", () => {
	const stat = parseVmStat(fixture("macos/vm_stat-intel-4096-thousands.txt"));
	expect(stat?.pageBytes).toBe(4096);
	expect(stat?.swapOutBytes).toBe(1_250_500_000 * 4096);
});

it("has no figure for a missing row and nothing at all without a heading", () => {
	expect(
		parseVmStat("Mach Virtual Memory Statistics: (page size of 16384 bytes)\n")?.swapOutBytes,
	).toBeNull();
	expect(parseVmStat("Swapouts: 12.\n")).toBeNull();
	expect(parseVmStat("")).toBeNull();
});
