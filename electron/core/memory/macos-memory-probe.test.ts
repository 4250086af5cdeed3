import { expect, it, vi } from "vitest";
import { BYTES_PER_GB, BYTES_PER_MB } from "../../../shared/units.ts";
import { createMacMemoryProbe } from "./macos-memory-probe.ts";
import type { RunCommand } from "./run-command.ts";
import { fixture } from "./testing/fixture.ts";

const clock = { now: () => 1_762_074_000_000 };
const KB_PER_GB = 1024 ** 2;

function tools(sysctl: string, vmStat: string): RunCommand {
	return async (command) => {
		const stdout = command.endsWith("sysctl") ? sysctl : vmStat;
		return { exitCode: 0, stdout, stderr: "" };
	};
}

const swapping = tools(fixture("macos/sysctl-warning-swapping.txt"), fixture("macos/vm_stat-wide-26.4.txt"));

it("counts free, file-backed and purgeable memory of Electron's own call as available", async () => {
	const systemInformation = vi.fn();
	const probe = createMacMemoryProbe({
		clock,
		run: swapping,
		electronMemoryInfo: () => ({
			total: 18 * KB_PER_GB,
			free: 1 * KB_PER_GB,
			fileBacked: 3 * KB_PER_GB,
			purgeable: 0.5 * KB_PER_GB,
		}),
		systemInformation,
	});
	expect(await probe.sample()).toEqual({
		at: 1_762_074_000_000,
		totalBytes: 18 * BYTES_PER_GB,
		availableBytes: 4.5 * BYTES_PER_GB,
		swapUsedBytes: 8410.5 * BYTES_PER_MB,
		swapOutBytes: 2_097_152 * 16_384,
		kernelLevel: 2,
		psiSomeAvg10: null,
		psiFullAvg10: null,
	});
	expect(systemInformation).not.toHaveBeenCalled();
});

it.each([
	["is missing", undefined],
	["is too old to tell file-backed memory", () => ({ total: 1, free: 1 })],
])("asks systeminformation where Electron's call %s", async (_, electronMemoryInfo) => {
	const probe = createMacMemoryProbe({
		clock,
		run: swapping,
		electronMemoryInfo,
		systemInformation: async () => ({ total: 16 * BYTES_PER_GB, available: 2 * BYTES_PER_GB }),
	});
	const sample = await probe.sample();
	expect(sample.totalBytes).toBe(16 * BYTES_PER_GB);
	expect(sample.availableBytes).toBe(2 * BYTES_PER_GB);
});

it("says null, never zero, for what the tools do not tell", async () => {
	const probe = createMacMemoryProbe({
		clock,
		run: async () => ({ exitCode: null, stdout: "", stderr: "" }),
		systemInformation: async () => ({ total: 16 * BYTES_PER_GB, available: 2 * BYTES_PER_GB }),
	});
	expect(await probe.sample()).toMatchObject({ kernelLevel: null, swapUsedBytes: null, swapOutBytes: null });
});

it("keeps the other values where one name is unknown", async () => {
	const probe = createMacMemoryProbe({
		clock,
		run: tools(fixture("macos/sysctl-unknown-oid.txt"), ""),
		systemInformation: async () => ({ total: 16 * BYTES_PER_GB, available: 2 * BYTES_PER_GB }),
	});
	expect(await probe.sample()).toMatchObject({ kernelLevel: null, swapUsedBytes: 512 * BYTES_PER_MB });
});

it("asks sysctl by name, once, without the option that drops names", async () => {
	const run = vi.fn(swapping);
	await createMacMemoryProbe({
		clock,
		run,
		systemInformation: async () => ({ total: 2, available: 1 }),
	}).sample();
	const calls = run.mock.calls.filter(([command]) => command.endsWith("sysctl"));
	expect(calls).toHaveLength(1);
	expect(calls[0]?.[1]).toEqual([
		"kern.memorystatus_vm_pressure_level",
		"kern.memorystatus_level",
		"vm.swapusage",
	]);
});

it("rejects where nobody tells how much memory there is", async () => {
	const probe = createMacMemoryProbe({
		clock,
		run: swapping,
		systemInformation: () => Promise.reject(new Error("no")),
	});
	await expect(probe.sample()).rejects.toThrow("no");
});
