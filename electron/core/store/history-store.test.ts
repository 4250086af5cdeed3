import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HistoryPoint } from "../../../shared/ipc.ts";
import { message } from "../../../shared/messages/message.ts";
import { systemClock } from "../clock.ts";
import { createMemoryLog } from "../log/log.ts";
import type { HistoryStore, NewEvent } from "../ports.ts";
import { createHistoryStore, RETENTION_MS } from "./history-store.ts";
import { Database } from "./sqlite-driver.ts";
import type { StoreNotice } from "./store-notice.ts";

let dir = "";
let file = "";
let notices: StoreNotice[] = [];
const open = new Set<HistoryStore>();

beforeEach(async () => {
	dir = await mkdtemp(join(tmpdir(), "plimsoll-history-"));
	file = join(dir, "history.db");
	notices = [];
});

afterEach(async () => {
	for (const store of open) store.close();
	open.clear();
	await rm(dir, { recursive: true, force: true });
});

function openHistory(): HistoryStore {
	const store = createHistoryStore({
		file,
		clock: systemClock,
		log: createMemoryLog().log,
		onNotice: (notice) => notices.push(notice),
	});
	open.add(store);
	return store;
}

function reopen(store: HistoryStore): HistoryStore {
	store.close();
	return openHistory();
}

function pointAt(at: number, loadedBytes = 1): HistoryPoint {
	return {
		at,
		availableBytes: 2 ** 34,
		totalBytes: 2 ** 35,
		swapUsedBytes: null,
		loadedBytes,
		level: "normal",
	};
}

function eventAt(at: number, data: Record<string, unknown> = {}): NewEvent {
	return { at, kind: "storage", severity: "info", message: message("error.cancelled"), data };
}

test("points, events with their figures, and own loads survive a restart", () => {
	const first = openHistory();
	first.addPoint(pointAt(60_000));
	first.addPoint({ ...pointAt(120_000), swapUsedBytes: 5, level: "high" });
	const event = first.addEvent({
		...eventAt(70_000, { bytes: 5_000_000_000, models: ["a", "ä"] }),
		message: message("error.model-not-found", { model: "llama3.2:3b" }),
	});
	first.setOwnLoad("a", true);
	first.setOwnLoad("b", true);
	first.setOwnLoad("a", false);
	const second = reopen(first);
	expect(second.points(0, 200_000)).toEqual([
		pointAt(60_000),
		{ ...pointAt(120_000), swapUsedBytes: 5, level: "high" },
	]);
	expect(second.points(60_001, 119_999)).toEqual([]);
	expect(second.events(0, 200_000, 10)).toEqual([event]);
	expect(second.ownLoads()).toEqual(["b"]);
	expect(notices).toEqual([]);
});

test("ids rise over restarts, also after everything was forgotten", () => {
	const first = openHistory();
	const ids = [first.addEvent(eventAt(1)).id, first.addEvent(eventAt(2)).id];
	first.addPoint(pointAt(RETENTION_MS * 2));
	expect(first.events(0, 10, 10)).toEqual([]);
	const third = reopen(first).addEvent(eventAt(3)).id;
	expect(new Set([...ids, third]).size).toBe(3);
	expect(third).toBeGreaterThan(Math.max(...ids));
});

test("one sample a minute is kept", () => {
	const store = openHistory();
	for (let second = 0; second < 180; second += 1) store.addPoint(pointAt(second * 1000, second));
	expect(store.points(0, 1e9).map(({ at }) => at)).toEqual([0, 60_000, 120_000]);
});

test("what is older than 30 days is forgotten, what is younger stays", () => {
	const store = openHistory();
	const now = 100 * 24 * 3_600_000;
	store.addPoint(pointAt(now - RETENTION_MS - 120_000));
	store.addEvent(eventAt(now - RETENTION_MS - 1));
	store.addEvent(eventAt(now - RETENTION_MS + 1));
	store.addPoint(pointAt(now));
	expect(store.points(0, now).map(({ at }) => at)).toEqual([now]);
	expect(store.events(0, now, 10).map(({ at }) => at)).toEqual([now - RETENTION_MS + 1]);
});

test("events come newest first and no more than asked for", () => {
	const store = openHistory();
	for (const at of [10, 30, 20, 30]) store.addEvent(eventAt(at));
	expect(store.events(0, 100, 3).map(({ at, id }) => [at, id])).toEqual([
		[30, 4],
		[30, 2],
		[20, 3],
	]);
});

test("an event is in the file before addEvent returns", () => {
	const store = openHistory();
	store.addEvent(eventAt(5));
	// A copy of the files is what a power cut would leave.
	const copy = join(dir, "copy.db");
	for (const part of ["", "-wal"])
		if (existsSync(file + part)) writeFileSync(copy + part, readFileSync(file + part));
	const db = new Database(copy);
	db.exec("PRAGMA locking_mode = EXCLUSIVE");
	expect(db.get("SELECT count(*) AS count FROM events")).toEqual({ count: 1 });
	db.close();
});

test("closing leaves the database alone in its folder", () => {
	const store = openHistory();
	store.addEvent(eventAt(5));
	store.close();
	store.close();
	expect(readdirSync(dir)).toEqual(["history.db"]);
});

test("a closed history takes nothing and throws nothing", () => {
	const store = openHistory();
	store.close();
	store.addPoint(pointAt(1));
	expect(store.addEvent(eventAt(1)).id).toBeGreaterThan(0);
	expect(store.points(0, 10)).toEqual([]);
	expect(notices).toEqual([]);
});

test("a lock folder that a killed process left does not hinder opening", () => {
	openHistory().close();
	mkdirSync(`${file}.lock`);
	const store = openHistory();
	store.addEvent(eventAt(1));
	expect(notices).toEqual([]);
	store.close();
	expect(existsSync(`${file}.lock`)).toBe(false);
});

test.each([
	["a text", () => writeFileSync(file, "no database ".repeat(1000))],
	[
		"a database with pages overwritten",
		() => {
			const store = openHistory();
			for (let at = 0; at < 500; at += 1) store.addEvent(eventAt(at, { filling: "x".repeat(200) }));
			store.close();
			const bytes = readFileSync(file);
			writeFileSync(file, bytes.fill(0x5a, 8192, bytes.length - 4096));
		},
	],
])("%s in the database's place is kept, told, and a new one made", (_name, damage) => {
	damage();
	const damaged = readFileSync(file);
	const store = openHistory();
	expect(notices).toEqual([
		{
			kind: "set-aside",
			what: "history",
			why: "broken",
			keptAs: expect.stringMatching(/history\.damaged-.*\.db$/),
		},
	]);
	const [notice] = notices;
	expect(notice?.kind === "set-aside" && readFileSync(notice.keptAs).equals(damaged)).toBe(true);
	const event = store.addEvent(eventAt(7));
	expect(reopen(store).events(0, 10, 10)).toEqual([event]);
});

test("damage that shows while it is open is handled the same, and the event is not lost", () => {
	const store = openHistory();
	store.setOwnLoad("mine", true);
	for (let at = 0; at < 2000; at += 1) store.addEvent(eventAt(at, { filling: "x".repeat(2000) }));
	const bytes = readFileSync(file);
	writeFileSync(file, bytes.fill(0x5a));
	// Pages in the cache still read well, the rest does not.
	store.events(0, 3000, 3000);
	const event = store.addEvent(eventAt(5000));
	expect(notices).toMatchObject([{ kind: "set-aside", what: "history" }]);
	const next = reopen(store);
	expect(next.events(5000, 5000, 1)).toEqual([event]);
	expect(next.ownLoads()).toEqual(["mine"]);
});

test("whoever is told of damage can write an event about it at once", () => {
	const blocked = join(dir, "blocked");
	writeFileSync(blocked, "");
	file = join(blocked, "history.db");
	const holder: { store: HistoryStore | null } = { store: null };
	holder.store = createHistoryStore({
		file,
		clock: systemClock,
		log: createMemoryLog().log,
		onNotice: (notice) => {
			notices.push(notice);
			if (notice.kind === "set-aside") holder.store?.addEvent(eventAt(7));
		},
	});
	open.add(holder.store);
	rmSync(blocked);
	mkdirSync(blocked);
	writeFileSync(file, "no database ".repeat(1000));
	holder.store.addEvent(eventAt(8));
	expect(notices.map(({ kind }) => kind)).toEqual(["failing", "set-aside", "working-again"]);
	expect(reopen(holder.store).events(0, 10, 10)).toMatchObject([{ at: 8 }, { at: 7 }]);
	expect(readdirSync(blocked).filter((name) => name.includes("damaged"))).toHaveLength(1);
});

test("a database of a newer Plimsoll is kept and a new one made", () => {
	openHistory().close();
	const db = new Database(file);
	db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 99");
	db.close();
	openHistory();
	expect(notices).toMatchObject([{ kind: "set-aside", why: "newer" }]);
	expect(readdirSync(dir).some((name) => /^history\.newer-.*\.db$/.test(name))).toBe(true);
});

test("a write-ahead log without its database is not played into a new one", () => {
	const store = openHistory();
	store.addEvent(eventAt(5));
	const log = readFileSync(`${file}-wal`);
	store.close();
	rmSync(file);
	writeFileSync(`${file}-wal`, log);
	expect(openHistory().events(0, 10, 10)).toEqual([]);
});

test("while the folder takes no database events are listed from memory, and written once it does", () => {
	const blocked = join(dir, "blocked");
	writeFileSync(blocked, "");
	file = join(blocked, "history.db");
	const store = openHistory();
	const first = store.addEvent(eventAt(1));
	store.addPoint(pointAt(1));
	store.setOwnLoad("mine", true);
	expect(store.events(0, 10, 10)).toEqual([first]);
	expect(notices).toMatchObject([{ kind: "failing", error: { code: "storage-failed" } }]);
	rmSync(blocked);
	const second = store.addEvent(eventAt(2));
	expect(notices.at(-1)).toEqual({ kind: "working-again", what: "history" });
	const next = reopen(store);
	expect(next.events(0, 10, 10)).toEqual([second, first]);
	expect(next.ownLoads()).toEqual(["mine"]);
});

test("figures that cannot be written do not keep later events from being written", () => {
	const store = openHistory();
	const circular: Record<string, unknown> = {};
	circular.self = circular;
	store.addEvent({ ...eventAt(Number.NaN), data: circular });
	store.addPoint({ ...pointAt(1), availableBytes: Number.NaN });
	const event = store.addEvent(eventAt(2));
	expect(notices).toEqual([]);
	expect(reopen(store).events(2, 2, 1)).toEqual([event]);
});

test("what was learned of a kind of load is kept, one row for each, and read newest first", () => {
	const store = openHistory();
	const learned = {
		engine: "ollama 0.33.0",
		key: "a@1@",
		contextLength: 4096,
		parallel: 1,
		kvType: "f16",
		loadedBytes: 4_900_000_000,
		workingBytes: null,
		grownBytes: null,
		loads: 1,
		loadMs: 3_200,
		predictedBytes: 4_850_000_000,
		at: 10,
	};
	store.learn(learned);
	store.learn({ ...learned, contextLength: 8192, at: 30 });
	store.learn({ ...learned, workingBytes: 5_100_000_000, loads: 2, at: 20 });
	expect(reopen(store).learned()).toEqual([
		{ ...learned, contextLength: 8192, at: 30 },
		{ ...learned, workingBytes: 5_100_000_000, loads: 2, at: 20 },
	]);
});
