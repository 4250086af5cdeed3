import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { vi } from "vitest";
import { DEFAULT_SETTINGS } from "../../../../shared/settings.ts";
import { systemClock } from "../../clock.ts";
import { createEngineSupervisor } from "../../engine/engine-supervisor.ts";
import { identityText } from "../../footprint/learned.ts";
import { createDemoProbes } from "../../memory/demo-probes.ts";
import { createMachineWatch } from "../../memory/machine-watch.ts";
import { createRunnerReader } from "../../memory/runner-reader.ts";
import { createSystemProbes } from "../../memory/system-probes.ts";
import type { LearnedFootprint, NewEvent } from "../../ports.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { createObserver, type Observer } from "../observer.ts";
import { createPace } from "../pace.ts";
import { createResidency, type Residency } from "../residency.ts";

const CLI = new URL("../../../../out/headless/cli.js", import.meta.url).pathname;

/** What a demo engine is started with. */
export interface DemoWorldOptions {
	readonly flavour?: "0.24" | "0.33" | "0.40";
	/** Bytes really held for each nominal byte. */
	readonly scale?: number;
	readonly machineGb?: number;
	readonly loadGbPerSecond?: number;
	readonly tokensPerSecond?: number;
	/** Model files, each changing or adding one model. */
	readonly models?: readonly Readonly<Record<string, unknown>>[];
}

/** A demo engine in a process of its own, and residency over real supervision and real probes. */
export interface DemoWorld {
	readonly url: string;
	readonly observer: Observer;
	readonly residency: Residency;
	readonly events: readonly NewEvent[];
	/** What was learned of every kind of load. */
	learned(): readonly LearnedFootprint[];
	/** Asks the engine behind Plimsoll's back. */
	post(path: string, body: unknown): Promise<Response>;
	control(body: unknown): Promise<void>;
	/** Pids of the engine's own runners. */
	runnerPids(): Promise<readonly number[]>;
	/** What the engine's runners hold by its machine's word, nominal bytes. */
	runnerBytes(): Promise<number>;
	/** Resolves once every loaded model is idle. */
	idle(): Promise<void>;
	killEngine(): Promise<void>;
	close(): Promise<void>;
}

/** True while a process lives and is no zombie. */
export function lives(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

/** Starts the demo engine and everything above it; resolves when it is connected. */
export async function createDemoWorld(options: DemoWorldOptions = {}): Promise<DemoWorld> {
	const folder = mkdtempSync(join(tmpdir(), "plimsoll-residency-"));
	for (const [nth, model] of (options.models ?? []).entries())
		writeFileSync(join(folder, `${nth}.json`), JSON.stringify(model));
	const child = spawn(
		process.execPath,
		[
			CLI,
			"demo-engine",
			"--port=0",
			"--control",
			`--models-dir=${folder}`,
			`--flavour=${options.flavour ?? "0.33"}`,
			`--scale=${options.scale ?? 1 / 256}`,
			`--machine-gb=${options.machineGb ?? 48}`,
			`--load-gb-per-second=${options.loadGbPerSecond ?? 20}`,
			`--tokens-per-second=${options.tokensPerSecond ?? 20}`,
		],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	const url = await addressOf(child);
	const clock = systemClock;
	const system = createSystemProbes({ platform: process.platform, clock, log: keptLog() });
	const probes = createDemoProbes({ engineUrl: url, clock, system: system.processes });
	const supervision = createEngineSupervisor({
		addresses: async () => [{ url, source: "flag" }],
		clock,
		log: keptLog(),
		launcher: { find: async () => null, start: async () => undefined },
		ownInstance: "residency-test",
	});
	const machine = createMachineWatch({
		probes,
		clock,
		log: keptLog(),
		settings: () => DEFAULT_SETTINGS.pressure,
	});
	const own = new Set<string>();
	const learned = new Map<string, LearnedFootprint>();
	const history = {
		ownLoads: () => [...own],
		setOwnLoad: (key: string, loaded: boolean) => void (loaded ? own.add(key) : own.delete(key)),
		learned: () => [...learned.values()],
		learn: (footprint: LearnedFootprint) => void learned.set(identityText(footprint), footprint),
	};
	const events: NewEvent[] = [];
	const pace = createPace(supervision);
	pace.hold();
	const reader = createRunnerReader({
		probes: () => probes,
		clock,
		popoverOpen: () => true,
		enginePid: () => probes.enginePid(),
	});
	const observer = createObserver({ supervision, reader, machine, pace, clock, log: keptLog(), history });
	const residency = createResidency({
		supervision,
		observer,
		machine,
		pace,
		clock,
		log: keptLog(),
		settings: () => DEFAULT_SETTINGS,
		history,
		engineLimits: probes.engineLimits,
		record: (event) => events.push(event),
	});
	observer.start();
	await supervision.start();
	await vi.waitFor(
		() => {
			if (supervision.installed().length === 0) throw new Error("nothing is installed yet");
		},
		{ timeout: 10_000, interval: 50 },
	);

	/** Runners that outlive an engine which was killed. */
	const leftBehind = new Set<number>();

	async function post(path: string, body: unknown): Promise<Response> {
		return fetch(`${url}${path}`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
		});
	}

	interface DemoRunner {
		readonly pid: number;
		readonly parent_pid: number;
		readonly memory_bytes: number;
	}

	async function allRunners(): Promise<readonly DemoRunner[]> {
		const answer = (await (await fetch(`${url}/demo/machine`)).json()) as { readonly runners: DemoRunner[] };
		return answer.runners;
	}

	const readMachine = async () => (await allRunners()).filter((runner) => runner.parent_pid === child.pid);

	/** What the engine started, also what it has not listed yet; nothing else is ever ended. */
	async function noteLeftBehind(): Promise<void> {
		for (const { pid } of await allRunners()) leftBehind.add(pid);
		for (const { process: runner } of observer.loaded()) if (runner !== null) leftBehind.add(runner.pid);
	}

	return {
		url,
		observer,
		residency,
		events,
		learned: history.learned,
		post,
		async control(body) {
			const response = await post("/demo/control", body);
			if (!response.ok) throw new Error(await response.text());
		},
		runnerPids: async () => (await readMachine()).map((runner) => runner.pid),
		runnerBytes: async () => (await readMachine()).reduce((sum, runner) => sum + runner.memory_bytes, 0),
		idle: () =>
			vi.waitFor(
				() => {
					const busy = observer.loaded().filter((model) => model.state !== "idle");
					if (busy.length > 0) throw new Error(`${busy[0]?.name} is ${busy[0]?.state}`);
				},
				{ timeout: 20_000, interval: 100 },
			),
		async killEngine() {
			await noteLeftBehind();
			child.kill("SIGKILL");
			await once(child, "exit");
		},
		async close() {
			residency.stop();
			observer.stop();
			machine.stop();
			await supervision.stop();
			if (child.exitCode === null && child.signalCode === null) {
				await noteLeftBehind();
				child.kill("SIGTERM");
				await once(child, "exit");
			}
			for (const pid of leftBehind) if (lives(pid)) process.kill(pid, "SIGKILL");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function addressOf(child: ChildProcess): Promise<string> {
	if (child.stdout === null) throw new Error("no output");
	for await (const line of createInterface({ input: child.stdout })) {
		const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
		if (url !== undefined) return url;
	}
	throw new Error("the demo engine ended before it listened");
}
