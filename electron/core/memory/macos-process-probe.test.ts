import { expect, it, vi } from "vitest";
import { BYTES_PER_MB } from "../../../shared/units.ts";
import { createMacProcessProbe } from "./macos-process-probe.ts";
import type { RunCommand } from "./run-command.ts";
import { fixture } from "./testing/fixture.ts";

function tools(outputs: Readonly<Record<string, string>>): RunCommand {
	return async (command, args) => {
		const name = command.slice(command.lastIndexOf("/") + 1);
		const key = name === "ps" && args.includes("pid=,stat=,lstart=") ? "ps-starts" : name;
		return { exitCode: outputs[key] === undefined ? 1 : 0, stdout: outputs[key] ?? "", stderr: "" };
	};
}

const table = {
	ps: fixture("macos/ps-llama-server.txt"),
	"ps-starts": fixture("macos/ps-starts.txt"),
};
const startOf4711 = new Date(2026, 10, 2, 9, 12, 30).getTime();

it("lists engines, runners and other model servers, without those that have ended", async () => {
	const processes = await createMacProcessProbe({ run: tools(table) }).list();
	// 5101 is marked as ended.
	expect(processes.map(({ pid }) => pid).sort()).toEqual([1, 2222, 3001, 3010, 4711, 4712, 5190, 5200, 6001]);
	expect(processes.find(({ pid }) => pid === 4711)).toMatchObject({
		parentPid: 3010,
		startedAt: startOf4711,
		cpuTimeMs: 750_250,
	});
});

it("asks for start times only of processes it has not seen", async () => {
	const run = vi.fn(tools({ ...table, "ps-starts": table["ps-starts"].replace(" Z ", " S ") }));
	const probe = createMacProcessProbe({ run });
	await probe.list();
	await probe.list();
	const asked = run.mock.calls.filter(([, args]) => args.includes("-p")).map(([, args]) => args[1]);
	expect(asked[0]?.split(",")).toContain("4711");
	expect(asked[1]?.split(",")).not.toContain("4711");
});

it("rejects where ps shows nothing", async () => {
	await expect(createMacProcessProbe({ run: tools({}) }).list()).rejects.toThrow("no processes");
});

it("measures with footprint and leaves out of what is held the part that is swapped", async () => {
	const probe = createMacProcessProbe({
		run: tools({ footprint: fixture("macos/footprint-bytes-swapped.txt") }),
	});
	expect(await probe.footprint(4711)).toEqual({
		bytes: 5_872_033_792,
		heldBytes: 5_872_033_792 - 2_214_592_512,
		rounded: false,
	});
});

it("falls back to top where footprint refuses, and says that the figure is rounded", async () => {
	const probe = createMacProcessProbe({
		run: tools({
			footprint: fixture("macos/footprint-denied.txt"),
			top: fixture("macos/top-one-process.txt"),
		}),
	});
	const bytes = 5600 * BYTES_PER_MB;
	expect(await probe.footprint(4711)).toEqual({ bytes, heldBytes: bytes, rounded: true });
	expect(await probe.footprint(4712)).toBeNull();
});

it("tells a living process from a reused pid, an ended one and none", async () => {
	const probe = createMacProcessProbe({ run: tools(table), signalZero: () => {} });
	const only = (line: string) =>
		createMacProcessProbe({ run: tools({ "ps-starts": `${line}\n` }), signalZero: () => {} });
	expect(await only(" 4711 S    Mon Nov  2 09:12:30 2026").isAlive(4711, startOf4711)).toBe(true);
	expect(await only(" 4711 S    Mon Nov  2 09:12:30 2026").isAlive(4711, startOf4711 - 60_000)).toBe(false);
	expect(await only(" 4711 Z    Mon Nov  2 09:12:30 2026").isAlive(4711, startOf4711)).toBe(false);
	expect(await only("").isAlive(4711, null)).toBe(false);
	expect(await probe.isAlive(3010, null)).toBe(true);
	const gone = createMacProcessProbe({
		run: tools(table),
		signalZero: () => {
			throw Object.assign(new Error("gone"), { code: "ESRCH" });
		},
	});
	expect(await gone.isAlive(4711, startOf4711)).toBe(false);
});
