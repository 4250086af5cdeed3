import { describe, expect, it } from "vitest";
import { readEngineVersion } from "./engine-version.ts";

describe("a version text", () => {
	it.each([
		["0.1.44", "0.24", false, false],
		["0.24.0", "0.24", false, false],
		["0.29.9", "0.24", false, false],
		["0.30.0", "0.30", false, false],
		["v0.33.0-rc2", "0.30", false, false],
		["0.35.1", "0.30", false, false],
		["0.40.0", "0.40", false, false],
		["0.40.12", "0.40", false, false],
		["0.41.0", "0.40", true, false],
		["1.2.3", "0.40", true, false],
		["1.30.0", "0.40", true, false],
		["0.0.0", "0.40", false, true],
		["nightly", "0.40", true, false],
		["", "0.40", true, false],
	] as const)("%s is flavour %s", (text, flavour, newerThanKnown, sourceBuild) => {
		expect(readEngineVersion(text)).toEqual({ flavour, newerThanKnown, sourceBuild });
	});
});
