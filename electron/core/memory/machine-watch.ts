import type { MachineSample, MachineState } from "../../../shared/machine.ts";
import type { PressureSettings } from "../../../shared/settings.ts";
import { BYTES_PER_MB } from "../../../shared/units.ts";
import type { Clock, Log, Probes, Stop } from "../ports.ts";
import type { MachineWatch, SamplingReason } from "./machine-view.ts";
import { afterGap, nextPressure, type PressureState } from "./pressure.ts";

/** A longer silence than this between two samples means that the machine slept without saying so. */
const UNANNOUNCED_SLEEP_MS = 30_000;

/** What a watch needs. */
export interface MachineWatchParts {
	readonly probes: Probes;
	readonly clock: Clock;
	readonly log: Log;
	/** The thresholds in force, asked at every sample. */
	readonly settings: () => PressureSettings;
}

/** A watch as its owner holds it: it can be turned to another machine. */
export interface ControlledMachineWatch extends MachineWatch {
	/** Turns to another machine (real or demo); nothing of the old one is kept. */
	setProbes(probes: Probes): void;
	/** The machine that is read now. */
	probes(): Probes;
	/** The pressure behind the state, with its counters, or null before the first sample. */
	pressure(): PressureState | null;
}

/** A load that takes longer than this must not hide what other apps do meanwhile. */
const HOLD_OTHERS_FOR_MS = 15_000;

/**
 * Samples the machine at the pace that the situation asks for, one sample at a time. A probe that fails is logged
 * once until it works again, and tried again at the same pace.
 */
export function createMachineWatch(parts: MachineWatchParts): ControlledMachineWatch {
	const { clock, log, settings } = parts;
	const listeners = new Set<(state: MachineState) => void>();
	const reasons = new Set<SamplingReason>();
	let movesSinceMs: number | null = null;
	let probes = parts.probes;
	let pressure: PressureState | null = null;
	let state: MachineState | null = null;
	let heldBytes = 0;
	let failing = false;
	let started = false;
	let suspended = false;
	let ignoreGrowthUntilAt = 0;
	let lastStartMs = Number.NEGATIVE_INFINITY;
	let cancelTimer: Stop | null = null;
	let running: Promise<MachineState> | null = null;
	let queued: Promise<MachineState> | null = null;

	/**
	 * Memory and processes are read at different moments, so while a model comes or goes their difference would jump by
	 * whole GB; other apps are then shown as they were, for a while.
	 */
	const otherApps = (sample: MachineSample): number => {
		const now = clock.monotonicMs();
		const moves = reasons.has("loading") || reasons.has("admitted-load") || reasons.has("releasing");
		if (!moves) movesSinceMs = null;
		else movesSinceMs ??= now;
		if (state !== null && movesSinceMs !== null && now - movesSinceMs < HOLD_OTHERS_FOR_MS)
			return state.otherAppsBytes;
		return Math.max(0, sample.totalBytes - sample.availableBytes - heldBytes);
	};

	const build = (sample: MachineSample, known: PressureState): MachineState => ({
		source: probes.memory.source,
		sample,
		swapGrowthBytesPerSecond: known.growthBytesPerSecond,
		level: known.level,
		levelSinceAt: known.levelSinceAt,
		otherAppsBytes: otherApps(sample),
	});

	const publish = (next: MachineState): void => {
		state = next;
		for (const listener of listeners) listener(next);
	};

	const noteWake = (at: number): void => {
		if (pressure !== null) pressure = afterGap(pressure);
		ignoreGrowthUntilAt = at + settings().growthIgnoredAfterWakeSeconds * 1000;
	};

	const take = (sample: MachineSample): MachineState => {
		const silentForMs = state === null ? 0 : sample.at - state.sample.at;
		if (silentForMs > Math.max(UNANNOUNCED_SLEEP_MS, settings().sampling.calmMs * 3)) noteWake(sample.at);
		const before = pressure?.level ?? "normal";
		pressure = nextPressure(pressure, sample, settings(), {
			table: probes.memory.source === "linux" ? "linux" : "macos",
			growthIgnored: reasons.has("admitted-load") || sample.at < ignoreGrowthUntilAt,
		});
		const next = build(sample, pressure);
		if (pressure.level !== before)
			log.info("pressure level changed", {
				from: before,
				to: pressure.level,
				counts: pressure.counts,
				...next,
			});
		publish(next);
		return next;
	};

	const read = async (): Promise<MachineState> => {
		// A turn to another machine in between makes the reading worthless: it is taken anew.
		for (;;) {
			const source = probes;
			let sample: MachineSample;
			try {
				sample = await source.memory.sample();
			} catch (cause) {
				if (source !== probes) continue;
				throw cause;
			}
			if (source !== probes) continue;
			if (failing) log.info("the machine can be read again", { source: source.memory.source });
			failing = false;
			return take(sample);
		}
	};

	const run = (): Promise<MachineState> => {
		cancelTimer?.();
		lastStartMs = clock.monotonicMs();
		const reading = read()
			.catch((cause: unknown) => {
				if (!failing)
					log.warn("the machine cannot be read", { source: probes.memory.source, cause: String(cause) });
				failing = true;
				throw cause;
			})
			.finally(() => {
				running = null;
				schedule();
			});
		running = reading;
		return reading;
	};

	const sampleNow = (): Promise<MachineState> => {
		if (running === null) return run();
		// The running one began before this call and may show the machine as it was.
		queued ??= running
			.catch(() => null)
			.then(() => {
				queued = null;
				return running ?? run();
			});
		return queued;
	};

	const paceMs = (): number => {
		const { calmMs, attentiveMs, tightMs, growthMbPerSecond } = settings().sampling;
		if (reasons.has("loading") || reasons.has("admitted-load") || pressure?.counting === true) return tightMs;
		const grows = (pressure?.growthBytesPerSecond ?? 0) >= growthMbPerSecond * BYTES_PER_MB;
		const alarmed = pressure?.level === "high" || pressure?.level === "critical";
		return reasons.size > 0 || grows || alarmed ? attentiveMs : calmMs;
	};

	function schedule(): void {
		cancelTimer?.();
		if (!started || suspended || running !== null) return;
		const delayMs = Math.max(0, lastStartMs + paceMs() - clock.monotonicMs());
		cancelTimer = clock.after(delayMs, () => {
			// A failure is already logged; the next try is scheduled.
			sampleNow().catch(() => {});
		});
	}

	return {
		state: () => state,
		pressure: () => pressure,
		probes: () => probes,
		sampleNow,
		onState(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		setReason(reason, held) {
			if (held === reasons.has(reason)) return;
			if (held) reasons.add(reason);
			else reasons.delete(reason);
			schedule();
		},
		setHeldBytes(bytes) {
			if (bytes === heldBytes) return;
			heldBytes = bytes;
			if (state !== null && pressure !== null) publish(build(state.sample, pressure));
		},
		setProbes(next) {
			probes = next;
			pressure = null;
			state = null;
			failing = false;
			if (started && !suspended) sampleNow().catch(() => {});
		},
		suspend() {
			suspended = true;
			schedule();
		},
		resume() {
			if (!suspended) return;
			suspended = false;
			noteWake(clock.now());
			if (started) sampleNow().catch(() => {});
		},
		start() {
			if (started) return;
			started = true;
			sampleNow().catch(() => {});
		},
		stop() {
			started = false;
			schedule();
		},
	};
}
