import type { AppEvent, EventKind } from "../../../shared/app-event.ts";
import type { HistoryPoint } from "../../../shared/ipc.ts";
import type { PressureLevel } from "../../../shared/machine.ts";
import type { Message, MessageId } from "../../../shared/messages/message.ts";
import type { Correction, Domain, RouteDay } from "../../../shared/router.ts";
import type { LearnedFootprint } from "../ports.ts";
import type { SchemaSteps } from "./open-database.ts";
import type { Database, Row } from "./sqlite-driver.ts";

/** Milliseconds of a minute. */
export const MINUTE_MS = 60_000;

/** The history's schema, step by step; a step that was released is never changed. */
export const HISTORY_SCHEMA: SchemaSteps = [
	`CREATE TABLE points (
		minute INTEGER PRIMARY KEY,
		at INTEGER NOT NULL,
		available_bytes INTEGER NOT NULL,
		total_bytes INTEGER NOT NULL,
		swap_used_bytes INTEGER,
		loaded_bytes INTEGER NOT NULL,
		level TEXT NOT NULL
	);
	CREATE TABLE events (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		at INTEGER NOT NULL,
		kind TEXT NOT NULL,
		severity TEXT NOT NULL,
		message_id TEXT NOT NULL,
		params TEXT NOT NULL,
		data TEXT NOT NULL
	);
	CREATE INDEX events_by_time ON events (at);
	CREATE TABLE own_loads (model_key TEXT PRIMARY KEY) WITHOUT ROWID`,
	`CREATE TABLE learned_footprints (
		engine TEXT NOT NULL,
		model_key TEXT NOT NULL,
		context_length INTEGER NOT NULL,
		parallel INTEGER NOT NULL,
		kv_type TEXT NOT NULL,
		loaded_bytes INTEGER NOT NULL,
		working_bytes INTEGER,
		grown_bytes INTEGER,
		loads INTEGER NOT NULL,
		load_ms INTEGER,
		predicted_bytes INTEGER,
		at INTEGER NOT NULL,
		PRIMARY KEY (engine, model_key, context_length, parallel, kv_type)
	) WITHOUT ROWID`,
	`CREATE TABLE route_corrections (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		at INTEGER NOT NULL,
		prompt TEXT NOT NULL,
		domain TEXT NOT NULL,
		was TEXT NOT NULL
	);
	CREATE TABLE route_days (
		day INTEGER PRIMARY KEY,
		routed INTEGER NOT NULL,
		corrected INTEGER NOT NULL
	)`,
];

function jsonOf(value: unknown): string {
	try {
		return JSON.stringify(value) ?? "{}";
	} catch {
		return "{}";
	}
}

function objectOf(json: unknown): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(String(json));
		return typeof value === "object" && value !== null ? { ...value } : {};
	} catch {
		return {};
	}
}

/** A number SQLite can keep in a NOT NULL column; one bad figure must not keep everything else from being written. */
function whole(value: number): number {
	return Number.isFinite(value) ? Math.round(value) : 0;
}

/** Writes a minute's sample; of two in one minute the later one stays. */
export function insertPoint(db: Database, point: HistoryPoint): void {
	db.run("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?)", [
		whole(Math.floor(point.at / MINUTE_MS)),
		whole(point.at),
		whole(point.availableBytes),
		whole(point.totalBytes),
		point.swapUsedBytes === null ? null : whole(point.swapUsedBytes),
		whole(point.loadedBytes),
		point.level,
	]);
}

/** Writes an event under the id it has been given. */
export function insertEvent(db: Database, event: AppEvent): void {
	db.run("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", [
		event.id,
		whole(event.at),
		event.kind,
		event.severity,
		event.message.id,
		jsonOf(event.message.params),
		jsonOf(event.data),
	]);
}

/** Puts these names in the place of the stored ones. */
export function replaceOwnLoads(db: Database, modelKeys: ReadonlySet<string>): void {
	db.run("DELETE FROM own_loads");
	for (const modelKey of modelKeys) db.run("INSERT INTO own_loads VALUES (?)", [modelKey]);
}

/** Writes what was learned of one kind of load, in place of what was known of it. */
export function insertLearned(db: Database, learned: LearnedFootprint): void {
	const orNull = (value: number | null) => (value === null ? null : whole(value));
	db.run("INSERT OR REPLACE INTO learned_footprints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
		learned.engine,
		learned.key,
		whole(learned.contextLength),
		whole(learned.parallel),
		learned.kvType,
		whole(learned.loadedBytes),
		orNull(learned.workingBytes),
		orNull(learned.grownBytes),
		whole(learned.loads),
		orNull(learned.loadMs),
		orNull(learned.predictedBytes),
		whole(learned.at),
	]);
}

/** A row of `learned_footprints` as what it holds. */
export function learnedOf(row: Row): LearnedFootprint {
	const orNull = (value: unknown) => (value === null || value === undefined ? null : Number(value));
	return {
		engine: String(row.engine),
		key: String(row.model_key),
		contextLength: Number(row.context_length),
		parallel: Number(row.parallel),
		kvType: String(row.kv_type),
		loadedBytes: Number(row.loaded_bytes),
		workingBytes: orNull(row.working_bytes),
		grownBytes: orNull(row.grown_bytes),
		loads: Number(row.loads),
		loadMs: orNull(row.load_ms),
		predictedBytes: orNull(row.predicted_bytes),
		at: Number(row.at),
	};
}

/** Milliseconds of a day. */
export const DAY_MS = 24 * 60 * MINUTE_MS;

/** Writes a correction under the next id. */
export function insertCorrection(db: Database, { at, prompt, domain, was }: Omit<Correction, "id">): void {
	db.run("INSERT INTO route_corrections (at, prompt, domain, was) VALUES (?, ?, ?, ?)", [
		whole(at),
		prompt,
		domain,
		was,
	]);
}

/** Adds routes and corrections to the count of a day. */
export function countRoutes(db: Database, at: number, routed: number, corrected: number): void {
	db.run(
		`INSERT INTO route_days VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE
			SET routed = routed + excluded.routed, corrected = corrected + excluded.corrected`,
		[Math.floor(at / DAY_MS), routed, corrected],
	);
}

/** A row of `route_corrections` as what it holds. */
export function correctionOf(row: Row): Correction {
	return {
		id: Number(row.id),
		at: Number(row.at),
		prompt: String(row.prompt),
		domain: String(row.domain) as Domain,
		was: String(row.was) as Domain,
	};
}

/** A row of `route_days` as what it holds. */
export function routeDayOf(row: Row): RouteDay {
	return { at: Number(row.day) * DAY_MS, routed: Number(row.routed), corrected: Number(row.corrected) };
}

/** Forgets points and events from before a time. */
export function pruneBefore(db: Database, at: number): void {
	db.run("DELETE FROM points WHERE at < ?", [at]);
	db.run("DELETE FROM events WHERE at < ?", [at]);
}

/** A row of `points` as the sample it holds. */
export function pointOf(row: Row): HistoryPoint {
	return {
		at: Number(row.at),
		availableBytes: Number(row.available_bytes),
		totalBytes: Number(row.total_bytes),
		swapUsedBytes: row.swap_used_bytes === null ? null : Number(row.swap_used_bytes),
		loadedBytes: Number(row.loaded_bytes),
		level: String(row.level) as PressureLevel,
	};
}

/** A row of `events` as the event it holds. Only this file writes rows, so that kinds and ids are what they were. */
export function eventOf(row: Row): AppEvent {
	const said: Message = {
		id: String(row.message_id) as MessageId,
		params: objectOf(row.params) as Message["params"],
	};
	return {
		id: Number(row.id),
		at: Number(row.at),
		kind: String(row.kind) as EventKind,
		severity: String(row.severity) as AppEvent["severity"],
		message: said,
		data: objectOf(row.data),
	};
}
