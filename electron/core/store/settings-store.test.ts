import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEFAULT_SETTINGS, SETTINGS_VERSION, type Settings } from "../../../shared/settings.ts";
import { systemClock } from "../clock.ts";
import { createMemoryLog } from "../log/log.ts";
import type { SettingsChange } from "../ports.ts";
import { createSettingsStore, type SettingsFileStore } from "./settings-store.ts";
import type { StoreNotice } from "./store-notice.ts";

let dir = "";
let file = "";
let notices: StoreNotice[] = [];
let changes: SettingsChange[] = [];
const open = new Set<SettingsFileStore>();

beforeEach(async () => {
	dir = await mkdtemp(join(tmpdir(), "plimsoll-settings-"));
	file = join(dir, "settings.json");
	notices = [];
	changes = [];
});

afterEach(async () => {
	for (const store of open) {
		store.close();
		await store.checkNow();
	}
	open.clear();
	await rm(dir, { recursive: true, force: true });
});

function openSettings(): SettingsFileStore {
	const store = createSettingsStore({
		file,
		clock: systemClock,
		log: createMemoryLog().log,
		onNotice: (notice) => notices.push(notice),
	});
	store.onChange((change) => changes.push(change));
	open.add(store);
	return store;
}

function withPort(port: number, settings: Settings = DEFAULT_SETTINGS): Settings {
	return { ...settings, gateway: { ...settings.gateway, port } };
}

test("without a file the defaults are in force and nothing is written", async () => {
	const store = openSettings();
	await store.checkNow();
	expect(store.current()).toEqual(DEFAULT_SETTINGS);
	expect(store.refusal()).toBeNull();
	expect(await readdir(dir)).toEqual([]);
});

test("a save is in force at once, is readable for people, private, and survives a restart", async () => {
	await openSettings().save(withPort(1234));
	const text = await readFile(file, "utf8");
	expect(text).toContain('\n  "gateway": {\n    "port": 1234,');
	expect((await stat(file)).mode & 0o777).toBe(0o600);
	expect(openSettings().current().gateway.port).toBe(1234);
});

test("a save makes the folder where it is missing", async () => {
	file = join(dir, "a", "b", "settings.json");
	const store = openSettings();
	await store.save(withPort(1));
	expect(JSON.parse(await readFile(file, "utf8")).gateway.port).toBe(1);
});

test("a hand edit is picked up by itself, also one that replaces the file", async () => {
	const store = openSettings();
	await store.save(withPort(1));
	await writeFile(file, '{"gateway": {"port": 2}}');
	await vi.waitFor(() => expect(store.current().gateway.port).toBe(2), 5000);
	await writeFile(`${file}~`, '{"gateway": {"port": 3}}');
	await rename(`${file}~`, file);
	await vi.waitFor(() => expect(store.current().gateway.port).toBe(3), 5000);
	expect(changes).toMatchObject([
		{ kind: "changed", settings: { gateway: { port: 2 } } },
		{ kind: "changed", settings: { gateway: { port: 3 } } },
	]);
});

test("a hand edit behind a link is picked up, and a save leaves the link", async () => {
	const real = join(dir, "elsewhere");
	await mkdir(real);
	await writeFile(join(real, "mine.json"), "{}");
	await symlink(join(real, "mine.json"), file);
	const store = openSettings();
	await writeFile(join(real, "mine.json"), '{"language": "de"}');
	await vi.waitFor(() => expect(store.current().language).toBe("de"), 8000);
	await store.save(withPort(7, store.current()));
	expect(JSON.parse(await readFile(join(real, "mine.json"), "utf8"))).toMatchObject({ gateway: { port: 7 } });
});

test("own saves are not told as hand edits", async () => {
	const store = openSettings();
	for (let port = 1; port <= 5; port += 1) await store.save(withPort(port));
	await store.checkNow();
	// The watcher has had its turn once it reports this foreign change.
	await writeFile(file, '{"gateway": {"port": 99}}');
	await vi.waitFor(() => expect(changes.length).toBeGreaterThan(0), 5000);
	expect(changes).toMatchObject([{ kind: "changed", settings: { gateway: { port: 99 } } }]);
});

test("a removed file brings the defaults back", async () => {
	const store = openSettings();
	await store.save(withPort(5));
	await rm(file);
	await store.checkNow();
	expect(store.current()).toEqual(DEFAULT_SETTINGS);
});

test.each([
	["a syntax error", '{\n  "language": "de",\n  "gateway": {"port": 2,}\n}', 3, /key in double quotes/],
	["a wrong value", '{\n  "gateway": {\n    "port": 70000\n  }\n}', 3, /^gateway\.port: /],
	["an unknown key", '{\n  "language": "de",\n  "gatway": {}\n}', 3, /^gatway: /],
	["a list instead of an object", "[]", 1, /./],
	["a newer version", `{\n\n  "version": ${SETTINGS_VERSION + 6}\n}`, 3, /newer Plimsoll/],
	["a version that is none", '{"version": "1"}', 1, /^version: /],
])(
	"%s is refused with its line, the old settings stay, and the file is kept",
	async (_name, text, line, problem) => {
		const store = openSettings();
		await store.save(withPort(5));
		await writeFile(file, text);
		await store.checkNow();
		// The watcher comes by as well: it is told once.
		await store.checkNow();
		expect(changes).toEqual([{ kind: "refused", file, line, problem: expect.stringMatching(problem) }]);
		expect(store.refusal()).toEqual(changes[0]);
		expect(store.current().gateway.port).toBe(5);
		expect(await readFile(file, "utf8")).toBe(text);
	},
);

test("a corrected file ends the refusal, also with the settings that were in force all along", async () => {
	const store = openSettings();
	await store.save(withPort(5));
	const good = await readFile(file, "utf8");
	await writeFile(file, "{");
	await store.checkNow();
	await writeFile(file, good);
	await store.checkNow();
	expect(store.refusal()).toBeNull();
	expect(changes.map(({ kind }) => kind)).toEqual(["refused", "changed"]);
});

test("a start with a broken file keeps in force what was accepted last", async () => {
	const first = openSettings();
	await first.save({ ...DEFAULT_SETTINGS, gateway: { ...DEFAULT_SETTINGS.gateway, requireToken: true } });
	await first.checkNow();
	first.close();
	await writeFile(file, '{\n"gateway": nonsense }');
	const second = openSettings();
	expect(second.current().gateway.requireToken).toBe(true);
	expect(second.refusal()).toMatchObject({ kind: "refused", line: 2 });
});

test("a save over a broken file keeps that file under another name and says so", async () => {
	await writeFile(file, "{ my work");
	const store = openSettings();
	await store.save(withPort(8));
	expect(store.refusal()).toBeNull();
	expect(notices).toEqual([
		{
			kind: "set-aside",
			what: "settings",
			why: "broken",
			keptAs: expect.stringMatching(/settings\.broken-.*\.json$/),
		},
	]);
	const [notice] = notices;
	expect(notice?.kind === "set-aside" && (await readFile(notice.keptAs, "utf8"))).toBe("{ my work");
	expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ gateway: { port: 8 } });
});

test("a save keeps a hand edit that came just before it, where both changed different things", async () => {
	const store = openSettings();
	await store.save(withPort(1));
	await writeFile(file, '{"language": "de", "gateway": {"port": 2}}');
	await store.save(withPort(3, store.current()));
	expect(store.current()).toMatchObject({ language: "de", gateway: { port: 3 } });
	expect(changes.at(-1)).toEqual({ kind: "changed", settings: store.current() });
});

test("settings that break the rules are refused and nothing changes", async () => {
	const store = openSettings();
	await store.save(withPort(5));
	await expect(store.save(withPort(-1))).rejects.toMatchObject({
		code: "settings-invalid",
		params: { file, line: 8, problem: expect.stringMatching(/^gateway\.port: /) },
	});
	expect(store.current().gateway.port).toBe(5);
	expect(openSettings().current().gateway.port).toBe(5);
});

test("saves at once come one after the other and the last one counts", async () => {
	const store = openSettings();
	await Promise.all([1, 2, 3, 4].map((port) => store.save(withPort(port))));
	expect(JSON.parse(await readFile(file, "utf8")).gateway.port).toBe(4);
	expect(store.current().gateway.port).toBe(4);
	await store.checkNow();
	expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("a folder that cannot be written is storage-failed and nothing changes", async () => {
	// A file where the folder should be stops root too, unlike permissions.
	await writeFile(join(dir, "a"), "");
	file = join(dir, "a", "settings.json");
	const store = openSettings();
	await expect(store.save(withPort(5))).rejects.toMatchObject({ code: "storage-failed" });
	expect(store.current()).toEqual(DEFAULT_SETTINGS);
});

test("something that is no file in its place is refused and kept", async () => {
	await mkdir(file);
	const store = openSettings();
	expect(store.refusal()).toMatchObject({ line: 1, problem: "EISDIR" });
	await expect(store.save(withPort(5))).rejects.toMatchObject({ code: "storage-failed" });
	expect((await stat(file)).isDirectory()).toBe(true);
});
