import { parseByteSize } from "./byte-size.ts";

/** What `footprint` says about one process. */
export interface FootprintOutput {
	/** `phys_footprint`. */
	readonly bytes: number;
	/** The part of it that is compressed or lies in swap, or null where the output has no such column. */
	readonly swappedBytes: number | null;
}

/**
 * Reads the output of `footprint -p PID -f bytes`, with or without `--swapped`. The kernel's own counter at the end
 * is preferred to the heading. Returns null where neither is there, as after a refusal.
 */
export function parseFootprint(stdout: string): FootprintOutput | null {
	const total =
		/^\s*phys_footprint:\s*(\d[\d.,]* ?[KMGT]?B?)\s*$/m.exec(stdout)?.[1] ??
		/Footprint:\s*(\d[\d.,]* ?[KMGT]?B)\b/.exec(stdout)?.[1];
	const bytes = total === undefined ? null : parseByteSize(total);
	return bytes === null ? null : { bytes, swappedBytes: swappedBytes(stdout) };
}

/** The Swapped figure of the TOTAL row, found by the position of its heading. */
function swappedBytes(stdout: string): number | null {
	const lines = stdout.split("\n");
	const heading = lines.find((line) => /^\s*Dirty\b.*\bCategory\s*$/.test(line));
	const totals = lines.find((line) => /\bTOTAL\s*$/.test(line));
	if (heading === undefined || totals === undefined) return null;
	const column = heading
		.trim()
		.split(/\s+/)
		.findIndex((title) => /^\(?swapped\)?$/i.test(title));
	if (column === -1) return null;
	const figures = totals.match(/\(?\d[\d.,]*(?: ?[KMGT]?B\b)?\)?/g);
	const figure = figures?.[column];
	return figure === undefined ? null : parseByteSize(figure.replaceAll(/[()]/g, ""));
}
