/** The counters of `vm_stat`; bytes where the tool counts pages. */
export interface VmStat {
	readonly pageBytes: number;
	/** Written to swap since boot, or null where the row is missing. */
	readonly swapOutBytes: number | null;
	/** Bytes by label as printed, for rows that count pages. */
	readonly pages: ReadonlyMap<string, number>;
}

/**
 * Reads the output of `vm_stat` without an interval. Rows are found by label alone: macOS 26.4 widened the columns
 * and chips with memory tagging print more rows. Counters may be shortened to thousands with a `K`.
 * Returns null where the heading names no page size.
 */
export function parseVmStat(stdout: string): VmStat | null {
	const pageBytes = Number(/page size of (\d+) bytes/.exec(stdout)?.[1]);
	if (!(pageBytes > 0)) return null;
	const pages = new Map<string, number>();
	for (const line of stdout.split("\n")) {
		const match = /^"?([^":]+)"?:\s*(\d+)(K?)\.?\s*$/.exec(line);
		if (match === null) continue;
		const [, label = "", figure = "", thousands = ""] = match;
		pages.set(label.trim(), Number(figure) * (thousands === "K" ? 1000 : 1));
	}
	const swapOuts = pages.get("Swapouts");
	return { pageBytes, swapOutBytes: swapOuts === undefined ? null : swapOuts * pageBytes, pages };
}
