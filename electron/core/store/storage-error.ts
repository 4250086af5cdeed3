import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../../../shared/errors.ts";

/** The system's code of a failed file operation ("ENOSPC"), or null where there is none. */
export function systemCode(thrown: unknown): string | null {
	return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : null;
}

/** A failed write as an AppError: `storage-full` where space or quota ran out, else `storage-failed`. */
export function storageError(file: string, thrown: unknown): AppError {
	const code = systemCode(thrown);
	if (code === "ENOSPC" || code === "EDQUOT") return AppError.of("storage-full", { file }, thrown);
	const problem = code ?? (thrown instanceof Error ? thrown.message : String(thrown));
	return AppError.of("storage-failed", { file, problem }, thrown);
}

function removeQuietly(file: string): void {
	try {
		rmSync(file, { force: true });
	} catch {
		// It could not be made either.
	}
}

/** Bytes of the trial write: more than one transaction of ours needs, so that it fails where that failed. */
const TRIAL_BYTES = 256 * 1024;

/**
 * Why a write failed that reports no system code, as SQLite's do: writes a few bytes beside the file and reads the
 * code of that failure. Leaves nothing behind.
 */
export function diagnoseStorage(file: string, thrown: unknown): AppError {
	const trial = join(dirname(file), `.trial-${process.pid}`);
	try {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(trial, Buffer.alloc(TRIAL_BYTES, 1));
		return storageError(file, thrown);
	} catch (cause) {
		return storageError(file, cause);
	} finally {
		removeQuietly(trial);
	}
}
