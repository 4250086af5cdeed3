import { expect, it } from "vitest";
import { BYTES_PER_GB, BYTES_PER_MB } from "../../../shared/units.ts";
import { fixture } from "./testing/fixture.ts";
import { parseTopMemory } from "./top-output.ts";

it("reads the process asked for below the heading only", () => {
	const text = fixture("macos/top-one-process.txt");
	expect(parseTopMemory(text, 4711)).toBe(5600 * BYTES_PER_MB);
	expect(parseTopMemory(text, 511)).toBeNull();
});

it("bears marks, an asterisk, every unit and names with blanks", () => {
	const text = fixture("macos/top-marks.txt");
	expect(parseTopMemory(text, 4711)).toBe(5600 * BYTES_PER_MB);
	expect(parseTopMemory(text, 4812)).toBe(7 * BYTES_PER_GB);
	expect(parseTopMemory(text, 503)).toBe(812 * 1024);
});
