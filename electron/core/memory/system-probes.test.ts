import { expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { createSystemProbes } from "./system-probes.ts";
import { fixture } from "./testing/fixture.ts";

it("reads a Mac with the tools of macOS and Electron's call", async () => {
	const probes = createSystemProbes({
		platform: "darwin",
		clock: systemClock,
		log: keptLog(),
		electronMemoryInfo: () => ({ total: 1024, free: 100, fileBacked: 20, purgeable: 3 }),
		run: async (command) => {
			const stdout = command.endsWith("sysctl") ? fixture("macos/sysctl-critical.txt") : "";
			return { exitCode: 0, stdout, stderr: "" };
		},
	});
	expect(probes.memory.source).toBe("macos");
	expect(await probes.memory.sample()).toMatchObject({ availableBytes: 123 * 1024, kernelLevel: 4 });
});

it("reads Linux from /proc, and refuses other systems", () => {
	const parts = { clock: systemClock, log: keptLog() };
	expect(createSystemProbes({ ...parts, platform: "linux" }).memory.source).toBe("linux");
	expect(() => createSystemProbes({ ...parts, platform: "win32" })).toThrow("win32");
});
