import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { fullDisk } from "../store/testing/full-disk.ts";
import { createLog, createMemoryLog } from "./log.ts";

let dir = "";

beforeEach(async () => {
	dir = await mkdtemp(join(tmpdir(), "plimsoll-log-"));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

interface Line {
	readonly level: string;
	readonly room: string;
	readonly msg: string;
	readonly [key: string]: unknown;
}

async function linesOf(file: string): Promise<readonly Line[]> {
	const text = await readFile(file, "utf8");
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Line);
}

test("a line carries level, time, room and figures, in a file private to the person", async () => {
	const log = createLog({ dir: join(dir, "logs"), level: "info" });
	log.child("engine").child("supervision").warn("away", { sinceMs: 1200 });
	await log.close();
	const file = join(dir, "logs", "plimsoll.log");
	expect(await linesOf(file)).toMatchObject([
		{
			level: "warn",
			room: "engine/supervision",
			msg: "away",
			sinceMs: 1200,
			time: expect.stringMatching(/Z$/),
		},
	]);
	expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("what is below the level is left out, in every room, from the moment it is set", async () => {
	const log = createLog({ dir, level: "info" });
	const room = log.child("memory");
	room.debug("one");
	log.setLevel("debug");
	room.debug("two");
	log.setLevel("error");
	room.warn("three");
	room.error("four");
	await log.close();
	expect((await linesOf(join(dir, "plimsoll.log"))).map(({ msg }) => msg)).toEqual(["two", "four"]);
});

test("prompts, answers and credentials are hidden at any depth, figures beside them are not", async () => {
	const log = createLog({ dir, level: "info", redact: ["s3cret-token"] });
	log.hide("later-secret");
	log.info("called with s3cret-token", {
		prompt: "PRIVATE",
		request: {
			headers: { Authorization: "Bearer PRIVATE", "x-api-key": "PRIVATE", cookie: "PRIVATE" },
			body: { messages: [{ role: "user", content: "PRIVATE" }], options: { num_ctx: 4096 } },
		},
		gateway_token: "PRIVATE",
		url: "http://127.0.0.1/#s3cret-token",
		list: [["later-secret"]],
		tokens: 12,
		contentBytes: 5,
		error: new Error("failed at s3cret-token", { cause: { response: "PRIVATE" } }),
		app: AppError.of("model-not-found", { model: "llama3.2:3b" }),
	});
	await log.close();
	const text = await readFile(join(dir, "plimsoll.log"), "utf8");
	expect(text).not.toMatch(/PRIVATE|s3cret|later-secret/);
	expect(await linesOf(join(dir, "plimsoll.log"))).toMatchObject([
		{
			tokens: 12,
			contentBytes: 5,
			request: { body: { messages: "[hidden]", options: { num_ctx: 4096 } } },
			error: { name: "Error", message: "failed at [hidden]" },
			app: { code: "model-not-found", params: { model: "llama3.2:3b" } },
		},
	]);
});

test("figures without end, with getters that throw, or that are no JSON never throw", async () => {
	const { log, lines } = createMemoryLog();
	const endless: Record<string, unknown> = { big: 10n, fn: () => 1, bytes: new Uint8Array(9) };
	endless.self = endless;
	log.info("endless", endless);
	log.info("throws", {
		get figure() {
			throw new Error("no");
		},
	});
	expect(lines).toMatchObject([
		{ what: "endless", figures: { big: "10", bytes: "[9 bytes]" } },
		{ what: "throws", figures: {} },
	]);
	expect(() => JSON.stringify(lines)).not.toThrow();
});

test("a memory log keeps lines of every level and room", () => {
	const { log, lines } = createMemoryLog();
	log.debug("a");
	log.child("x").error("b", { count: 1, token: "t" });
	expect(lines).toEqual([
		{ level: "debug", room: "", what: "a", figures: {} },
		{ level: "error", room: "x", what: "b", figures: { count: 1, token: "[hidden]" } },
	]);
});

test("five files of the given size are kept, the newest lines last, none torn", async () => {
	const log = createLog({ dir, level: "info", maxBytes: 2000 });
	for (let count = 0; count < 200; count += 1) {
		log.info("line", { count });
		// The rotation happens between writes, so that they must not come as one.
		if (count % 5 === 0)
			await vi.waitFor(async () => expect(await lastCount()).toBe(count), { timeout: 10_000 });
	}
	await log.close();
	const names = (await readdir(dir)).toSorted();
	expect(names).toEqual([
		"plimsoll.1.log",
		"plimsoll.2.log",
		"plimsoll.3.log",
		"plimsoll.4.log",
		"plimsoll.log",
	]);
	const counts: unknown[] = [];
	for (const name of [
		"plimsoll.4.log",
		"plimsoll.3.log",
		"plimsoll.2.log",
		"plimsoll.1.log",
		"plimsoll.log",
	]) {
		expect((await stat(join(dir, name))).size).toBeLessThan(3500);
		counts.push(...(await linesOf(join(dir, name))).map(({ count }) => count));
	}
	expect(counts.at(-1)).toBe(199);
	expect(counts).toEqual(Array.from(counts, (_, index) => 200 - counts.length + index));
});

async function lastCount(): Promise<unknown> {
	return (await linesOf(join(dir, "plimsoll.log"))).at(-1)?.count;
}

test("a log goes on in the file of the run before", async () => {
	for (const what of ["one", "two"]) {
		const log = createLog({ dir, level: "info" });
		log.info(what);
		await log.close();
	}
	expect((await linesOf(join(dir, "plimsoll.log"))).map(({ msg }) => msg)).toEqual(["one", "two"]);
});

test("flushing now writes what waits before it returns", async () => {
	const log = createLog({ dir, level: "info" });
	log.info("first");
	await vi.waitFor(async () => expect(await linesOf(join(dir, "plimsoll.log"))).toHaveLength(1));
	log.info("second");
	log.info("third");
	log.flushNow();
	log.flushNow();
	await log.close();
	expect((await linesOf(join(dir, "plimsoll.log"))).map(({ msg }) => msg).toSorted()).toEqual([
		"first",
		"second",
		"third",
	]);
});

test("a folder that cannot be made costs the lines and nothing else, until it can", async () => {
	const blocked = join(dir, "blocked");
	await writeFile(blocked, "");
	const log = createLog({ dir: join(blocked, "logs"), level: "info", retryAfterMs: 0 });
	log.info("lost");
	log.flushNow();
	await rm(blocked);
	await vi.waitFor(async () => {
		log.info("kept");
		expect((await linesOf(join(blocked, "logs", "plimsoll.log"))).some(({ msg }) => msg === "kept")).toBe(
			true,
		);
	});
	await log.close();
});

test(`a full disk costs lines, which is said, and neither throws nor waits (${fullDisk.kind})`, async () => {
	const disk = fullDisk.make();
	try {
		const log = createLog({ dir: disk.dir, level: "info", retryAfterMs: 0 });
		const file = join(disk.dir, "plimsoll.log");
		log.info("before");
		await vi.waitFor(async () => expect(await linesOf(file)).toHaveLength(1));
		disk.fill();
		const figures = { filling: "x".repeat(1000) };
		for (let round = 0; round < 20; round += 1) {
			for (let count = 0; count < 300; count += 1) log.info("during", figures);
			// Lets the file's own turn come, so that some writes fail on their way and others in the flush below.
			await setImmediate();
		}
		log.flushNow();
		log.flushNow();
		disk.empty();
		await vi.waitFor(async () => {
			log.info("after");
			const whole = (await readFile(file, "utf8")).split("\n").filter((line) => /^\{.*\}$/.test(line));
			const lines = whole.map((line) => JSON.parse(line) as Line);
			const lost = lines.filter(({ msg }) => msg === "lines lost").map(({ count }) => Number(count));
			expect(lost.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1000);
			expect(lines.at(-1)?.msg).toBe("after");
		});
		await log.close();
	} finally {
		disk.remove();
	}
});
