import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AppError } from "../../../shared/errors.ts";
import type { Paths } from "../ports.ts";
import { createProcessStart, type ProcessStart, UNKNOWN_START } from "./process-start.ts";
import { storageError, systemCode } from "./storage-error.ts";

/** The right to be the one Plimsoll that writes in a data folder. */
export interface DataDirLock {
	/** Gives it back; works in an exit handler too. Calling it twice does nothing more. */
	release(): void;
}

/**
 * A process that wants the folder has a claim in it, one that has it a lock. Both are empty files that name their
 * process by pid and a digest of its start, so that they are made in one step even on a full disk, and so that
 * removing a dead process's file can never hit a living one's: no later process gets the same name.
 */
interface Mark {
	readonly name: string;
	readonly pid: number;
	readonly start: string;
	readonly kind: "claim" | "lock";
}

const MARK = /^plimsoll\.(\d+)\.([0-9a-f]{16})\.(claim|lock)$/;
const WAIT_MS = 5;
/** Contenders wait at most this long for one another to decide; reached only if one of them is stopped meanwhile. */
const MAX_ROUNDS = 1000;

/** Folders this very process holds: its own marks look alive to it. */
const heldHere = new Set<string>();

function digestOf(start: string): string {
	return createHash("sha256").update(start).digest("hex").slice(0, 16);
}

function markName(pid: number, start: string, kind: Mark["kind"]): string {
	return `plimsoll.${pid}.${start}.${kind}`;
}

function readMark(name: string): Mark | null {
	const [, pid, start, kind] = MARK.exec(name) ?? [];
	if (pid === undefined || start === undefined || (kind !== "claim" && kind !== "lock")) return null;
	return { name, pid: Number(pid), start, kind };
}

async function isAlive(mark: Mark, startOf: ProcessStart): Promise<boolean> {
	const start = await startOf(mark.pid);
	return start !== null && (start === UNKNOWN_START || digestOf(start) === mark.start);
}

/** The marks of other living processes; those of dead ones are removed on the way. */
async function othersIn(dir: string, own: string, startOf: ProcessStart): Promise<readonly Mark[]> {
	const living: Mark[] = [];
	for (const name of await readdir(dir)) {
		const mark = readMark(name);
		if (mark === null || name === own) continue;
		if (await isAlive(mark, startOf)) living.push(mark);
		else await rm(join(dir, name), { force: true });
	}
	return living;
}

async function make(file: string): Promise<void> {
	try {
		await (await open(file, "wx", 0o600)).close();
	} catch (thrown) {
		// Only this process could have made a file of this name.
		if (systemCode(thrown) !== "EEXIST") throw thrown;
	}
}

/**
 * First says that it wants the folder, then looks who else does: of two that do so at once at least one sees the
 * other, so that never both go on. The one with the smaller name keeps its claim while the others step back.
 */
async function contend(dir: string, claim: string, startOf: ProcessStart): Promise<number | null> {
	const file = join(dir, claim);
	let waitedFor = 0;
	for (let round = 0; round < MAX_ROUNDS; round += 1) {
		const before = await othersIn(dir, claim, startOf);
		const holder = before.find(({ kind }) => kind === "lock");
		if (holder !== undefined) return holder.pid;
		const smaller = before.find(({ name }) => name < claim);
		if (smaller === undefined) {
			await make(file);
			const others = await othersIn(dir, claim, startOf);
			if (others.length === 0) return null;
			if (others.some(({ kind, name }) => kind === "lock" || name < claim)) await rm(file, { force: true });
		} else await rm(file, { force: true });
		waitedFor = (smaller ?? before[0])?.pid ?? waitedFor;
		await pause(WAIT_MS);
	}
	return waitedFor;
}

/**
 * Takes the data folder for this process, making it where it is missing. Rejects with `data-dir-locked` and the
 * holder's pid where a living Plimsoll has it, with `storage-full` or `storage-failed` where the folder takes no
 * files. Of several that start at once exactly one gets it; what a killed process left does not count.
 */
export async function lockDataDir(
	{ dataDir: dir }: Pick<Paths, "dataDir">,
	startOf: ProcessStart = createProcessStart(process.platform),
): Promise<DataDirLock> {
	const { pid } = process;
	if (heldHere.has(dir)) throw AppError.of("data-dir-locked", { pid, dir });
	heldHere.add(dir);
	const start = digestOf((await startOf(pid)) ?? UNKNOWN_START);
	const claim = join(dir, markName(pid, start, "claim"));
	const lock = join(dir, markName(pid, start, "lock"));
	try {
		await mkdir(dir, { recursive: true, mode: 0o700 });
		const holder = await contend(dir, markName(pid, start, "claim"), startOf);
		if (holder !== null) throw AppError.of("data-dir-locked", { pid: holder, dir });
		// The lock stands before the claim goes, so that whoever looks sees one of them.
		await make(lock);
		await rm(claim, { force: true });
	} catch (thrown) {
		heldHere.delete(dir);
		await rm(claim, { force: true }).catch(() => undefined);
		throw thrown instanceof AppError ? thrown : storageError(dir, thrown);
	}
	return {
		release() {
			if (!heldHere.delete(dir)) return;
			rmSync(lock, { force: true });
		},
	};
}
