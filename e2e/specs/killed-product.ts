import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { api, end, isAlive, newFolder, startDemo, startServe } from "./processes.ts";

interface History {
	readonly events: readonly { readonly id: number; readonly text: string }[];
}

/**
 * Kills a whole Plimsoll again and again while it loads, unloads and writes down what it did, each time at a random
 * moment, and checks at every start that it comes up, holds every event it had told, and gives each event an id of
 * its own.
 */
export async function killPlimsollAgainAndAgain(rounds: number): Promise<void> {
	const demo = await startDemo("--load-gb-per-second", "200");
	const dataDir = await newFolder();
	const told = new Map<number, string>();
	for (let round = 0; round < rounds; round += 1) {
		const served = await startServe(demo.url, dataDir);
		const { body } = await api<History>(served.url, "/api/memory/history?from=0&points=2");
		const kept = new Map(body.events.map(({ id, text }) => [id, text]));
		expect(kept.size, `round ${round}: each event once`).toBe(body.events.length);
		// The history tells at most 500; what is older than those cannot be looked for.
		const oldest = Math.min(...kept.keys());
		for (const [id, text] of told)
			if (id >= oldest) expect(kept.get(id), `round ${round}: event ${id}`).toBe(text);
		const work = busy(served.url, told);
		await pause(Math.random() * 400);
		expect(await end(served, "SIGKILL")).toBe(137);
		await work;
		expect(isAlive(demo.pid)).toBe(true);
	}
	const last = await startServe(demo.url, dataDir);
	expect(await end(last)).toBe(0);
}

/** Loads and unloads until nobody answers any more, and notes what was told to have happened. */
async function busy(url: string, told: Map<number, string>): Promise<void> {
	try {
		for (;;) {
			await fetch(`${url}/api/memory/models/gemma3:1b/load`, { method: "POST" });
			await fetch(`${url}/api/memory/models/gemma3:1b`, { method: "DELETE" });
			const { body } = await api<History>(url, "/api/memory/history?from=0&points=2");
			for (const { id, text } of body.events) told.set(id, text);
		}
	} catch {
		// It was killed.
	}
}
