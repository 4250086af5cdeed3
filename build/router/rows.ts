import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClassifiedDomain } from "../../shared/router.ts";

/** A prompt with the domain it belongs to. */
export interface Row {
	/** The public data set, or the file of prompts written for Plimsoll (`own/…`). */
	readonly source: string;
	readonly prompt: string;
	readonly domain: ClassifiedDomain;
	/** ISO 639-1 for own prompts; a rough script for the others. */
	readonly lang: string;
}

/** True for prompts written for Plimsoll. */
export function isOwn(row: Row): boolean {
	return row.source.startsWith("own/");
}

function readLines(file: string): readonly Record<string, string>[] {
	return readFileSync(file, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Record<string, string>);
}

/** Every prompt to train with: rows of public data sets, then own ones, in the order of file names. */
export function readTrainingRows(root: string): readonly Row[] {
	const data = join(root, "build/router/data");
	const own = readdirSync(join(data, "own")).filter((name) => name.endsWith(".jsonl"));
	return [
		...readLines(join(data, "sources.jsonl")),
		...own
			.sort()
			.flatMap((name) =>
				readLines(join(data, "own", name)).map((line) => ({ ...line, source: `own/${name.slice(0, -6)}` })),
			),
	] as unknown as readonly Row[];
}

/** Prompts that are never trained with, written by people who saw neither data nor features. */
export function readProbeRows(root: string): readonly Row[] {
	return ["a", "b"].flatMap((name) =>
		readLines(join(root, `build/router/probe/${name}.jsonl`)).map((line) => ({
			...line,
			source: `probe/${name}`,
		})),
	) as unknown as readonly Row[];
}
