import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { systemClock } from "../../clock.ts";
import { createMemoryLog } from "../../log/log.ts";
import { lockDataDir } from "../data-dir-lock.ts";
import { openStore } from "../open-store.ts";
import { resolvePaths } from "../paths.ts";
import type { StoreNotice } from "../store-notice.ts";
import { bundleChild } from "./bundle-child.ts";

/** Everything the killed processes have confirmed so far. */
interface Confirmed {
	readonly events: Set<string>;
	readonly minutes: Set<string>;
	readonly loads: Map<string, string>;
	/** Characters of each message. */
	readonly messages: Map<string, number>;
	port: string | null;
	/** Lines of the last process. */
	lines: number;
}

/** Kills land between the start of the process and a while after it began to write. */
const LONGEST_LIFE_MS = 250;

function note(confirmed: Confirmed, line: string): void {
	const [what, first = "", second = ""] = line.split(" ");
	confirmed.lines += 1;
	if (what === "event") confirmed.events.add(first);
	if (what === "point") confirmed.minutes.add(first);
	if (what === "load") confirmed.loads.set(first, second);
	if (what === "message") confirmed.messages.set(first, Number(second));
	if (what === "port") confirmed.port = first;
}

/** Runs the writing process and kills it; half of the time during its start, else while it writes. */
async function runAndKill(
	script: string,
	dataDir: string,
	confirmed: Confirmed,
	whileWriting: boolean,
): Promise<void> {
	confirmed.lines = 0;
	const child = spawn(process.execPath, [script, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
	const kill = () => setTimeout(() => child.kill("SIGKILL"), Math.random() * LONGEST_LIFE_MS);
	const ended = new Promise<NodeJS.Signals | null>((resolve) =>
		child.once("close", (_code, signal) => resolve(signal)),
	);
	if (!whileWriting) kill();
	for await (const line of createInterface({ input: child.stdout })) {
		if (line === "ready" && whileWriting) kill();
		note(confirmed, line);
	}
	expect(await ended).toBe("SIGKILL");
}

async function verify(dataDir: string, confirmed: Confirmed): Promise<void> {
	const paths = resolvePaths({ platform: process.platform, env: {}, home: "/", dataDir });
	const notices: StoreNotice[] = [];
	const lock = await lockDataDir(paths);
	const store = await openStore({ paths, clock: systemClock, log: createMemoryLog().log });
	store.onNotice((notice) => notices.push(notice));
	expect(notices).toEqual([]);
	expect(store.settings.refusal()).toBeNull();
	const stored = new Set(
		store.history.events(0, Number.MAX_SAFE_INTEGER, 1_000_000).map(({ id }) => String(id)),
	);
	expect([...confirmed.events].filter((id) => !stored.has(id))).toEqual([]);
	const minutes = new Set(
		store.history.points(0, Number.MAX_SAFE_INTEGER).map(({ at }) => String(at / 60_000)),
	);
	expect([...confirmed.minutes].filter((minute) => !minutes.has(minute))).toEqual([]);
	const loads = new Set(store.history.ownLoads());
	// The last change may have been written without having been confirmed: one difference is no loss.
	const differing = [...confirmed.loads].filter(([key, loaded]) => loads.has(key) !== (loaded === "1"));
	expect(differing.length).toBeLessThanOrEqual(1);
	for (const key of loads) confirmed.loads.set(key, "1");
	for (const key of confirmed.loads.keys()) if (!loads.has(key)) confirmed.loads.set(key, "0");
	const messages = store.conversations
		.list(1_000, 0)
		.flatMap(({ id }) => store.conversations.messages(id, 1_000_000, null));
	const kept = new Map(messages.map(({ id, text }) => [id, text.length]));
	// More may have been written than was confirmed, never less.
	expect([...confirmed.messages].filter(([id, length]) => (kept.get(id) ?? -1) < length)).toEqual([]);
	expect(messages.filter(({ state }) => state !== "broken")).toEqual([]);
	if (confirmed.port !== null) {
		const ahead = store.settings.current().gateway.port - Number(confirmed.port);
		// The last save may be in the file without having been confirmed.
		expect([0, 40]).toContain(ahead);
		confirmed.port = String(store.settings.current().gateway.port);
	}
	await store.settings.checkNow();
	store.close();
	lock.release();
	const leftovers = readdirSync(dataDir).filter((name) => /lock|claim|tmp|wal|journal|new/.test(name));
	expect(leftovers).toEqual([]);
}

/** Kills a writing Plimsoll store at random moments and proves after each time that nothing confirmed is lost. */
export async function killRounds(
	rounds: number,
): Promise<{ readonly events: number; readonly messages: number; readonly killedWriting: number }> {
	const script = await bundleChild("writing-child.ts");
	const dataDir = mkdtempSync(join(tmpdir(), "plimsoll-kill-"));
	const confirmed: Confirmed = {
		events: new Set(),
		minutes: new Set(),
		loads: new Map(),
		messages: new Map(),
		port: null,
		lines: 0,
	};
	let killedWriting = 0;
	try {
		for (let round = 0; round < rounds; round += 1) {
			await runAndKill(script.file, dataDir, confirmed, round % 4 !== 0);
			if (confirmed.lines > 1) killedWriting += 1;
			await verify(dataDir, confirmed);
		}
	} finally {
		rmSync(dataDir, { recursive: true, force: true });
		script.remove();
	}
	return { events: confirmed.events.size, messages: confirmed.messages.size, killedWriting };
}
