import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { lockDataDir } from "./data-dir-lock.ts";
import { createProcessStart } from "./process-start.ts";
import { bundleChild, type ChildScript } from "./testing/bundle-child.ts";

interface Contender {
	readonly process: ChildProcessByStdio<Writable, Readable, null>;
	/** The next line it says. */
	line(): Promise<string>;
	ended: Promise<void>;
}

let script: ChildScript;
let dir = "";
let contenders: Contender[] = [];

beforeAll(async () => {
	script = await bundleChild("lock-child.ts");
});

afterAll(() => script.remove());

beforeEach(async () => {
	dir = await mkdtemp(join(tmpdir(), "plimsoll-lock-"));
	contenders = [];
});

afterEach(async () => {
	for (const { process: child } of contenders) child.kill("SIGKILL");
	await Promise.all(contenders.map(({ ended }) => ended));
	await rm(dir, { recursive: true, force: true });
});

async function start(dataDir = dir): Promise<Contender> {
	const child = spawn(process.execPath, [script.file, dataDir], { stdio: ["pipe", "pipe", "inherit"] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const contender: Contender = {
		process: child,
		line: async () => String((await lines.next()).value),
		ended: new Promise((resolve) => child.once("close", () => resolve())),
	};
	contenders.push(contender);
	expect(await contender.line()).toBe("waiting");
	return contender;
}

test("a second instance is refused with the pid of the first", async () => {
	const first = await start();
	first.process.stdin.write("go\n");
	expect(await first.line()).toBe("locked");
	await expect(lockDataDir({ dataDir: dir })).rejects.toMatchObject({
		code: "data-dir-locked",
		params: { pid: first.process.pid, dir },
	});
	first.process.stdin.end();
	await first.ended;
	(await lockDataDir({ dataDir: dir })).release();
	expect(readdirSync(dir)).toEqual([]);
});

test("of six that start at once exactly one gets the folder, also beside marks of the dead", async () => {
	for (let round = 0; round < 5; round += 1) {
		const all = await Promise.all(Array.from({ length: 6 }, () => start()));
		writeFileSync(join(dir, "plimsoll.4194303.0123456789abcdef.lock"), "");
		writeFileSync(join(dir, "plimsoll.1.0123456789abcdef.claim"), "");
		for (const { process: child } of all) child.stdin.write("go\n");
		const said = await Promise.all(all.map((contender) => contender.line()));
		const winners = all.filter((_, index) => said[index] === "locked");
		expect(winners).toHaveLength(1);
		const pid = winners[0]?.process.pid;
		expect(said.filter((line) => line === `refused data-dir-locked ${pid}`)).toHaveLength(5);
		for (const { process: child } of all) child.stdin.end();
		await Promise.all(all.map(({ ended }) => ended));
		expect(readdirSync(dir)).toEqual([]);
	}
});

test("the lock of a killed process does not count and is taken away", async () => {
	const first = await start();
	first.process.stdin.write("go\n");
	expect(await first.line()).toBe("locked");
	first.process.kill("SIGKILL");
	await first.ended;
	expect(readdirSync(dir)).toHaveLength(1);
	const lock = await lockDataDir({ dataDir: dir });
	expect(readdirSync(dir)).toHaveLength(1);
	lock.release();
	expect(readdirSync(dir)).toEqual([]);
});

test("a living process that only has the pid of the dead holder does not count", async () => {
	const real = createProcessStart(process.platform);
	const first = await start();
	first.process.stdin.write("go\n");
	expect(await first.line()).toBe("locked");
	const reused = async (pid: number) => (pid === first.process.pid ? "started later" : await real(pid));
	(await lockDataDir({ dataDir: dir }, reused)).release();
});

test("the same process does not get the folder twice, and gets it again after giving it back", async () => {
	const lock = await lockDataDir({ dataDir: dir });
	await expect(lockDataDir({ dataDir: dir })).rejects.toMatchObject({ params: { pid: process.pid } });
	lock.release();
	lock.release();
	(await lockDataDir({ dataDir: dir })).release();
});

test("a missing folder is made, one that cannot be made is storage-failed", async () => {
	const inner = join(dir, "a", "b");
	(await lockDataDir({ dataDir: inner })).release();
	expect(readdirSync(inner)).toEqual([]);
	writeFileSync(join(dir, "file"), "");
	mkdirSync(join(dir, "c"));
	await expect(lockDataDir({ dataDir: join(dir, "file", "x") })).rejects.toMatchObject({
		code: "storage-failed",
	});
});
