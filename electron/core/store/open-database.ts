import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Database } from "./sqlite-driver.ts";
import { fileStamp, type StoreNotice } from "./store-notice.ts";

/** A step of the database's schema; the step at index n leads from version n to n + 1. */
export type SchemaSteps = readonly string[];

/** What opening a database needs to know. */
export interface OpenDatabaseOptions {
	readonly file: string;
	readonly what: "history" | "conversations";
	readonly schema: SchemaSteps;
	/** Reads the whole file to see that it is sound; for small ones. */
	readonly verify: boolean;
	/** Names a file that is set aside. */
	readonly now: () => number;
	readonly onNotice: (notice: StoreNotice) => void;
}

type Unusable = "broken" | "newer";

/** Thrown where the file itself is at fault and a new one helps. */
class UnusableDatabase extends Error {
	readonly why: Unusable;

	constructor(why: Unusable, problem: string) {
		super(problem);
		this.why = why;
	}
}

/** True for the errors by which SQLite says that the file's content is damaged, not the disk below it. */
export function isDamage(thrown: unknown): boolean {
	// The driver hands out SQLite's English text alone, without a code.
	return thrown instanceof Error && /not a database|malformed|unsupported file format/.test(thrown.message);
}

/** One value of a query that gives one row. */
export function single(db: Database, sql: string): unknown {
	return Object.values(db.get(sql) ?? {})[0];
}

/**
 * Opens in write-ahead mode. Not SQLite's default rollback journal: after a kill this driver takes its own
 * `.lock` folder for another process's and never plays the journal back, so that half a transaction would stay
 * in the database. Write-ahead mode without shared memory needs exclusive locking, set before the first access;
 * the data folder has one user anyway. FULL syncs every commit, so that a power cut loses nothing that was
 * confirmed either; it costs one sync of one file, about 0.7 ms on an SSD.
 */
function connect(file: string): Database {
	const db = new Database(file);
	try {
		db.exec("PRAGMA locking_mode = EXCLUSIVE");
		const mode = single(db, "PRAGMA journal_mode = WAL");
		if (mode !== "wal") throw new Error(`journal mode ${String(mode)} instead of wal`);
		// 256 pages are 1 MB: the log beside the database stays about that small.
		db.exec(
			"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 256; PRAGMA journal_size_limit = 1048576",
		);
		return db;
	} catch (thrown) {
		db.close();
		throw thrown;
	}
}

function migrate(db: Database, schema: SchemaSteps): void {
	const version = Number(single(db, "PRAGMA user_version"));
	if (version > schema.length) throw new UnusableDatabase("newer", `schema version ${version}`);
	for (const [index, step] of schema.entries())
		if (index >= version) db.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`);
}

function verify(db: Database): void {
	const verdict = single(db, "PRAGMA quick_check(1)");
	if (verdict !== "ok") throw new UnusableDatabase("broken", String(verdict));
}

function remove(file: string): void {
	for (const part of ["", "-wal", "-journal", ".lock"])
		rmSync(`${file}${part}`, { force: true, recursive: true });
}

/** Makes a database where there is none, whole under another name first: a kill meanwhile leaves no half-made one behind. */
function make({ file, schema }: OpenDatabaseOptions): void {
	const unfinished = `${file}.new`;
	remove(unfinished);
	const db = connect(unfinished);
	try {
		migrate(db, schema);
	} finally {
		db.close();
	}
	// A write-ahead log that lost its database would be played into the new one.
	remove(file);
	renameSync(unfinished, file);
}

function openExisting({ file, schema, verify: whole }: OpenDatabaseOptions): Database {
	let db: Database | null = null;
	try {
		db = connect(file);
		if (whole) verify(db);
		migrate(db, schema);
		return db;
	} catch (thrown) {
		if (db?.isOpen) db.close();
		if (isDamage(thrown)) throw new UnusableDatabase("broken", String(thrown));
		throw thrown;
	}
}

/** Keeps a database that cannot be used under another name and tells where. */
export function setDatabaseAside(options: OpenDatabaseOptions, why: Unusable): void {
	const { file, what, now, onNotice } = options;
	const word = why === "broken" ? "damaged" : "newer";
	const keptAs = join(dirname(file), `${basename(file, ".db")}.${word}-${fileStamp(now())}.db`);
	renameSync(file, keptAs);
	for (const part of ["-wal", "-journal"])
		if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${keptAs}${part}`);
	rmSync(`${file}.lock`, { force: true, recursive: true });
	onNotice({ kind: "set-aside", what, why, keptAs });
}

/**
 * Opens the database, making it or bringing its schema up to date. One that is damaged or of a newer schema is set
 * aside and made anew. Throws where the disk does not let it; then the file is as it was. Only for the holder of
 * the data folder: the lock folder that a killed process left is removed.
 */
export function openDatabase(options: OpenDatabaseOptions): Database {
	const { file } = options;
	mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
	rmSync(`${file}.lock`, { force: true, recursive: true });
	if (!existsSync(file)) make(options);
	try {
		return openExisting(options);
	} catch (thrown) {
		if (!(thrown instanceof UnusableDatabase)) throw thrown;
		setDatabaseAside(options, thrown.why);
		make(options);
		return openExisting(options);
	}
}
