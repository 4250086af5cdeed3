import { describe, expect, it } from "vitest";
import { readExpiry, readTime } from "./engine-time.ts";

describe("a time as an engine writes it", () => {
	it.each([
		["2026-11-23T18:11:49Z", Date.UTC(2026, 10, 23, 18, 11, 49)],
		["2026-11-23T18:11:49.1Z", Date.UTC(2026, 10, 23, 18, 11, 49, 100)],
		["2026-11-23T18:11:49.173632Z", Date.UTC(2026, 10, 23, 18, 11, 49, 173)],
		["2026-11-23T18:11:49.173632466Z", Date.UTC(2026, 10, 23, 18, 11, 49, 173)],
		["2026-11-23T20:11:49.173632466+02:00", Date.UTC(2026, 10, 23, 18, 11, 49, 173)],
		["2026-11-23T10:41:49.999999999-07:30", Date.UTC(2026, 10, 23, 18, 11, 49, 999)],
		["2026-13-23T18:11:49Z", null],
		["soon", null],
		["", null],
		[null, null],
		[undefined, null],
	] as const)("%s is read", (text, at) => {
		expect(readTime(text)).toBe(at);
	});

	it("means never where it is more than a hundred years away", () => {
		const now = Date.UTC(2026, 10, 23);
		expect(readExpiry("2319-03-05T18:00:00.173632466Z", now)).toBeNull();
		expect(readExpiry("0001-01-01T00:00:00Z", now)).toBeNull();
		expect(readExpiry("2120-03-05T18:00:00Z", now)).toBe(Date.UTC(2120, 2, 5, 18));
	});

	it("may be in the past, which means that the model drains or answers", () => {
		const now = Date.UTC(2026, 10, 23, 12);
		expect(readExpiry("2026-11-23T11:59:59Z", now)).toBe(now - 1000);
	});
});
