/** How the machine is doing. Not percent used. */
export type PressureLevel = "normal" | "elevated" | "high" | "critical";

/** The levels in rising order. */
export const PRESSURE_LEVELS: readonly PressureLevel[] = ["normal", "elevated", "high", "critical"];

/** One reading of the machine's memory. What a system cannot tell is null, never zero. */
export interface MachineSample {
	/** Wall clock, milliseconds since 1970. */
	readonly at: number;
	readonly totalBytes: number;
	/** Bytes that could be used without swapping: free, file cache and purgeable on macOS, MemAvailable on Linux. */
	readonly availableBytes: number;
	readonly swapUsedBytes: number | null;
	/** Bytes written to swap since boot. */
	readonly swapOutBytes: number | null;
	/** macOS `kern.memorystatus_vm_pressure_level`: 1 normal, 2 warning, 4 critical. */
	readonly kernelLevel: 1 | 2 | 4 | null;
	/** Linux pressure stall information, percent of the last 10 s. */
	readonly psiSomeAvg10: number | null;
	readonly psiFullAvg10: number | null;
}

/** The machine as the popover and the API show it. */
export interface MachineState {
	readonly source: "macos" | "linux" | "demo";
	readonly sample: MachineSample;
	/** Growth of swap over the last 10 s, bytes a second; null until two samples are there. */
	readonly swapGrowthBytesPerSecond: number | null;
	readonly level: PressureLevel;
	readonly levelSinceAt: number;
	/** `total − available − Σ held` of the loaded models; never below zero. */
	readonly otherAppsBytes: number;
}
