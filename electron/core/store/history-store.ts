import type { AppEvent } from "../../../shared/app-event.ts";
import type { HistoryPoint } from "../../../shared/ipc.ts";
import type { Correction, RouteDay } from "../../../shared/router.ts";
import type { Clock, HistoryStore, LearnedFootprint, Log, NewEvent } from "../ports.ts";
import {
	correctionOf,
	countRoutes,
	eventOf,
	HISTORY_SCHEMA,
	insertCorrection,
	insertEvent,
	insertLearned,
	insertPoint,
	learnedOf,
	MINUTE_MS,
	pointOf,
	pruneBefore,
	replaceOwnLoads,
	routeDayOf,
} from "./history-schema.ts";
import { createKeptDatabase, type KeptDatabase } from "./kept-database.ts";
import { single } from "./open-database.ts";
import type { Database } from "./sqlite-driver.ts";
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
	readonly #kept: KeptDatabase;
	#nextId = 1;
	#lastMinute: number | null = null;
	#prunedAt: number | null = null;
	#waiting: readonly AppEvent[] = [];
	#ownLoads = new Set<string>();
	#ownLoadsWaiting = false;

	constructor(options: HistoryStoreOptions) {
		this.#kept = createKeptDatabase({
			...options,
			what: "history",
			schema: HISTORY_SCHEMA,
			verify: true,
			opened: (db, fresh) => this.#opened(db, fresh),
			written: () => {
				this.#waiting = [];
				this.#ownLoadsWaiting = false;
			},
		});
		// Without a database the ids already given are unknown; the time is above all of them.
		if (!this.#kept.isOpen()) this.#nextId = options.clock.now();
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
		const rows = this.#kept.read((db) =>
			db.all("SELECT * FROM points WHERE at BETWEEN ? AND ? ORDER BY at", [fromAt, toAt]),
		);
		return rows.map(pointOf);
	}

	events(fromAt: number, toAt: number, limit: number): readonly AppEvent[] {
		const rows = this.#kept.read((db) =>
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
		return this.#kept
			.read((db) => db.all("SELECT * FROM learned_footprints ORDER BY at DESC"))
			.map(learnedOf);
	}

	learn(footprint: LearnedFootprint): void {
		this.#write((db) => insertLearned(db, footprint));
	}

	corrections(): readonly Correction[] {
		return this.#kept
			.read((db) => db.all("SELECT * FROM route_corrections ORDER BY id DESC"))
			.map(correctionOf);
	}

	addCorrection(correction: Omit<Correction, "id">): boolean {
		return this.#write((db) => {
			insertCorrection(db, correction);
			countRoutes(db, correction.at, 0, 1);
		});
	}

	removeCorrection(id: number): boolean {
		return this.#write((db) => {
			db.run("DELETE FROM route_corrections WHERE id = ?", [id]);
		});
	}

	countRoute(at: number): void {
		this.#write((db) => countRoutes(db, at, 1, 0));
	}

	routeDays(): readonly RouteDay[] {
		return this.#kept.read((db) => db.all("SELECT * FROM route_days ORDER BY day")).map(routeDayOf);
	}

	close(): void {
		this.#kept.close();
	}

	#opened(db: Database, fresh: boolean): void {
		const lastId = Number(single(db, "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0);
		this.#nextId = Math.max(this.#nextId, lastId + 1);
		if (fresh) this.#ownLoadsWaiting = true;
		// What was loaded and unloaded while there was no database counts; of the rest the stored names do.
		if (this.#ownLoadsWaiting) return;
		this.#ownLoads = new Set(db.all("SELECT model_key FROM own_loads").map((row) => String(row.model_key)));
	}

	/** One transaction with everything that waits, then the work. */
	#write(work: (db: Database) => void): boolean {
		return this.#kept.write((db) => {
			for (const event of this.#waiting) insertEvent(db, event);
			if (this.#ownLoadsWaiting) replaceOwnLoads(db, this.#ownLoads);
			work(db);
		});
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
