import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createMemoryLog } from "../log/log.ts";
import type { Paths } from "../ports.ts";
import { openStore } from "./open-store.ts";
import { resolvePaths } from "./paths.ts";
import type { StoreNotice } from "./store-notice.ts";

let paths: Paths;

beforeEach(() => {
	const dataDir = mkdtempSync(join(tmpdir(), "plimsoll-store-"));
	paths = resolvePaths({ platform: process.platform, env: {}, home: "/", dataDir });
});

afterEach(() => rmSync(paths.dataDir, { recursive: true, force: true }));

test("what the store met before anyone listened is told to the first listener, once", async () => {
	writeFileSync(paths.databaseFile, "no database ".repeat(1000));
	const store = await openStore({ paths, clock: systemClock, log: createMemoryLog().log });
	const first: StoreNotice[] = [];
	const second: StoreNotice[] = [];
	store.onNotice((notice) => first.push(notice));
	store.onNotice((notice) => second.push(notice));
	expect(first).toMatchObject([{ kind: "set-aside", what: "history" }]);
	expect(second).toEqual([]);
	store.close();
});

test("what killed writes left is taken away, and nothing else", async () => {
	const leftover = ".0b7e1c1e-2f0a-4b6e-9d0e-1f3a5b7c9d0e.tmp";
	for (const name of ["settings.json", "settings.accepted.json", "api.json", "gateway-token"])
		writeFileSync(join(paths.dataDir, name + leftover), "{");
	writeFileSync(join(paths.dataDir, "settings.json.mine.tmp"), "{}");
	const store = await openStore({ paths, clock: systemClock, log: createMemoryLog().log });
	store.close();
	expect(readdirSync(paths.dataDir).toSorted()).toEqual([
		"conversations.db",
		"history.db",
		"settings.json.mine.tmp",
	]);
});

test("the log of the store names no setting's value and no token", async () => {
	const { log, lines } = createMemoryLog();
	const store = await openStore({ paths, clock: systemClock, log });
	const token = await store.secrets.gatewayToken();
	await store.settings.save({ ...store.settings.current(), language: "de" });
	store.close();
	expect(JSON.stringify(lines)).not.toContain(token);
});
