import { randomUUID } from "node:crypto";
import { AppError } from "../../shared/errors.ts";
import type { Handlers } from "../../shared/ipc.ts";
import { message } from "../../shared/messages/message.ts";
import { normalizeModelName } from "../../shared/model-name.ts";
import type { Settings } from "../../shared/settings.ts";
import type { ShellState } from "../../shared/shell.ts";
import type { AppState } from "../../shared/state.ts";
import { FIRST_WATCHDOG_STATE } from "../../shared/watchdog.ts";
import { createChat, keptChat } from "./chat/chat.ts";
import type { EngineAddress } from "./engine/engine-address.ts";
import type { EngineLogReader } from "./engine/engine-log.ts";
import { createEngineSupervisor } from "./engine/engine-supervisor.ts";
import { createPulls } from "./engine/pulls.ts";
import { createFreshen } from "./freshen.ts";
import { createGateway, type Gateway } from "./gateway/gateway.ts";
import { createHandlers } from "./handlers.ts";
import { createDemoProbes, type DemoProbes } from "./memory/demo-probes.ts";
import { endRunner } from "./memory/end-runner.ts";
import { localityOf } from "./memory/locality.ts";
import { createMachineWatch } from "./memory/machine-watch.ts";
import { createRunnerReader } from "./memory/runner-reader.ts";
import type {
	Clock,
	ConversationStore,
	EngineLauncher,
	HistoryStore,
	Log,
	NewEvent,
	Notifier,
	Paths,
	PictureFiles,
	Power,
	Probes,
	Secrets,
	SettingsChange,
	SettingsStore,
	Shell,
	Stop,
} from "./ports.ts";
import { installedModel } from "./residency/admission.ts";
import { createBudgetView } from "./residency/budget-view.ts";
import { gpuCeiling } from "./residency/gpu-ceiling.ts";
import { createObserver } from "./residency/observer.ts";
import { createPace } from "./residency/pace.ts";
import { createResidency, type Residency } from "./residency/residency.ts";
import { createRouter, type RequirementsOf, type Router } from "./router/router.ts";
import { teamInForce } from "./router/teams.ts";
import { afterStart } from "./startup/start-up.ts";
import { createStateStore, type StateStore } from "./state-store.ts";
import { createSampleRing } from "./store/sample-ring.ts";
import { holdBack } from "./watchdog/held-back.ts";
import { idleToUnload } from "./watchdog/idle-models.ts";
import { keepAliveByPolicy } from "./watchdog/keep-alive-policy.ts";
import { wireWatchdog } from "./wire-watchdog.ts";

/** Everything that comes into core from outside of the process. */
export interface CorePorts {
	readonly clock: Clock;
	readonly log: Log;
	readonly paths: Paths;
	readonly settings: SettingsStore;
	readonly history: HistoryStore;
	readonly conversations: ConversationStore;
	readonly pictures: PictureFiles;
	readonly secrets: Secrets;
	/** The probes of this machine. */
	readonly probes: Probes;
	readonly launcher: EngineLauncher;
	/** Addresses of the engine in the order they count, with the setting in force. */
	readonly addresses: (setting: string | null) => Promise<readonly EngineAddress[]>;
	/** Address of a demo engine run by this process, where it offers one. */
	readonly demoFallback?: () => Promise<string | null>;
	readonly power?: Power;
	/** Reads what a local engine logged at its start. */
	readonly engineLog?: EngineLogReader;
	/** Present where the GPU shares the memory and may hold only a part of it; its limit as the system is set. */
	readonly gpu?: { readonly wiredLimitMb: number | null };
	/** Works out what a prompt needs. */
	readonly requirementsOf: RequirementsOf;
	/** Bytes free where a local engine keeps its models; absent or null where that cannot be told. */
	readonly modelsDisk?: () => Promise<number | null>;
	/** Tells a person who does not look at the popover. */
	readonly notifier?: Notifier;
	/** What surrounds the popover. */
	readonly shell: Shell;
}

/** What core is told at its making. */
export interface CoreOptions {
	readonly appVersion: string;
	readonly shell: ShellState;
	/** Wanted port of the gateway; absent takes the setting. */
	readonly port?: number;
}

/** The product as a library. */
export interface Core {
	readonly state: StateStore;
	readonly handlers: Handlers;
	readonly gateway: Gateway;
	readonly residency: Residency;
	readonly router: Router;
	/** Puts what the host knows of itself into the state. */
	setShell(change: Partial<ShellState>): void;
	/** Puts an event into history and state. */
	record(event: NewEvent): void;
	/** Starts looking and listening; resolves when the gateway listens. Rejects with `port-taken`. */
	start(): Promise<void>;
	/** Ends everything, after what the exit setting says about loaded models. */
	stop(): Promise<void>;
}

/** Newest events in the state; older ones come with the history. */
const EVENTS_IN_STATE = 100;

/** A release at the end of Plimsoll is waited for this long. */
const EXIT_WITHIN_MS = 12_000;

function firstState(ports: CorePorts, options: CoreOptions, engine: AppState["engine"]): AppState {
	const now = ports.clock.now();
	return {
		version: 1,
		app: { version: options.appVersion, startedAt: now, dataDir: ports.paths.dataDir },
		engine,
		machine: null,
		budget: null,
		loaded: [],
		strays: [],
		installed: [],
		operations: [],
		pulls: [],
		chat: keptChat(ports.conversations),
		team: teamInForce(ports.settings.current().router, []),
		router: { activeMember: null, lastUnloadAt: null },
		shell: options.shell,
		watchdog: FIRST_WATCHDOG_STATE,
		health: null,
		lastFlush: null,
		reloadLoops: [],
		gateway: { port: null, wantedPort: null, error: null },
		settings: ports.settings.current(),
		settingsProblem: null,
		events: ports.history.events(0, now, EVENTS_IN_STATE),
	};
}

/** Makes core from its ports. Nothing is asked or opened before `start`. */
export function createCore(ports: CorePorts, options: CoreOptions): Core {
	const { clock, log, settings, history } = ports;
	const instanceId = randomUUID();
	const stops: Stop[] = [];
	const supervision = createEngineSupervisor({
		addresses: () => ports.addresses(settings.current().engine.url),
		clock,
		log,
		launcher: ports.launcher,
		ownInstance: instanceId,
		...(ports.demoFallback === undefined ? {} : { demoFallback: ports.demoFallback }),
		onRefused: ({ url }) => {
			record({
				at: clock.now(),
				kind: "engine",
				severity: "warning",
				message: message("error.engine-is-plimsoll", { url }),
			});
		},
	});
	const state = createStateStore(firstState(ports, options, supervision.state()));

	function record(event: NewEvent): void {
		const kept = history.addEvent(event);
		state.update((now) => ({ ...now, events: [kept, ...now.events].slice(0, EVENTS_IN_STATE) }));
	}

	const pace = createPace(supervision);
	const machine = createMachineWatch({
		probes: ports.probes,
		clock,
		log: log.child("memory"),
		settings: () => settings.current().pressure,
	});
	let demo: DemoProbes | null = null;
	let watchers = 0;
	const reader = createRunnerReader({
		probes: () => machine.probes(),
		clock,
		popoverOpen: () => watchers > 0,
		enginePid: () => demo?.enginePid() ?? null,
	});
	const observer = createObserver({
		supervision,
		reader,
		machine,
		pace,
		clock,
		log: log.child("residency"),
		history,
	});
	const ownResidency = createResidency({
		supervision,
		observer,
		machine,
		pace,
		clock,
		log: log.child("residency"),
		settings: () => settings.current(),
		history,
		...(ports.engineLog === undefined ? {} : { engineLog: ports.engineLog }),
		gpu: (totalBytes, logBytes) =>
			ports.gpu === undefined || machine.state()?.source !== "macos"
				? null
				: gpuCeiling({ totalBytes, logBytes, wiredLimitMb: ports.gpu.wiredLimitMb }),
		record,
	});
	const watchdog = wireWatchdog({
		clock,
		log,
		settings: () => settings.current(),
		supervision,
		observer,
		residency: ownResidency,
		machine,
		chat: () => chat,
		gateway: () => gateway,
		record,
		notify({ title, body }) {
			if (watchers === 0) ports.notifier?.notify(title, body, "at-once");
		},
		show: (next) => state.update((now) => ({ ...now, watchdog: next })),
	});
	const keepAliveMs = (model: string) => keepAliveByPolicy(model, settings.current().residency);
	const residency = holdBack({
		residency: ownResidency,
		watchdog,
		keyOf: (model) => installedModel(supervision.installed(), model)?.key ?? null,
		keepAliveMs,
	});
	const router = createRouter({
		requirementsOf: ports.requirementsOf,
		clock,
		settings: () => settings.current(),
		supervision,
		observer,
		residency: ownResidency,
		machine: () => machine.state(),
		history,
		onAnswered: showRouter,
	});

	/** Shows the team in force and who is at work. */
	function showRouter(): void {
		const team = router.team();
		const activeMember = router.activeMember();
		state.update((now) => ({ ...now, team, router: { ...now.router, activeMember } }));
	}
	const pulls = createPulls({
		clock,
		log: log.child("engine"),
		engine: () => supervision.engine(),
		show: (change) => state.update((now) => ({ ...now, pulls: change(now.pulls) })),
		installed: () => void supervision.pollInstalled(),
	});
	const chat = createChat({
		clock,
		log: log.child("chat"),
		engine: () => supervision.engine(),
		current: () => state.get().chat,
		show: (change) => state.update((now) => ({ ...now, chat: change(now.chat) })),
		inFlight: (model) => observer.inFlight(model),
		router,
		store: ports.conversations,
		pictures: ports.pictures,
		installed: (model) => installedModel(supervision.installed(), model),
		async planFor(model, contextLength) {
			if (observer.find(model) !== null) return { steps: [], expectedLoadMs: null };
			const verdict = await residency.fit(model, contextLength, "click").catch(() => null);
			const key = installedModel(supervision.installed(), model)?.key;
			const learned = history.learned().find((each) => each.key === key && each.loadMs !== null);
			return { steps: verdict?.steps ?? [], expectedLoadMs: learned?.loadMs ?? null };
		},
		async ensureLoaded(model, wantedContext, signal) {
			const cloud = supervision.installed().some((each) => each.name === model && each.location === "cloud");
			if (cloud) return { contextLength: 0, loadMs: null };
			// A question is kept while an emergency runs, also one whose load the emergency has ended.
			for (;;) {
				await watchdog.opened(signal);
				try {
					const result = await residency.load(
						{ model, ...(wantedContext === null ? {} : { contextLength: wantedContext }) },
						"popover",
						signal,
					);
					return { contextLength: result.contextLength, loadMs: result.already ? null : result.durationMs };
				} catch (thrown) {
					if (signal.aborted || AppError.wrap(thrown).code !== "memory-critical") throw thrown;
				}
			}
		},
		keepAliveMs,
	});
	const ring = createSampleRing();
	let releaseWatch: Stop | null = null;

	const showBudget = createBudgetView({
		residency: ownResidency,
		observer,
		supervision,
		popoverOpen: () => watchers > 0,
		current: () => state.get().budget,
		show: (budget) => state.update((now) => ({ ...now, budget })),
	});

	/** While a popover is open everything is looked at every second. */
	function watch(open: boolean): void {
		watchers = Math.max(0, watchers + (open ? 1 : -1));
		machine.setReason("popover", watchers > 0);
		if (watchers > 0) releaseWatch ??= pace.hold();
		else {
			releaseWatch?.();
			releaseWatch = null;
		}
		showBudget();
	}

	const handlers = createHandlers({
		state,
		async saveSettings(next) {
			await settings.save(next);
			follow(settings.current());
		},
		history,
		ring,
		supervision,
		observer,
		residency,
		router,
		modelsDisk: async () => ports.modelsDisk?.() ?? null,
		pulls,
		chat,
		watchdog,
		endRunner: (shown) =>
			endRunner(
				{
					processes: ports.probes.processes,
					clock,
					kill: (pid, signal) => void process.kill(pid, signal),
				},
				shown,
			),
		record,
		now: () => clock.now(),
		shell: ports.shell,
		setShell,
		watch,
	});
	const gateway = createGateway({
		state: () => state.get(),
		freshen: createFreshen({ supervision, observer, machine, clock }),
		subscribePatches: (listener) => state.subscribe(listener),
		settings: () => settings.current(),
		token: () => ports.secrets.gatewayToken(),
		engineUrl: () => supervision.engine().url,
		admit: (request) => residency.admission.admit(request),
		inFlight: (model) => observer.inFlight(model),
		load: (load, signal) => residency.load(load, "api", signal),
		async unload(model) {
			const result = await residency.unload(model, { requestedBy: "api", untilDrainingMs: 10_000 });
			// The answer tells the machine's memory before and after.
			await machine.sampleNow().catch(() => undefined);
			return result;
		},
		flush: () => residency.flush("api"),
		fit: (model, contextLength) => residency.fit(model, contextLength, "program"),
		router,
		chat: (request, signal) => supervision.engine().chat(request, signal),
		keepAliveMs,
		trim: (model) => residency.trim(model, "api"),
		history: (slice) => handlers.history(slice),
		pastEvents: (fromAt, toAt, limit) => history.events(fromAt, toAt, limit),
		recordEvent: record,
		instanceId,
		appVersion: options.appVersion,
		clock,
		log: log.child("gateway"),
	});

	/** Where a person wants it, models that nobody has used for long go while memory is short; one at a time. */
	function unloadIdle(availableBytes: number): void {
		const model = idleToUnload(observer.loaded(), availableBytes, clock.now(), settings.current().residency);
		const local = supervision.state().locality === "local";
		if (model === null || !local || residency.operations().some(({ kind }) => kind !== "load")) return;
		const idleForMs = clock.now() - (model.idleSinceAt ?? clock.now());
		record({
			at: clock.now(),
			kind: "unloaded",
			severity: "info",
			message: message("event.idle-unload", { model: model.name, idleForMs }),
			data: { key: model.key, availableBytes },
		});
		residency.unload(model.key, { requestedBy: "plimsoll" }).catch((thrown: unknown) => {
			log.warn("an idle model was not unloaded", { model: model.name, problem: AppError.wrap(thrown).code });
		});
	}

	function setShell(change: Partial<ShellState>): void {
		state.update((now) => ({ ...now, shell: { ...now.shell, ...change } }));
	}

	/** The demo engine brings its own machine; every other engine runs on this one. */
	function chooseProbes(kind: AppState["engine"]["kind"], url: string): void {
		const wanted = kind === "demo" ? url : null;
		if (wanted === demoUrl) return;
		demoUrl = wanted;
		demo =
			wanted === null ? null : createDemoProbes({ engineUrl: wanted, clock, system: ports.probes.processes });
		machine.setProbes(demo ?? ports.probes);
	}
	let demoUrl: string | null = null;

	function showLocality(): void {
		const { url, connection } = supervision.state();
		if (connection.state !== "connected") return;
		const anyLoaded = (supervision.rows()?.length ?? 0) > 0;
		supervision.setLocality(localityOf({ url, engineSeen: observer.engineSeen(), anyLoaded }));
	}

	async function listen(port: number): Promise<void> {
		try {
			const got = await gateway.listen(port);
			state.update((now) => ({
				...now,
				gateway: { port: got.port, wantedPort: port !== 0 && got.port !== port ? port : null, error: null },
			}));
		} catch (thrown) {
			const error = AppError.wrap(thrown);
			state.update((now) => ({
				...now,
				gateway: { port: null, wantedPort: port, error: error.serialize() },
			}));
			throw error;
		}
	}

	/** Moves to another port come one after the other: a server that still closes cannot listen. */
	let moving: Promise<void> = Promise.resolve();

	/** What must follow when settings change, by hand or in the popover. */
	function follow(after: Settings): void {
		const before = state.get().settings;
		state.update((now) => ({ ...now, settings: after, settingsProblem: null }));
		showRouter();
		if (before.engine.url !== after.engine.url) void supervision.relocate();
		if (before.gateway.port !== after.gateway.port && options.port === undefined) {
			moving = moving
				.then(() => gateway.close())
				.then(() => listen(after.gateway.port))
				.catch(() => undefined);
		}
	}

	function tellRefusal({ file, line, problem }: Extract<SettingsChange, { kind: "refused" }>): void {
		const error = AppError.of("settings-invalid", { file, line, problem });
		state.update((now) => ({ ...now, settingsProblem: error.serialize() }));
		record({ at: clock.now(), kind: "settings", severity: "warning", message: error.said });
	}

	function begin(): void {
		const refusal = settings.refusal();
		if (refusal !== null) tellRefusal(refusal);
		stops.push(
			settings.onChange((change) => {
				if (change.kind === "refused") {
					tellRefusal(change);
					return;
				}
				follow(change.settings);
			}),
			supervision.onState((engine) => {
				if (engine.connection.state === "connected") chooseProbes(engine.kind, engine.url);
				state.update((now) => ({ ...now, engine }));
				showLocality();
			}),
			supervision.onInstalled((installed) => {
				state.update((now) => ({ ...now, installed }));
				showRouter();
				showBudget();
			}),
			ownResidency.onBudget(showBudget),
			observer.onChange(() => {
				const loaded = observer.loaded();
				machine.setHeldBytes(loaded.reduce((sum, model) => sum + (model.heldBytes ?? 0), 0));
				const left = state.get().loaded.some(({ key }) => !loaded.some((model) => model.key === key));
				state.update((now) => ({
					...now,
					loaded,
					strays: observer.strays(),
					router: left ? { ...now.router, lastUnloadAt: clock.now() } : now.router,
				}));
				showRouter();
				showBudget();
				showLocality();
			}),
			residency.onChange(() => {
				state.update((now) => ({
					...now,
					operations: residency.operations(),
					lastFlush: residency.lastFlush(),
					reloadLoops: residency.reloadLoops(),
				}));
			}),
			machine.onState((next) => {
				const before = state.get().machine?.level ?? "normal";
				state.update((now) => ({ ...now, machine: next }));
				showBudget();
				const point = {
					at: next.sample.at,
					availableBytes: next.sample.availableBytes,
					totalBytes: next.sample.totalBytes,
					swapUsedBytes: next.sample.swapUsedBytes,
					loadedBytes: observer.loaded().reduce((sum, model) => sum + model.footprintBytes, 0),
					level: next.level,
				};
				ring.add(point);
				unloadIdle(next.sample.availableBytes);
				history.addPoint(point);
				if (next.level !== before) {
					const said = message(`event.pressure-${next.level}`, {
						availableBytes: next.sample.availableBytes,
					});
					// An emergency is told when it is over, with what came of it.
					const told = next.level === "high" || (next.level === "critical" && watchdog.closed() === null);
					if (watchers === 0 && told) ports.notifier?.notify(message(`tray.${next.level}`), said, "seldom");
					record({
						at: next.sample.at,
						kind: "pressure",
						severity: next.level === "high" || next.level === "critical" ? "warning" : "info",
						message: said,
						data: { sample: next.sample, before },
					});
				}
			}),
		);
		if (ports.power !== undefined) {
			stops.push(
				ports.power.onSuspend(() => machine.suspend()),
				ports.power.onResume(() => {
					machine.resume();
					void supervision.retry();
				}),
			);
		}
	}

	async function leaveModels(): Promise<void> {
		const { atExit } = settings.current().residency;
		// What is shown may not know yet that a load which ended just now was Plimsoll's.
		const own = new Set(history.ownLoads());
		const leaving = observer
			.loaded()
			.filter(({ key }) => atExit === "all" || (atExit === "own" && own.has(key)));
		if (leaving.length === 0) return;
		const released = leaving.map((model) =>
			residency
				.unload(model.name, { requestedBy: "plimsoll", untilDrainingMs: EXIT_WITHIN_MS })
				.catch((thrown: unknown) => {
					log.warn("not unloaded at exit", { model: model.name, problem: AppError.wrap(thrown).code });
				}),
		);
		await Promise.race([
			Promise.all(released),
			new Promise<void>((resolve) => clock.after(EXIT_WITHIN_MS, resolve)),
		]);
	}

	return {
		state,
		handlers,
		gateway,
		residency,
		router,
		setShell,
		record,
		async start() {
			// Before everything else that follows the machine: in an emergency its requests go out first.
			watchdog.start();
			begin();
			machine.start();
			observer.start();
			await listen(options.port ?? settings.current().gateway.port);
			await supervision.start();
			stops.push(
				afterStart({
					clock,
					log: log.child("startup"),
					supervision,
					mode: () => settings.current().residency.atStart,
					loaded: observer.loaded,
					onChange: observer.onChange,
					isPinned: ({ name }) => settings.current().residency.pinned.includes(normalizeModelName(name)),
					unload: (key) =>
						residency.unload(key, { requestedBy: "plimsoll", untilDrainingMs: EXIT_WITHIN_MS }),
					facts: () => {
						const now = state.get();
						return { engine: now.engine, machine: now.machine, settingsProblem: now.settingsProblem };
					},
					record,
					show: (health) => state.update((now) => ({ ...now, health })),
				}),
			);
		},
		async stop() {
			watchdog.stop();
			chat.close();
			pulls.stop();
			await leaveModels();
			await gateway.close();
			for (const stop of stops) stop();
			residency.stop();
			observer.stop();
			machine.stop();
			await supervision.stop();
		},
	};
}
