import { expect, it } from "vitest";
import { parsePsStarts, parsePsTable, parsePsTime } from "./ps-output.ts";
import { fixture } from "./testing/fixture.ts";

it.each([
	["0:00.35", 350],
	["4:12.87", 252_870],
	["4:12,87", 252_870],
	["1:02:03.50", 3_723_500],
	["10:00:00", 36_000_000],
	["2-03:04:05", 183_845_000],
	["nonsense", null],
])("reads the processor time %s", (text, ms) => {
	expect(parsePsTime(text)).toBe(ms);
});

it("keeps a command with blanks in its path whole", () => {
	const rows = parsePsTable(fixture("macos/ps-llama-server.txt"));
	expect(rows).toHaveLength(11);
	expect(rows.find(({ pid }) => pid === 5190)).toEqual({
		pid: 5190,
		parentPid: 1,
		cpuTimeMs: 70_000,
		commandLine: "/Applications/LM Studio.app/Contents/MacOS/LM Studio",
	});
});

it("reads start times and sees which processes have ended", () => {
	const starts = parsePsStarts(fixture("macos/ps-starts.txt"));
	expect(starts).toHaveLength(5);
	expect(starts[1]).toEqual({
		pid: 4711,
		zombie: false,
		startedAt: new Date(2026, 10, 2, 9, 12, 30).getTime(),
	});
	expect(starts[4]?.zombie).toBe(true);
});
