import type { Clock, Log } from "../ports.ts";
import {
	isDamage,
	type OpenDatabaseOptions,
	openDatabase,
	type SchemaSteps,
	setDatabaseAside,
} from "./open-database.ts";
import type { Database } from "./sqlite-driver.ts";
import { diagnoseStorage } from "./storage-error.ts";
import type { StoreNotice } from "./store-notice.ts";

/** What a kept database is made of. */
export interface KeptDatabaseOptions {
	readonly file: string;
	readonly what: Extract<StoreNotice, { kind: "failing" }>["what"];
	readonly schema: SchemaSteps;
	/** Reads the whole file when it is opened; else damage is found where it is met. */
	readonly verify: boolean;
	readonly clock: Clock;
	readonly log: Log;
	readonly onNotice: (notice: StoreNotice) => void;
	/** The database was opened, at the start or again after it was damaged; `fresh` where it replaces a damaged one. */
	readonly opened?: (db: Database, fresh: boolean) => void;
	/** A transaction is on the disk; called before anybody is told that it works again. */
	readonly written?: () => void;
}

/** A database that never throws: what fails is told once, and tried again with the next write. */
export interface KeptDatabase {
	/** One transaction. False where the disk refused; nothing is written then. */
	write(work: (db: Database) => void): boolean;
	/** Rows of a query; none where the disk refuses. */
	read<Row>(query: (db: Database) => readonly Row[]): readonly Row[];
	/** True while there is an open database. */
	isOpen(): boolean;
	close(): void;
}

class SqliteKept implements KeptDatabase {
	readonly #options: KeptDatabaseOptions;
	#db: Database | null = null;
	#closed = false;
	#failing = false;
	/** Told only when the work at hand is done: whoever hears of it may want to write an event about it. */
	#untold: readonly StoreNotice[] = [];

	constructor(options: KeptDatabaseOptions) {
		this.#options = options;
		this.#try(() => this.#open(false));
		this.#tell();
	}

	write(work: (db: Database) => void): boolean {
		const attempt = () => this.#try(() => this.#transaction(work));
		// A damaged database has been replaced by a new one meanwhile, which takes what the old one could not.
		const done = attempt() ?? (this.#db !== null && !this.#failing ? attempt() : null);
		if (done === null) {
			this.#tell();
			return false;
		}
		this.#options.written?.();
		if (this.#failing) {
			this.#failing = false;
			this.#options.log.info(`${this.#options.what} can be written again`, { file: this.#options.file });
			this.#note({ kind: "working-again", what: this.#options.what });
		}
		this.#tell();
		return true;
	}

	read<Row>(query: (db: Database) => readonly Row[]): readonly Row[] {
		const rows = this.#try(() => query(this.#db ?? this.#open(false))) ?? [];
		this.#tell();
		return rows;
	}

	isOpen(): boolean {
		return this.#db !== null;
	}

	close(): void {
		if (this.#closed) return;
		this.#try(() => this.#db?.close());
		this.#db = null;
		this.#closed = true;
	}

	#openOptions(): OpenDatabaseOptions {
		const { file, what, schema, verify, clock } = this.#options;
		const onNotice = (notice: StoreNotice) => this.#note(notice);
		return { file, what, schema, verify, now: () => clock.now(), onNotice };
	}

	#note(notice: StoreNotice): void {
		this.#untold = [...this.#untold, notice];
	}

	#tell(): void {
		const notices = this.#untold;
		this.#untold = [];
		for (const notice of notices) this.#options.onNotice(notice);
	}

	#open(fresh: boolean): Database {
		const db = openDatabase(this.#openOptions());
		this.#db = db;
		this.#options.opened?.(db, fresh);
		return db;
	}

	/** Runs work that may fail on the disk; its result, or null with the failure told once. */
	#try<T>(work: () => T): T | null {
		if (this.#closed) return null;
		try {
			return work();
		} catch (thrown) {
			this.#failed(thrown);
			return null;
		}
	}

	#failed(thrown: unknown): void {
		const { file, what, log } = this.#options;
		if (isDamage(thrown) && this.#db !== null) {
			log.error(`${what} damaged`, { file, problem: String(thrown) });
			this.#abandon();
			try {
				setDatabaseAside(this.#openOptions(), "broken");
				this.#open(true);
				return;
			} catch (again) {
				this.#tellFailing(again);
				return;
			}
		}
		this.#tellFailing(thrown);
	}

	#abandon(): void {
		try {
			this.#db?.close();
		} catch {
			// A connection to a damaged file may be unable to close cleanly; the file is set aside anyway.
		}
		this.#db = null;
	}

	#tellFailing(thrown: unknown): void {
		if (this.#failing) return;
		this.#failing = true;
		const { file, what, log } = this.#options;
		const error = diagnoseStorage(file, thrown);
		log.error(`${what} cannot be written`, { file, code: error.code, problem: String(thrown) });
		this.#note({ kind: "failing", what, error });
	}

	#transaction(work: (db: Database) => void): true {
		const db = this.#db ?? this.#open(false);
		db.exec("BEGIN IMMEDIATE");
		try {
			work(db);
			db.exec("COMMIT");
			return true;
		} catch (thrown) {
			if (db.inTransaction) db.exec("ROLLBACK");
			throw thrown;
		}
	}
}

/** Opens a database of the data folder; only for the holder of its lock. */
export function createKeptDatabase(options: KeptDatabaseOptions): KeptDatabase {
	return new SqliteKept(options);
}
