import type { EngineState } from "../../../../shared/engine-state.ts";
import { AppError } from "../../../../shared/errors.ts";
import type { MachineState } from "../../../../shared/machine.ts";
import { type InstalledModel, modelKey } from "../../../../shared/model.ts";
import { normalizeModelName } from "../../../../shared/model-name.ts";
import { DEFAULT_SETTINGS } from "../../../../shared/settings.ts";
import { BYTES_PER_GB, fromGb } from "../../../../shared/units.ts";
import type { Engine, EngineLoad, LoadedRow } from "../../engine/engine.ts";
import type { EngineSupervision } from "../../engine/supervision.ts";
import { identityText } from "../../footprint/learned.ts";
import type { MachineWatch, MatchedRunner, UnmatchedRunner } from "../../memory/machine-view.ts";
import type { HistoryStore, LearnedFootprint, NewEvent } from "../../ports.ts";
import { heldClock } from "../../testing/held-clock.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { createObserver } from "../observer.ts";
import { createPace } from "../pace.ts";
import { createResidency, type Residency } from "../residency.ts";
import type { RunnerReader } from "../runner-reader.ts";
import type { FakeRunner, FakeWorld, Misbehaviour } from "./fake-world-shape.ts";

/** Makes the world with a connected, local, empty engine on a machine with plenty of memory. */
export function createFakeWorld(): FakeWorld {
	const clock = heldClock();
	const runners: FakeRunner[] = [];
	const blobs = new Map<string, string>();
	const events: NewEvent[] = [];
	const own = new Set<string>();
	const engineLoads: EngineLoad[] = [];
	const touches: FakeWorld["touches"] = [];
	const reasons = new Set<string>();
	const misbehave: Misbehaviour = {
		loadMs: 2_000,
		unloadMs: 120,
		hangOnUnload: false,
		processStays: false,
		neverListed: false,
		loadError: null,
		listHangs: false,
		seen: true,
	};
	const rowListeners = new Set<(rows: readonly LoadedRow[]) => void>();
	const stateListeners = new Set<(state: EngineState) => void>();
	const installedListeners = new Set<(models: readonly InstalledModel[]) => void>();
	let nextPid = 100;
	let up = true;
	let newest: readonly LoadedRow[] | null = null;
	let state: EngineState = {
		id: "engine-1",
		url: "http://127.0.0.1:11434",
		source: "default",
		connection: { state: "connected", sinceAt: 0, busy: false },
		kind: "ollama",
		locality: "local",
		version: "0.33.0",
		newerThanKnown: false,
		launcher: null,
	};

	const byName = (name: string) =>
		runners.find(
			(runner) =>
				runner.alive &&
				!runner.orphan &&
				blobs.get(runner.model.digest) ===
					blobs.get(
						world.installed.find((model) => normalizeModelName(model.name) === normalizeModelName(name))
							?.digest ?? "",
					),
		);
	const alive = () => AppError.of("engine-unreachable", { url: state.url });
	const requireUp = () => {
		if (!up) throw alive();
	};

	function start(model: InstalledModel, contextLength: number, keepAliveMs: number): FakeRunner {
		const pid = nextPid;
		nextPid += 1;
		const runner: FakeRunner = {
			process: {
				pid,
				parentPid: 1,
				startedAt: clock.now(),
				cpuTimeMs: 0,
				commandLine: `/usr/local/bin/llama-server --model /models/blobs/sha256-${blobs.get(model.digest)}`,
			},
			model,
			blob: blobs.get(model.digest) ?? "",
			bytes: model.sizeBytes,
			heldBytes: null,
			active: false,
			alive: true,
			listed: false,
			orphan: false,
			contextLength,
			expiresAt: null,
			leaving: false,
			keepAliveMs,
		};
		runners.push(runner);
		return runner;
	}

	const forEver = (keepAliveMs: number) => (keepAliveMs < 0 ? null : clock.now() + keepAliveMs);

	function end(runner: FakeRunner): void {
		clock.after(misbehave.unloadMs, () => {
			if (!misbehave.processStays) runner.alive = false;
		});
		clock.after(misbehave.unloadMs + 50, () => {
			runner.listed = false;
		});
	}

	function list(): readonly LoadedRow[] {
		return runners
			.filter((runner) => runner.listed && !runner.orphan)
			.map((runner) => ({
				key: runner.model.key,
				name: runner.model.name,
				digest: runner.model.digest,
				runner: null,
				details: runner.model.details,
				reportedBytes: runner.model.sizeBytes,
				reportedGpuBytes: 0,
				contextLength: runner.contextLength,
				expiresAt: runner.expiresAt,
			}));
	}

	const engine: Engine = {
		url: state.url,
		identify: unused,
		loadedRows: unused,
		installed: unused,
		show: unused,
		chat: unused,
		pull: unused,
		remove: unused,
		close: async () => undefined,
		async load(load, signal) {
			requireUp();
			engineLoads.push(load);
			const model = world.installed.find(
				(candidate) => normalizeModelName(candidate.name) === normalizeModelName(load.name),
			);
			if (model === undefined) throw AppError.of("model-not-found", { model: load.name });
			if (misbehave.loadError !== null) throw misbehave.loadError;
			const contextLength = load.contextLength ?? 4096;
			const present = byName(load.name);
			if (present?.listed && present.contextLength === contextLength) return;
			if (present !== undefined) {
				present.alive = false;
				present.listed = false;
			}
			const runner = start(model, contextLength, load.keepAliveMs ?? 300_000);
			runner.active = true;
			runner.bytes = Math.round(model.sizeBytes / 2);
			await new Promise<void>((resolve, reject) => {
				const stop = clock.after(misbehave.loadMs, () => {
					if (!up) return;
					runner.bytes = model.sizeBytes;
					runner.active = false;
					runner.listed = !misbehave.neverListed;
					runner.expiresAt = forEver(runner.keepAliveMs);
					resolve();
				});
				signal.addEventListener("abort", () => {
					stop();
					clock.after(200, () => {
						runner.alive = false;
					});
					reject(AppError.of("cancelled", {}));
				});
			});
		},
		async unload({ name }) {
			requireUp();
			if (!world.installed.some((model) => normalizeModelName(model.name) === normalizeModelName(name)))
				throw AppError.of("model-not-found", { model: name });
			if (misbehave.hangOnUnload) return;
			const runner = byName(name);
			if (runner === undefined) {
				const dead = runners.find((candidate) => candidate.listed && candidate.model.name === name);
				if (dead !== undefined) dead.listed = false;
				return;
			}
			if (!runner.listed) return;
			runner.expiresAt = clock.now();
			if (runner.active) runner.leaving = true;
			else end(runner);
		},
		async touch({ name, contextLength, keepAliveMs }) {
			requireUp();
			touches.push({ name, contextLength, keepAliveMs });
			const runner = byName(name);
			if (runner === undefined) throw new Error("a touch would load it");
			runner.leaving = false;
			runner.keepAliveMs = keepAliveMs;
			if (!runner.active) runner.expiresAt = forEver(keepAliveMs);
		},
	};

	const supervision: EngineSupervision = {
		engine: () => engine,
		state: () => state,
		onState(listener) {
			stateListeners.add(listener);
			return () => stateListeners.delete(listener);
		},
		onRows(listener) {
			rowListeners.add(listener);
			return () => rowListeners.delete(listener);
		},
		rows: () => newest,
		onInstalled(listener) {
			installedListeners.add(listener);
			return () => installedListeners.delete(listener);
		},
		installed: () => world.installed,
		facts: async (name, digest) => ({
			name,
			capabilities: [],
			details: { format: "gguf", family: "", parameterSize: "", quantization: "", contextLength: null },
			info: {},
			modelfileContextLength: null,
			weightsBlob: blobs.get(digest) ?? null,
			tensors: [],
			manifests: [],
		}),
		async pollRows() {
			if (!up) return null;
			if (misbehave.listHangs) {
				await new Promise<void>((resolve) => clock.after(4_000, resolve));
				return null;
			}
			const rows = list();
			newest = rows;
			for (const listener of rowListeners) listener(rows);
			return rows;
		},
		pollInstalled: async () => requireUp(),
		setPace(pace) {
			world.pace = pace;
		},
		retry: async () => undefined,
		startEngine: async () => undefined,
		relocate: async () => undefined,
		start: async () => undefined,
		stop: async () => undefined,
	};

	const reader: RunnerReader = {
		async look({ rows }) {
			const matched = new Map<string, MatchedRunner>();
			const unmatched: UnmatchedRunner[] = [];
			for (const runner of runners.filter((candidate) => candidate.alive && misbehave.seen)) {
				const row = rows.find((candidate) => candidate.key === runner.model.key);
				if (row !== undefined && !runner.orphan)
					matched.set(row.key, { process: runner.process, active: runner.active });
				else
					unmatched.push({
						process: runner.process,
						kind: runner.orphan ? "orphan" : "loading",
						weightsBlob: runner.blob,
						modelName: null,
					});
			}
			return { at: clock.now(), runners: matched, unmatched, engineSeen: misbehave.seen && up };
		},
		async footprint(process) {
			const runner = runners.find((candidate) => candidate.process.pid === process.pid);
			return runner?.alive
				? {
						at: clock.now(),
						bytes: runner.bytes,
						heldBytes: runner.heldBytes ?? runner.bytes,
						rounded: false,
					}
				: null;
		},
		isAlive: async (process) =>
			runners.some((candidate) => candidate.process.pid === process.pid && candidate.alive),
		simulated: () => false,
	};

	function machineState(): MachineState {
		return {
			source: "linux",
			sample: {
				at: clock.now(),
				totalBytes: 64 * BYTES_PER_GB,
				availableBytes: world.availableBytes,
				swapUsedBytes: 0,
				swapOutBytes: 0,
				kernelLevel: null,
				psiSomeAvg10: null,
				psiFullAvg10: null,
			},
			swapGrowthBytesPerSecond: null,
			level: "normal",
			levelSinceAt: 0,
			otherAppsBytes: 0,
		};
	}

	const machine: MachineWatch = {
		state: machineState,
		onState: () => () => undefined,
		sampleNow: async () => machineState(),
		setReason(reason, held) {
			if (held) reasons.add(reason);
			else reasons.delete(reason);
		},
		setHeldBytes: () => undefined,
		suspend: () => undefined,
		resume: () => undefined,
		start: () => undefined,
		stop: () => undefined,
	};

	const learned = new Map<string, LearnedFootprint>();
	const history: Pick<HistoryStore, "ownLoads" | "setOwnLoad" | "learned" | "learn"> = {
		learned: () => [...learned.values()],
		learn(footprint) {
			learned.set(identityText(footprint), footprint);
		},
		ownLoads: () => [...own],
		setOwnLoad(key, loaded) {
			if (loaded) own.add(key);
			else own.delete(key);
		},
	};

	const pace = createPace(supervision);
	const observer = createObserver({ supervision, reader, machine, pace, clock, log: keptLog(), history });

	const world: FakeWorld = {
		clock,
		observer,
		residency: null as unknown as Residency,
		events,
		own,
		engineLoads,
		touches,
		reasons,
		misbehave,
		settings: DEFAULT_SETTINGS,
		availableBytes: 64 * BYTES_PER_GB,
		pace: "slow",
		installed: [],
		install(name, gb, options = {}) {
			const { blob, ...rest } = options;
			const digest = options.digest ?? `digest-of-${name}`;
			blobs.set(digest, blob ?? `b10b${name}`.padEnd(64, "0"));
			const model: InstalledModel = {
				key: modelKey(name, digest, null),
				name,
				digest,
				runner: null,
				sizeBytes: fromGb(gb),
				modifiedAt: 0,
				details: {
					format: "gguf",
					family: "llama",
					parameterSize: "",
					quantization: "",
					contextLength: null,
				},
				capabilities: ["completion"],
				location: "local",
				...rest,
			};
			world.installed = [...world.installed, model];
			for (const listener of installedListeners) listener(world.installed);
			return model;
		},
		appear(name, options = {}) {
			const model = world.installed.find((candidate) => candidate.name === name);
			if (model === undefined) throw new Error(`${name} is not installed`);
			const runner = start(model, options.contextLength ?? 4096, options.keepAliveMs ?? 300_000);
			runner.listed = true;
			runner.expiresAt = forEver(runner.keepAliveMs);
			return runner;
		},
		runner(name) {
			const runner = runners.find((candidate) => candidate.model.name === name && candidate.alive);
			if (runner === undefined) throw new Error(`${name} has no runner`);
			return runner;
		},
		runners: () => runners.filter((runner) => runner.alive),
		answer(name) {
			world.runner(name).active = true;
		},
		answered(name) {
			const runner = world.runner(name);
			runner.active = false;
			if (runner.leaving) end(runner);
			else runner.expiresAt = forEver(runner.keepAliveMs);
		},
		engineDies() {
			up = false;
			for (const runner of runners) runner.orphan = true;
			state = {
				...state,
				connection: { state: "unreachable", sinceAt: clock.now(), nextTryAt: 0, because: "refused" },
			};
			newest = null;
			for (const listener of stateListeners) listener(state);
		},
		engineReturns() {
			up = true;
			state = { ...state, connection: { state: "connected", sinceAt: clock.now(), busy: false } };
			for (const listener of stateListeners) listener(state);
		},
		listensAt(url) {
			state = { ...state, url };
		},
		remoteEngine() {
			misbehave.seen = false;
			state = { ...state, locality: "remote" };
		},
		async poll() {
			await supervision.pollRows();
			await clock.advance(0);
		},
	};
	const residency = createResidency({
		supervision,
		observer,
		machine,
		pace,
		clock,
		log: keptLog(),
		settings: () => world.settings,
		history,
		record: (event) => events.push(event),
	});
	Object.assign(world, { residency });
	observer.start();

	/** The supervision's own turn. */
	const turn = () => {
		clock.after(world.pace === "fast" ? 1_000 : 4_000, () => {
			void supervision.pollRows().finally(turn);
		});
	};
	turn();
	return world;
}

function unused(): never {
	throw new Error("not part of this test");
}
