import type { MachineSample } from "../../../../shared/machine.ts";
import { BYTES_PER_GB } from "../../../../shared/units.ts";

/** What lies on a simulated Mac at one moment, GB. */
export interface MacLoad {
	/** Memory that programs other than models have written to. */
	readonly othersGb: number;
	/** Files that would like to stay in memory. */
	readonly cacheGb: number;
	/** What models keep wired. */
	readonly wiredGb: number;
}

/** A Mac whose memory follows the rules that its kernel publishes. */
export interface SimulatedMac {
	/** Lets time pass under a load. */
	step(seconds: number, load: MacLoad): void;
	sample(at: number): MachineSample;
	/**
	 * Seconds on end in which programs waited in vain for memory, or had so little of their own uncompressed that they
	 * do nothing but unpack and pack again.
	 */
	stalledForSeconds(): number;
}

/** Compressed pages take about this share of their size. */
const COMPRESSED = 0.4;
/** What a fast disk and the compressor manage, GB a second. */
const COMPRESS_RATE = 3;
const SWAP_RATE = 0.6;
/** Share of pageable memory above which the compressor writes its oldest pages to disk. */
const COMPRESSOR_FULL = 0.75;
/** Files that are in use cannot be dropped. */
const CACHE_FLOOR = 0.01;
const FREE_TARGET = 0.01;
/** Programs that have less than this share of their memory at hand do not get on. */
const AT_HAND = 0.13;

/**
 * Makes one. Files give way first, then pages of programs are compressed, then swapped, each at a limited speed; what
 * cannot be met in time stalls. The kernel's level compares what is neither wired nor held by the compressor with all
 * that is not wired: warning below 50 % until it is above 60 %, critical below 34.3 % until above 40 %
 * (xnu `vm_compressor.c`, `vm_pageout.c`).
 */
export function simulateMac(totalGb: number, systemGb: number): SimulatedMac {
	let resident = 0;
	let compressed = 0;
	let swapped = 0;
	let swapOutGb = 0;
	let cache = 0;
	let free = totalGb - systemGb;
	let level: 1 | 2 | 4 = 1;
	let stalled = 0;

	function take(gb: number): void {
		let left = gb;
		const fromResident = Math.min(resident, left);
		resident -= fromResident;
		left -= fromResident;
		const fromCompressed = Math.min(compressed, left);
		compressed -= fromCompressed;
		swapped = Math.max(0, swapped - (left - fromCompressed));
	}

	function step(seconds: number, load: MacLoad): void {
		const pageable = totalGb - systemGb - load.wiredGb;
		const grows = load.othersGb - (resident + compressed + swapped);
		if (grows >= 0) resident += grows;
		else take(-grows);
		const room = () => pageable - resident - compressed * COMPRESSED;
		const target = FREE_TARGET * totalGb;
		const floor = Math.min(load.cacheGb, CACHE_FLOOR * totalGb);
		const lacks = () => target + floor - room();
		const compress = Math.min(
			Math.max(0, lacks() / (1 - COMPRESSED)),
			COMPRESS_RATE * seconds,
			resident * 0.9,
		);
		resident -= compress;
		compressed += compress;
		const pool = compressed * COMPRESSED - COMPRESSOR_FULL * pageable;
		const out = Math.min(compressed * COMPRESSED, Math.max(pool, lacks(), 0), SWAP_RATE * seconds);
		compressed -= out / COMPRESSED;
		swapped += out / COMPRESSED;
		swapOutGb += out;
		// Programs touch their own pages again, so what there is room for comes back, as fast as it can be unpacked or read.
		const spare = Math.max(0, -lacks());
		const unpack = Math.min(compressed, spare / (1 - COMPRESSED), COMPRESS_RATE * seconds);
		compressed -= unpack;
		resident += unpack;
		const read = Math.min(swapped, Math.max(0, -lacks()), SWAP_RATE * seconds);
		swapped -= read;
		resident += read;
		const unmet = Math.max(0, -room());
		resident -= unmet;
		const stalls = unmet > 0.02 || resident < AT_HAND * load.othersGb;
		stalled = stalls ? stalled + seconds : 0;
		cache = Math.max(0, Math.min(load.cacheGb, room() - target));
		free = Math.max(0, room() - cache);
		const clear = pageable - compressed * COMPRESSED;
		if (clear < 0.343 * pageable || (level === 4 && clear < 0.4 * pageable)) level = 4;
		else if (clear < 0.5 * pageable || (level !== 1 && clear < 0.6 * pageable)) level = 2;
		else level = 1;
	}

	return {
		step,
		sample: (at) => ({
			at,
			totalBytes: totalGb * BYTES_PER_GB,
			availableBytes: (free + cache) * BYTES_PER_GB,
			swapUsedBytes: swapped * COMPRESSED * BYTES_PER_GB,
			swapOutBytes: swapOutGb * BYTES_PER_GB,
			kernelLevel: level,
			psiSomeAvg10: null,
			psiFullAvg10: null,
		}),
		stalledForSeconds: () => stalled,
	};
}
