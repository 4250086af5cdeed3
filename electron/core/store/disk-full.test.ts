import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { message } from "../../../shared/messages/message.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../shared/settings.ts";
import { systemClock } from "../clock.ts";
import { createMemoryLog } from "../log/log.ts";
import type { NewEvent } from "../ports.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { openStore, type Store } from "./open-store.ts";
import { resolvePaths } from "./paths.ts";
import type { StoreNotice } from "./store-notice.ts";
import { type FullDisk, fullDisk, injectedFullDisk } from "./testing/full-disk.ts";

const kinds = fullDisk.kind === injectedFullDisk.kind ? [fullDisk] : [fullDisk, injectedFullDisk];

function eventAt(at: number, filling = ""): NewEvent {
	return { at, kind: "storage", severity: "info", message: message("error.cancelled"), data: { filling } };
}

function withOrigins(count: number): Settings {
	const allowedOrigins = Array.from(
		{ length: count },
		(_, index) => `https://${"a".repeat(60)}${index}.example`,
	);
	return { ...DEFAULT_SETTINGS, gateway: { ...DEFAULT_SETTINGS.gateway, allowedOrigins } };
}

describe.each(kinds)("with the disk full ($kind)", (kind) => {
	let disk: FullDisk;
	let notices: StoreNotice[] = [];
	let stores: Store[] = [];

	beforeEach(() => {
		disk = kind.make();
		notices = [];
		stores = [];
	});

	afterEach(async () => {
		disk.empty();
		for (const store of stores) {
			store.close();
			await store.settings.checkNow();
		}
		disk.remove();
	});

	async function open(): Promise<Store> {
		const paths = resolvePaths({ platform: "linux", env: {}, home: "/", dataDir: disk.dir });
		const store = await openStore({ paths, clock: systemClock, log: createMemoryLog().log });
		store.onNotice((notice) => notices.push(notice));
		stores.push(store);
		return store;
	}

	test("settings are refused as storage-full, and file and settings in force stay as they were", async () => {
		const { settings } = await open();
		await settings.save(withOrigins(1));
		await settings.checkNow();
		const file = join(disk.dir, "settings.json");
		const before = readFileSync(file, "utf8");
		disk.fill();
		await expect(settings.save(withOrigins(90))).rejects.toMatchObject({
			code: "storage-full",
			params: { file },
		});
		expect(settings.current()).toEqual(withOrigins(1));
		expect(readFileSync(file, "utf8")).toBe(before);
		expect(readdirSync(disk.dir).filter((name) => name.endsWith(".tmp"))).toEqual([]);
		disk.empty();
		await settings.save(withOrigins(90));
		expect((await open()).settings.current()).toEqual(withOrigins(90));
	});

	test("an event still gets its id, the failure is told once, and the event is written when there is room", async () => {
		const { history, close } = await open();
		const first = history.addEvent(eventAt(1));
		disk.fill();
		const big = "x".repeat(20_000);
		const waiting = [history.addEvent(eventAt(2, big)), history.addEvent(eventAt(3, big))];
		history.addPoint({
			at: 4,
			availableBytes: 1,
			totalBytes: 1,
			swapUsedBytes: 0,
			loadedBytes: 0,
			level: "normal",
		});
		history.setOwnLoad("mine", true);
		const file = join(disk.dir, "history.db");
		expect(notices).toMatchObject([{ kind: "failing", error: { code: "storage-full", params: { file } } }]);
		expect(history.events(0, 9, 9).map(({ id }) => id)).toEqual([waiting[1]?.id, waiting[0]?.id, first.id]);
		disk.empty();
		const last = history.addEvent(eventAt(5));
		expect(notices.slice(1)).toEqual([{ kind: "working-again", what: "history" }]);
		close();
		const again = (await open()).history;
		expect(again.events(0, 9, 9)).toEqual([last, waiting[1], waiting[0], first]);
		expect(again.ownLoads()).toEqual(["mine"]);
	});

	test("a start finds the old history whole once there is room, and takes nothing for damaged", async () => {
		const before = await open();
		const first = before.history.addEvent(eventAt(1));
		before.close();
		disk.fill();
		const { history } = await open();
		const second = history.addEvent(eventAt(2, "x".repeat(20_000)));
		expect(notices).toMatchObject([{ kind: "failing", error: { code: "storage-full" } }]);
		disk.empty();
		const third = history.addEvent(eventAt(3));
		expect(history.events(0, 9, 9)).toEqual([third, second, first]);
		expect(readdirSync(disk.dir).filter((name) => name.includes("damaged"))).toEqual([]);
	});

	test("the data folder can be locked, or the refusal says that the disk is full", async () => {
		disk.fill();
		const outcome = await lockDataDir({ dataDir: disk.dir }).then(
			(lock) => {
				lock.release();
				return "locked";
			},
			(error) => error.code,
		);
		expect(["locked", "storage-full"]).toContain(outcome);
	});
});

describe.runIf(fullDisk.kind !== injectedFullDisk.kind)("with the disk nearly full", () => {
	test("settings of which only a part would fit are refused whole", async () => {
		const disk = fullDisk.make();
		try {
			const paths = resolvePaths({ platform: "linux", env: {}, home: "/", dataDir: disk.dir });
			const store = await openStore({ paths, clock: systemClock, log: createMemoryLog().log });
			await store.settings.save(withOrigins(90));
			await store.settings.checkNow();
			const before = readFileSync(paths.settingsFile, "utf8");
			disk.fill(4096);
			await expect(store.settings.save(withOrigins(91))).rejects.toMatchObject({ code: "storage-full" });
			expect(readFileSync(paths.settingsFile, "utf8")).toBe(before);
			store.close();
		} finally {
			disk.remove();
		}
	});
});
