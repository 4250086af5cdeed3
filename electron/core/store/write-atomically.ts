import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const TEMPORARY = /\.[0-9a-f-]{36}\.tmp$/;

async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/**
 * Replaces a file in one step: whoever reads it, also after a kill or a power cut, finds the old text or the new
 * one, whole. Both the file and its folder are synced before this resolves. Rejects with the system's error; then
 * the old file is untouched. A short write of a nearly full disk counts as failed, which is why this is not the
 * write-file-atomic package: version 7 renames the truncated file over the good one.
 */
export async function writeAtomically(file: string, text: string, mode: number): Promise<void> {
	const temporary = `${file}.${randomUUID()}.tmp`;
	try {
		const handle = await open(temporary, "wx", mode);
		try {
			await handle.writeFile(text);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(temporary, file);
	} catch (thrown) {
		await rm(temporary, { force: true });
		throw thrown;
	}
	// The new text is in place by now: a folder that cannot be synced must not be told as "nothing has changed".
	await syncFolder(dirname(file)).catch(() => undefined);
}

/** Removes what writes of this file left behind when they were killed. Only for the holder of the data folder. */
export async function removeTemporaries(file: string): Promise<void> {
	const folder = dirname(file);
	const names = await readdir(folder).catch(() => []);
	const leftovers = names.filter((name) => name.startsWith(`${basename(file)}.`) && TEMPORARY.test(name));
	await Promise.all(leftovers.map((name) => rm(join(folder, name), { force: true })));
}
