import { EventEmitter, once } from "node:events";
import { expect, it } from "vitest";
import type { MachineSample, MachineState } from "../../../shared/machine.ts";
import { DEFAULT_SETTINGS } from "../../../shared/settings.ts";
import { BYTES_PER_GB, BYTES_PER_MB } from "../../../shared/units.ts";
import type { MemoryProbe, Probes, ProcessProbe } from "../ports.ts";
import { type HeldClock, heldClock } from "../testing/held-clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { createMachineWatch } from "./machine-watch.ts";

const noProcesses: ProcessProbe = {
	list: async () => [],
	footprint: async () => null,
	isAlive: async () => false,
};

interface Script {
	availableBytes: number;
	swapUsedBytes: number;
	kernelLevel: 1 | 2 | 4;
	fails: boolean;
	/** Answers only when released. */
	hold: Promise<void> | null;
}

function machine(source: MemoryProbe["source"] = "macos") {
	const clock = heldClock();
	const log = keptLog();
	const script: Script = {
		availableBytes: 10 * BYTES_PER_GB,
		swapUsedBytes: 0,
		kernelLevel: 1,
		fails: false,
		hold: null,
	};
	const takenAt: number[] = [];
	let concurrent = 0;
	let mostConcurrent = 0;
	const memory: MemoryProbe = {
		source,
		async sample(): Promise<MachineSample> {
			takenAt.push(clock.monotonicMs());
			mostConcurrent = Math.max(mostConcurrent, ++concurrent);
			try {
				if (script.hold !== null) await script.hold;
				if (script.fails) throw new Error("no answer");
				return {
					at: clock.now(),
					totalBytes: 32 * BYTES_PER_GB,
					availableBytes: script.availableBytes,
					swapUsedBytes: script.swapUsedBytes,
					swapOutBytes: null,
					kernelLevel: script.kernelLevel,
					psiSomeAvg10: null,
					psiFullAvg10: null,
				};
			} finally {
				concurrent--;
			}
		},
	};
	const probes: Probes = { memory, processes: noProcesses };
	const watch = createMachineWatch({ probes, clock, log, settings: () => DEFAULT_SETTINGS.pressure });
	return { clock, log, script, takenAt, watch, probes, mostConcurrent: () => mostConcurrent };
}

function holdBack(): { readonly until: Promise<void>; release(): void } {
	const gate = new EventEmitter();
	return {
		until: once(gate, "open").then(() => undefined),
		release: () => gate.emit("open"),
	};
}

async function samplesWithin(clock: HeldClock, takenAt: readonly number[], ms: number): Promise<number> {
	const before = takenAt.length;
	await clock.advance(ms);
	return takenAt.length - before;
}

it("samples at once, then every 5 s, while nothing asks for more", async () => {
	const { watch, clock, takenAt } = machine();
	watch.start();
	await clock.advance(20_000);
	expect(takenAt).toEqual([0, 5000, 10_000, 15_000, 20_000]);
});

it.each([
	["popover", 10],
	["releasing", 10],
	["loading", 40],
	["admitted-load", 40],
] as const)("samples quicker for %s: %i times in ten seconds, until it is let go", async (reason, count) => {
	const { watch, clock, takenAt } = machine();
	watch.start();
	await clock.advance(5000);
	watch.setReason(reason, true);
	expect(await samplesWithin(clock, takenAt, 10_000)).toBe(count);
	watch.setReason(reason, false);
	expect(await samplesWithin(clock, takenAt, 10_000)).toBe(2);
});

it("takes a sample soon after the popover opens when the last one is old", async () => {
	const { watch, clock, takenAt } = machine();
	watch.start();
	await clock.advance(4000);
	watch.setReason("popover", true);
	await clock.advance(0);
	expect(takenAt).toEqual([0, 4000]);
});

it("samples every 250 ms from the first sample that meets a condition until it is counted out", async () => {
	const { watch, clock, takenAt, script } = machine();
	watch.start();
	await clock.advance(4000);
	script.kernelLevel = 4;
	await clock.advance(1000);
	expect(watch.pressure()?.counting).toBe(true);
	await clock.advance(250);
	expect(takenAt).toEqual([0, 5000, 5250]);
	expect(watch.state()?.level).toBe("critical");
	expect(await samplesWithin(clock, takenAt, 10_000)).toBe(10);
});

it("samples every second while swap grows, even at a normal level", async () => {
	const { watch, clock, takenAt, script } = machine();
	watch.start();
	await clock.advance(1000);
	script.swapUsedBytes = 200 * BYTES_PER_MB;
	await clock.advance(4000);
	expect(watch.state()?.level).toBe("normal");
	expect(watch.state()?.swapGrowthBytesPerSecond).toBeGreaterThan(0);
	expect(await samplesWithin(clock, takenAt, 4000)).toBe(4);
});

it("ignores growth during a load that was admitted, but not during another", async () => {
	for (const [reason, level] of [
		["admitted-load", "elevated"],
		["loading", "high"],
	] as const) {
		const { watch, clock, script } = machine();
		script.kernelLevel = 2;
		watch.start();
		watch.setReason(reason, true);
		for (let step = 0; step < 40; step++) {
			script.swapUsedBytes += 50 * BYTES_PER_MB;
			await clock.advance(250);
		}
		expect(watch.state()?.level).toBe(level);
	}
});

it("pauses while suspended and ignores growth for ten seconds after waking", async () => {
	const { watch, clock, takenAt, script } = machine();
	script.kernelLevel = 2;
	watch.setReason("popover", true);
	watch.start();
	await clock.advance(3000);
	watch.suspend();
	expect(await samplesWithin(clock, takenAt, 60_000)).toBe(0);
	script.swapUsedBytes = 3 * BYTES_PER_GB;
	watch.resume();
	await clock.advance(0);
	// What was written before and during the sleep makes no rate.
	expect(watch.state()?.swapGrowthBytesPerSecond).toBeNull();
	for (let second = 0; second < 9; second++) {
		script.swapUsedBytes += 50 * BYTES_PER_MB;
		await clock.advance(1000);
	}
	expect(watch.state()?.level).toBe("elevated");
	for (let second = 0; second < 5; second++) {
		script.swapUsedBytes += 50 * BYTES_PER_MB;
		await clock.advance(1000);
	}
	expect(watch.state()?.level).toBe("high");
});

it("notices a sleep that nobody announced", async () => {
	const { watch, clock, script } = machine();
	watch.start();
	await clock.advance(5000);
	clock.sleep(3_600_000);
	script.swapUsedBytes = 8 * BYTES_PER_GB;
	await clock.advance(5000);
	expect(watch.state()?.swapGrowthBytesPerSecond).toBeNull();
});

it("never lets two samples overlap, and answers a call with a sample that began after it", async () => {
	const { watch, clock, script, takenAt, mostConcurrent } = machine();
	const held = holdBack();
	script.hold = held.until;
	watch.setReason("popover", true);
	watch.start();
	await clock.advance(5000);
	expect(takenAt).toHaveLength(1);
	const first = watch.sampleNow();
	const second = watch.sampleNow();
	script.availableBytes = 7 * BYTES_PER_GB;
	script.hold = null;
	held.release();
	expect((await first).sample.availableBytes).toBe(7 * BYTES_PER_GB);
	expect(await second).toBe(await first);
	expect(takenAt).toHaveLength(2);
	await clock.advance(3000);
	expect(mostConcurrent()).toBe(1);
});

it("logs a probe that fails once, keeps trying, and says when it works again", async () => {
	const { watch, clock, script, takenAt, log } = machine();
	script.fails = true;
	watch.start();
	await clock.advance(15_000);
	expect(takenAt).toHaveLength(4);
	expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
	await expect(watch.sampleNow()).rejects.toThrow("no answer");
	expect(watch.state()).toBeNull();
	script.fails = false;
	await clock.advance(5000);
	expect(watch.state()?.level).toBe("normal");
	expect(log.lines.at(-1)).toEqual({ level: "info", what: "the machine can be read again" });
	script.fails = true;
	await clock.advance(5000);
	expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(2);
});

it("counts as other apps what neither is available nor held by models, never below zero", async () => {
	const { watch } = machine();
	const seen: MachineState[] = [];
	watch.onState((state) => seen.push(state));
	await watch.sampleNow();
	expect(watch.state()?.otherAppsBytes).toBe(22 * BYTES_PER_GB);
	watch.setHeldBytes(9 * BYTES_PER_GB);
	expect(seen.at(-1)?.otherAppsBytes).toBe(13 * BYTES_PER_GB);
	watch.setHeldBytes(40 * BYTES_PER_GB);
	expect(seen.at(-1)?.otherAppsBytes).toBe(0);
	expect(seen).toHaveLength(3);
});

it("forgets the old machine when it is turned to another, even in the middle of a sample", async () => {
	const { watch, clock, script } = machine("macos");
	const demo = machine("demo");
	const held = holdBack();
	script.hold = held.until;
	const seen: MachineState[] = [];
	watch.onState((state) => seen.push(state));
	watch.start();
	demo.script.availableBytes = BYTES_PER_GB;
	watch.setProbes(demo.probes);
	held.release();
	await clock.advance(100);
	expect(seen.length).toBeGreaterThan(0);
	expect(
		seen.every(({ source, sample }) => source === "demo" && sample.availableBytes === BYTES_PER_GB),
	).toBe(true);
	expect(watch.state()?.level).toBe("elevated");
});

it("stops, and tells a listener that left nothing more", async () => {
	const { watch, clock, takenAt } = machine();
	const seen: MachineState[] = [];
	const leave = watch.onState((state) => seen.push(state));
	watch.start();
	await clock.advance(0);
	leave();
	watch.stop();
	expect(await samplesWithin(clock, takenAt, 30_000)).toBe(0);
	await watch.sampleNow();
	expect(seen).toHaveLength(1);
	expect(clock.nextTimerMs()).toBeNull();
});
