import { BYTES_PER_GB, BYTES_PER_MB, fromGb } from "../../shared/units.ts";

/** One reading of the simulated machine, nominal bytes. */
export interface MachineReading {
	readonly totalBytes: number;
	readonly othersBytes: number;
	readonly availableBytes: number;
	readonly swapUsedBytes: number;
	/** Written to swap since the start. */
	readonly swapOutsBytes: number;
	/** 1 normal, 2 warning, 4 critical, as macOS numbers them. */
	readonly kernelLevel: 1 | 2 | 4;
}

/** What can be moved about the machine while it runs. */
export interface MachineChange {
	readonly othersGb?: number | undefined;
	readonly swapUsedGb?: number | undefined;
	/** Growth of swap that goes on by itself. */
	readonly swapRateMbPerSecond?: number | undefined;
	/** null gives the level back to its rules. */
	readonly kernelLevel?: 1 | 2 | 4 | null | undefined;
}

/**
 * The nominal machine the models lie in. What does not fit goes to swap; the kernel's level follows how much
 * lies there, since macOS warns when memory is half compressed and not when it is merely full.
 */
export class Machine {
	readonly #totalBytes: number;
	readonly #runnersBytes: () => number;
	#othersBytes: number;
	#baseSwapBytes = 0;
	#swapRate = 0;
	#rateSinceMs = 0;
	#kernelLevel: 1 | 2 | 4 | null = null;
	#lastSwapBytes = 0;
	#swapOutsBytes = 0;

	constructor(parts: {
		readonly totalGb: number;
		readonly othersGb: number;
		/** What all runners hold now. */
		readonly runnersBytes: () => number;
	}) {
		this.#totalBytes = fromGb(parts.totalGb);
		this.#othersBytes = fromGb(parts.othersGb);
		this.#runnersBytes = parts.runnersBytes;
	}

	/** Moves the machine. */
	change(change: MachineChange): void {
		this.#bankSwap();
		if (change.othersGb !== undefined) this.#othersBytes = Math.round(change.othersGb * BYTES_PER_GB);
		if (change.swapUsedGb !== undefined) this.#baseSwapBytes = Math.round(change.swapUsedGb * BYTES_PER_GB);
		if (change.swapRateMbPerSecond !== undefined) this.#swapRate = change.swapRateMbPerSecond * BYTES_PER_MB;
		if (change.kernelLevel !== undefined) this.#kernelLevel = change.kernelLevel;
	}

	/** Reads it now. */
	read(): MachineReading {
		const free = this.#totalBytes - this.#othersBytes - this.#runnersBytes();
		const overshoot = Math.max(0, -free);
		const swapUsedBytes = Math.round(this.#baseSwapBytes + this.#grownSwap() + overshoot);
		this.#swapOutsBytes += Math.max(0, swapUsedBytes - this.#lastSwapBytes);
		this.#lastSwapBytes = swapUsedBytes;
		return {
			totalBytes: this.#totalBytes,
			othersBytes: this.#othersBytes,
			availableBytes: Math.max(0, free),
			swapUsedBytes,
			swapOutsBytes: Math.round(this.#swapOutsBytes),
			kernelLevel: this.#kernelLevel ?? this.#levelBy(free, overshoot),
		};
	}

	/** Back to what it was at the start, but for the other applications. */
	settle(): void {
		this.#baseSwapBytes = 0;
		this.#swapRate = 0;
		this.#rateSinceMs = Date.now();
		this.#kernelLevel = null;
	}

	#levelBy(free: number, overshoot: number): 1 | 2 | 4 {
		if (overshoot > this.#totalBytes * 0.1) return 4;
		return overshoot > 0 || free < this.#totalBytes * 0.02 ? 2 : 1;
	}

	#grownSwap(): number {
		return this.#swapRate === 0 ? 0 : (this.#swapRate * (Date.now() - this.#rateSinceMs)) / 1000;
	}

	#bankSwap(): void {
		this.#baseSwapBytes += this.#grownSwap();
		this.#rateSinceMs = Date.now();
	}
}
