import type { AppEvent } from "../../../shared/app-event.ts";
import type { HistoryPoint } from "../../../shared/ipc.ts";
import type { Clock, HistoryStore, LearnedFootprint, Log, NewEvent } from "../ports.ts";
import {
	eventOf,
	HISTORY_SCHEMA,
	insertEvent,
	insertLearned,
	insertPoint,
	learnedOf,
	MINUTE_MS,
	pointOf,
	pruneBefore,
	replaceOwnLoads,
} from "./history-schema.ts";
import {
	isDamage,
	type OpenDatabaseOptions,
	openDatabase,
	setDatabaseAside,
	single,
} from "./open-database.ts";
import type { Database } from "./sqlite-driver.ts";
import { diagnoseStorage } from "./storage-error.ts";
import type { StoreNotice } from "./store-notice.ts";

/** What a history store is made of. */
export interface HistoryStoreOptions {
	readonly file: string;
	readonly clock: Clock;
	readonly log: Log;
	readonly onNotice: (notice: StoreNotice) => void;
}

/** How long points and events are kept. */
export const RETENTION_MS = 30 * 24 * 60 * MINUTE_MS;
const PRUNE_EVERY_MS = 60 * MINUTE_MS;
/** Events that wait in memory for a disk that takes them; the oldest give way. */
const MAX_WAITING_EVENTS = 500;

class SqliteHistory implements HistoryStore {
	readonly #options: HistoryStoreOptions;
	#db: Database | null = null;
	#closed = false;
	#failing = false;
	#nextId = 1;
	#lastMinute: number | null = null;
	#prunedAt: number | null = null;
	#waiting: readonly AppEvent[] = [];
	#ownLoads = new Set<string>();
	#ownLoadsWaiting = false;
	/** Told only when the work at hand is done: whoever hears of it may want to write an event about it. */
	#untold: readonly StoreNotice[] = [];

	constructor(options: HistoryStoreOptions) {
		this.#options = options;
		this.#try(() => this.#open());
		// Without a database the ids already given are unknown; the time is above all of them.
		if (this.#db === null) this.#nextId = options.clock.now();
		this.#tell();
	}

	addPoint(point: HistoryPoint): void {
		const minute = Math.floor(point.at / MINUTE_MS);
		if (minute === this.#lastMinute) return;
		this.#lastMinute = minute;
		const prune = this.#prunedAt === null || Math.abs(point.at - this.#prunedAt) >= PRUNE_EVERY_MS;
		const written = this.#write((db) => {
			insertPoint(db, point);
			if (prune) pruneBefore(db, point.at - RETENTION_MS);
		});
		if (written && prune) this.#prunedAt = point.at;
	}

	addEvent(event: NewEvent): AppEvent {
		const kept: AppEvent = { id: this.#nextId, data: {}, ...event };
		this.#nextId += 1;
		this.#waiting = [...this.#waiting, kept].slice(-MAX_WAITING_EVENTS);
		this.#write(() => undefined);
		return kept;
	}

	points(fromAt: number, toAt: number): readonly HistoryPoint[] {
		const rows = this.#read((db) =>
			db.all("SELECT * FROM points WHERE at BETWEEN ? AND ? ORDER BY at", [fromAt, toAt]),
		);
		return rows.map(pointOf);
	}

	events(fromAt: number, toAt: number, limit: number): readonly AppEvent[] {
		const rows = this.#read((db) =>
			db.all("SELECT * FROM events WHERE at BETWEEN ? AND ? ORDER BY at DESC, id DESC LIMIT ?", [
				fromAt,
				toAt,
				limit,
			]),
		);
		const waiting = this.#waiting.filter(({ at }) => at >= fromAt && at <= toAt);
		return [...waiting, ...rows.map(eventOf)].toSorted((a, b) => b.at - a.at || b.id - a.id).slice(0, limit);
	}

	ownLoads(): readonly string[] {
		return [...this.#ownLoads];
	}

	setOwnLoad(modelKey: string, loaded: boolean): void {
		if (this.#ownLoads.has(modelKey) === loaded) return;
		if (loaded) this.#ownLoads.add(modelKey);
		else this.#ownLoads.delete(modelKey);
		this.#ownLoadsWaiting = true;
		this.#write(() => undefined);
	}

	learned(): readonly LearnedFootprint[] {
		return this.#read((db) => db.all("SELECT * FROM learned_footprints ORDER BY at DESC")).map(learnedOf);
	}

	learn(footprint: LearnedFootprint): void {
		this.#write((db) => insertLearned(db, footprint));
	}

	close(): void {
		if (this.#closed) return;
		this.#try(() => this.#db?.close());
		this.#db = null;
		this.#closed = true;
	}

	#openOptions(): OpenDatabaseOptions {
		const { file, clock } = this.#options;
		const onNotice = (notice: StoreNotice) => this.#note(notice);
		return { file, schema: HISTORY_SCHEMA, now: () => clock.now(), onNotice };
	}

	#note(notice: StoreNotice): void {
		this.#untold = [...this.#untold, notice];
	}

	#tell(): void {
		const notices = this.#untold;
		this.#untold = [];
		for (const notice of notices) this.#options.onNotice(notice);
	}

	#open(): Database {
		const db = openDatabase(this.#openOptions());
		this.#db = db;
		const lastId = Number(single(db, "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0);
		this.#nextId = Math.max(this.#nextId, lastId + 1);
		const stored = db.all("SELECT model_key FROM own_loads").map((row) => String(row.model_key));
		// What was loaded and unloaded while there was no database counts; of the rest the stored names do.
		if (!this.#ownLoadsWaiting) this.#ownLoads = new Set(stored);
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
		const { file, log } = this.#options;
		if (isDamage(thrown) && this.#db !== null) {
			log.error("history damaged", { file, problem: String(thrown) });
			this.#abandon();
			try {
				setDatabaseAside(this.#openOptions(), "broken");
				this.#ownLoadsWaiting = true;
				this.#open();
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
		const { file, log } = this.#options;
		const error = diagnoseStorage(file, thrown);
		log.error("history cannot be written", { file, code: error.code, problem: String(thrown) });
		this.#note({ kind: "failing", error });
	}

	/** One transaction with everything that waits, then the work. False where the disk refused; nothing is written then. */
	#write(work: (db: Database) => void): boolean {
		const attempt = () => this.#try(() => this.#transaction(work));
		// A damaged database has been replaced by a new one meanwhile, which takes what the old one could not.
		const done = attempt() ?? (this.#db !== null && !this.#failing ? attempt() : null);
		if (done === null) {
			this.#tell();
			return false;
		}
		this.#waiting = [];
		this.#ownLoadsWaiting = false;
		if (this.#failing) {
			this.#failing = false;
			this.#options.log.info("history can be written again", { file: this.#options.file });
			this.#note({ kind: "working-again" });
		}
		this.#tell();
		return true;
	}

	#transaction(work: (db: Database) => void): true {
		const db = this.#db ?? this.#open();
		db.exec("BEGIN IMMEDIATE");
		try {
			for (const event of this.#waiting) insertEvent(db, event);
			if (this.#ownLoadsWaiting) replaceOwnLoads(db, this.#ownLoads);
			work(db);
			db.exec("COMMIT");
			return true;
		} catch (thrown) {
			if (db.inTransaction) db.exec("ROLLBACK");
			throw thrown;
		}
	}

	#read<Row>(query: (db: Database) => readonly Row[]): readonly Row[] {
		const rows = this.#try(() => query(this.#db ?? this.#open())) ?? [];
		this.#tell();
		return rows;
	}
}

/**
 * Opens the history. An event is on the disk when `addEvent` returns; points cost one transaction a minute. Never
 * throws: on a disk that takes nothing, events wait in memory (and are still listed), samples are lost, and the
 * failure is told once until a write succeeds.
 */
export function createHistoryStore(options: HistoryStoreOptions): HistoryStore {
	return new SqliteHistory(options);
}
