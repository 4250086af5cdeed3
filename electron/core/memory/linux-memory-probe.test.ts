import { totalmem } from "node:os";
import { expect, it } from "vitest";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { systemClock } from "../clock.ts";
import { createLinuxMemoryProbe } from "./linux-memory-probe.ts";
import { procFiles } from "./proc-files.ts";
import { fixturePath } from "./testing/fixture.ts";

const clock = { now: () => 7 };

function probeOf(machine: string) {
	return createLinuxMemoryProbe({
		clock,
		files: procFiles(fixturePath(`linux/${machine}`)),
		pageBytes: 16_384,
	});
}

function probeOfMeminfo(text: string) {
	return createLinuxMemoryProbe({
		clock,
		files: { text: (path) => (path === "proc/meminfo" ? text : null) },
	});
}

it("reads memory, swap and stalls of a machine without limits", async () => {
	expect(await probeOf("desktop").sample()).toEqual({
		at: 7,
		totalBytes: 32 * BYTES_PER_GB,
		availableBytes: 12 * BYTES_PER_GB,
		swapUsedBytes: 2 * BYTES_PER_GB,
		swapOutBytes: 2500 * 16_384,
		kernelLevel: null,
		psiSomeAvg10: 3.25,
		psiFullAvg10: 1.5,
	});
});

it.each([
	// 4 GB allowed one level up, 3 in use of which 1 is file cache nobody reads; the own 6 GB do not matter.
	["cgroup-v2", 4, 2],
	// 8 GB allowed, 5 in use of which 2 are file cache.
	["cgroup-v1", 8, 5],
	// The group's own path is the host's and leads nowhere; more in use than allowed leaves nothing.
	["cgroup-v1-container", 2, 0],
])("takes the tighter limit in %s", async (machine, totalGb, availableGb) => {
	const sample = await probeOf(machine).sample();
	expect(sample.totalBytes / BYTES_PER_GB).toBe(totalGb);
	expect(sample.availableBytes / BYTES_PER_GB).toBe(availableGb);
});

it("says null for swap and stalls that the kernel does not tell, and rejects without memory figures", async () => {
	expect(await probeOfMeminfo("MemTotal: 8 kB\nMemAvailable: 4 kB\n").sample()).toMatchObject({
		availableBytes: 4096,
		swapUsedBytes: null,
		swapOutBytes: null,
		psiSomeAvg10: null,
		psiFullAvg10: null,
	});
	await expect(probeOfMeminfo("MemTotal: 8 kB\n").sample()).rejects.toThrow("MemAvailable");
});

it.runIf(process.platform === "linux")("agrees with the machine it runs on", async () => {
	const sample = await createLinuxMemoryProbe({ clock: systemClock }).sample();
	expect(sample.totalBytes).toBeGreaterThan(64 * 1024 ** 2);
	expect(sample.totalBytes).toBeLessThanOrEqual(totalmem());
	expect(sample.availableBytes).toBeGreaterThan(0);
	expect(sample.availableBytes).toBeLessThanOrEqual(sample.totalBytes);
});
