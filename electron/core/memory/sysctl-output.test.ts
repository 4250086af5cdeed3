import { expect, it } from "vitest";
import { BYTES_PER_GB, BYTES_PER_MB } from "../../../shared/units.ts";
import { parseSysctlMemory } from "./sysctl-output.ts";
import { fixture } from "./testing/fixture.ts";

it.each([
	["sysctl-normal.txt", { kernelLevel: 1, freePercent: 71, swapUsedBytes: 0 }],
	["sysctl-warning-swapping.txt", { kernelLevel: 2, freePercent: 34, swapUsedBytes: 8410.5 * BYTES_PER_MB }],
	["sysctl-critical.txt", { kernelLevel: 4, freePercent: 9, swapUsedBytes: 11.75 * BYTES_PER_GB }],
	["sysctl-decimal-comma.txt", { kernelLevel: 1, freePercent: 58, swapUsedBytes: 1210.25 * BYTES_PER_MB }],
	["sysctl-unknown-oid.txt", { kernelLevel: null, freePercent: 63, swapUsedBytes: 512 * BYTES_PER_MB }],
])("reads each value of %s by its name", (file, expected) => {
	expect(parseSysctlMemory(fixture(`macos/${file}`))).toEqual(expected);
});

it("knows nothing from an empty output, and no level but 1, 2 and 4", () => {
	expect(parseSysctlMemory("")).toEqual({ kernelLevel: null, freePercent: null, swapUsedBytes: null });
	expect(parseSysctlMemory("kern.memorystatus_vm_pressure_level: 3\n").kernelLevel).toBeNull();
});
