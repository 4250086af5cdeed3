import type { MachineSample } from "../../../../shared/machine.ts";
import { DEFAULT_SETTINGS, type PressureSettings } from "../../../../shared/settings.ts";
import { BYTES_PER_GB, BYTES_PER_MB } from "../../../../shared/units.ts";
import { nextPressure, type PressureContext, type PressureState } from "../pressure.ts";

/** A stretch of time in which the machine behaves alike. */
export interface Stretch {
	readonly seconds: number;
	/** Between two samples; 1 s unless said. */
	readonly everyMs?: number;
	readonly availablePercent?: number;
	readonly kernelLevel?: 1 | 2 | 4 | null;
	/** Growth of swap in use, MB a second. */
	readonly swapMbPerSecond?: number;
	/** Growth of bytes written to swap alone. */
	readonly outMbPerSecond?: number;
	readonly psiSome?: number;
	readonly psiFull?: number;
	readonly growthIgnored?: boolean;
}

const TOTAL_BYTES = 32 * BYTES_PER_GB;

/** Plays stretches one after the other and returns the state after each sample. */
export function playEpisode(
	table: PressureContext["table"],
	stretches: readonly Stretch[],
	settings: PressureSettings = DEFAULT_SETTINGS.pressure,
): readonly PressureState[] {
	const states: PressureState[] = [];
	let atMs = 1_700_000_000_000;
	let swapBytes = 4 * BYTES_PER_GB;
	let outBytes = 9 * BYTES_PER_GB;
	for (const stretch of stretches) {
		const stepMs = stretch.everyMs ?? 1000;
		for (let elapsedMs = 0; elapsedMs < stretch.seconds * 1000; elapsedMs += stepMs) {
			atMs += stepMs;
			swapBytes += ((stretch.swapMbPerSecond ?? 0) * BYTES_PER_MB * stepMs) / 1000;
			outBytes += ((stretch.outMbPerSecond ?? 0) * BYTES_PER_MB * stepMs) / 1000;
			const sample: MachineSample = {
				at: atMs,
				totalBytes: TOTAL_BYTES,
				availableBytes: (TOTAL_BYTES * (stretch.availablePercent ?? 50)) / 100,
				swapUsedBytes: swapBytes,
				swapOutBytes: outBytes,
				kernelLevel: table === "linux" ? null : (stretch.kernelLevel ?? 1),
				psiSomeAvg10: table === "linux" ? (stretch.psiSome ?? 0) : null,
				psiFullAvg10: table === "linux" ? (stretch.psiFull ?? 0) : null,
			};
			const context = { table, growthIgnored: stretch.growthIgnored ?? false };
			states.push(nextPressure(states.at(-1) ?? null, sample, settings, context));
		}
	}
	return states;
}

/** The levels an episode goes through, each with the number of the sample (from 1) at which it begins. */
export function levelChanges(states: readonly PressureState[]): readonly string[] {
	return states.flatMap(({ level }, index) =>
		level === states[index - 1]?.level ? [] : [`${index + 1} ${level}`],
	);
}
