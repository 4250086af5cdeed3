import { describe, expect, it } from "vitest";
import { type HeldClock, heldClock } from "../testing/held-clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { createEngineSupervisor, type EngineSupervisor } from "./engine-supervisor.ts";
import { type Behaviour, createScriptedEngine, type ScriptedEngine } from "./testing/scripted-engine.ts";

/** What is promised, milliseconds; held at whatever moment between two looks it happens. */
const SHOWN_WITHIN = { slow: 9000, fast: 5000 } as const;
const BACK_WITHIN = 5000;
const STEP = 50;

interface Scene {
	readonly clock: HeldClock;
	readonly engine: ScriptedEngine;
	readonly supervisor: EngineSupervisor;
}

async function scene(pace: "slow" | "fast"): Promise<Scene> {
	const clock = heldClock();
	const url = "http://127.0.0.1:11434";
	const engine = createScriptedEngine(url, clock);
	const supervisor = createEngineSupervisor({
		addresses: async () => [{ url, source: "default" }],
		clock,
		log: keptLog(),
		launcher: {
			find: async () => ({ kind: "app", path: "/Applications/Ollama.app" }),
			start: async () => {},
		},
		ownInstance: "mine",
		createEngine: () => engine,
	});
	await supervisor.start();
	supervisor.setPace(pace);
	return { clock, engine, supervisor };
}

async function msUntil(at: Scene, state: string): Promise<number> {
	let passedMs = 0;
	while (at.supervisor.state().connection.state !== state) {
		if (passedMs > 60_000) throw new Error(`still ${at.supervisor.state().connection.state}`);
		await at.clock.advance(STEP);
		passedMs += STEP;
	}
	return passedMs;
}

describe.each(["slow", "fast"] as const)("at the %s pace", (pace) => {
	const troubles: readonly Behaviour[] = ["refuses", "hangs", "speaks-html"];
	it.each(troubles)("an engine that %s is shown in time, and its return too", async (trouble) => {
		for (const offsetMs of [0, 350, 990, 1700, 2600, 3950]) {
			const at = await scene(pace);
			await at.clock.advance(4000 + offsetMs);
			at.engine.behave(trouble);
			expect(await msUntil(at, "unreachable")).toBeLessThanOrEqual(SHOWN_WITHIN[pace]);
			await at.clock.advance(23_000 + offsetMs);
			at.engine.behave("answers");
			expect(await msUntil(at, "connected")).toBeLessThanOrEqual(BACK_WITHIN);
			await at.supervisor.stop();
		}
	});

	it("an engine whose rows alone hang stays connected for as long as that takes, and is busy in time", async () => {
		const at = await scene(pace);
		const states = new Set<string>();
		at.supervisor.onState((state) => states.add(state.connection.state));
		at.engine.behave("ps-hangs");
		await at.clock.advance(SHOWN_WITHIN[pace]);
		expect(at.supervisor.state().connection).toMatchObject({ state: "connected", busy: true });
		await at.clock.advance(600_000);
		expect(at.supervisor.state().connection).toMatchObject({ state: "connected", busy: true });
		expect(states).toEqual(new Set(["connected"]));
		await at.supervisor.stop();
	});

	it("a next try is never more than 4 s away", async () => {
		const at = await scene(pace);
		at.engine.behave("refuses");
		await msUntil(at, "unreachable");
		for (let seconds = 0; seconds < 60; seconds++) {
			const { connection } = at.supervisor.state();
			if (connection.state !== "unreachable") throw new Error(connection.state);
			expect(connection.nextTryAt - at.clock.now()).toBeLessThanOrEqual(4000);
			expect(connection.nextTryAt - at.clock.now()).toBeGreaterThanOrEqual(0);
			await at.clock.advance(1000);
		}
		await at.supervisor.stop();
	});
});
