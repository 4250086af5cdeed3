import { rmSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Paths } from "../ports.ts";
import { createProcessStart, isSameProcess, type ProcessStart, UNKNOWN_START } from "./process-start.ts";
import { storageError } from "./storage-error.ts";
import { writeAtomically } from "./write-atomically.ts";

const apiInfoSchema = z.object({
	/** Port of the gateway. */
	port: z.int().min(1).max(65535),
	pid: z.int().min(1),
	/** When this Plimsoll started, milliseconds since 1970. */
	startedAt: z.number(),
	version: z.string(),
	/** Address of the gateway: "http://127.0.0.1:11435". */
	url: z.string(),
});

const apiFileSchema = apiInfoSchema.extend({
	/** The system's start of the process, which tells it from a later one with the same pid. */
	processStart: z.string(),
});

/** Where a running Plimsoll can be reached. */
export type ApiInfo = z.infer<typeof apiInfoSchema>;

/** Says where this process can be reached. Rejects with `storage-full` or `storage-failed`. */
export async function writeApiFile(
	{ apiFile }: Pick<Paths, "apiFile">,
	info: ApiInfo,
	startOf: ProcessStart = createProcessStart(process.platform),
): Promise<void> {
	try {
		await mkdir(dirname(apiFile), { recursive: true, mode: 0o700 });
		const processStart = (await startOf(info.pid)) ?? UNKNOWN_START;
		await writeAtomically(apiFile, `${JSON.stringify({ ...info, processStart }, null, 2)}\n`, 0o600);
	} catch (thrown) {
		throw storageError(apiFile, thrown);
	}
}

/** Where the running Plimsoll can be reached; null where none runs, also when a killed one left its file. */
export async function readApiFile(
	{ apiFile }: Pick<Paths, "apiFile">,
	startOf: ProcessStart = createProcessStart(process.platform),
): Promise<ApiInfo | null> {
	let json: unknown;
	try {
		json = JSON.parse(await readFile(apiFile, "utf8"));
	} catch {
		return null;
	}
	const read = apiFileSchema.safeParse(json);
	if (!read.success) return null;
	const { processStart, ...info } = read.data;
	return (await isSameProcess(startOf, info.pid, processStart)) ? info : null;
}

/** Takes the file away when this Plimsoll ends; works in an exit handler too. */
export function removeApiFile({ apiFile }: Pick<Paths, "apiFile">): void {
	rmSync(apiFile, { force: true });
}
