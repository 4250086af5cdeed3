import type { MachineSample } from "../../../../shared/machine.ts";
import { BYTES_PER_GB } from "../../../../shared/units.ts";
import { parseSysctlMemory } from "../../memory/sysctl-output.ts";
import { parseVmStat } from "../../memory/vm-stat-output.ts";

/** What `sysctl` and `vm_stat` printed at several moments. */
export interface Captures {
	/** The reading that was the newest at this second, read by the product's own parsers. */
	at(seconds: number, totalGb: number): MachineSample | null;
}

const PAGES_AVAILABLE = ["Pages free", "Pages speculative", "File-backed pages", "Pages purgeable"] as const;

/** Reads a text of blocks, each headed by `== SECONDS s`. */
export function readCaptures(text: string): Captures {
	const blocks = text
		.split(/^== /m)
		.slice(1)
		.map((block) => {
			const seconds = Number.parseFloat(block);
			const { kernelLevel, swapUsedBytes } = parseSysctlMemory(block);
			const vmStat = parseVmStat(block);
			if (vmStat === null || kernelLevel === null || swapUsedBytes === null)
				throw new Error(`the block at ${seconds} s cannot be read`);
			const pages = PAGES_AVAILABLE.reduce((sum, label) => sum + (vmStat.pages.get(label) ?? 0), 0);
			return { seconds, kernelLevel, swapUsedBytes, vmStat, availableBytes: pages * vmStat.pageBytes };
		});
	return {
		at(seconds, totalGb) {
			const block = blocks.findLast((each) => each.seconds <= seconds);
			if (block === undefined) return null;
			return {
				at: 0,
				totalBytes: totalGb * BYTES_PER_GB,
				availableBytes: block.availableBytes,
				swapUsedBytes: block.swapUsedBytes,
				swapOutBytes: block.vmStat.swapOutBytes,
				kernelLevel: block.kernelLevel,
				psiSomeAvg10: null,
				psiFullAvg10: null,
			};
		},
	};
}
