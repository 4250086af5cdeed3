import { randomUUID } from "node:crypto";
import type { Handlers } from "../../shared/ipc.ts";
import { message } from "../../shared/messages/message.ts";
import { normalizeModelName } from "../../shared/model-name.ts";
import type { ShellState } from "../../shared/shell.ts";
import type { CoreOptions, CorePorts } from "./core-ports.ts";
import { createEngineSupervisor } from "./engine/engine-supervisor.ts";
import { createPulls } from "./engine/pulls.ts";
import { EVENTS_IN_STATE, firstState } from "./first-state.ts";
import { createSettingsFollower } from "./follow-settings.ts";
import { createFreshen } from "./freshen.ts";
import { createGateway, type Gateway } from "./gateway/gateway.ts";
import { createGatewayPort } from "./gateway-port.ts";
import { createHandlers } from "./handlers.ts";
import { keepCurve } from "./keep-curve.ts";
import { endRunner } from "./memory/end-runner.ts";
import { createEngineMachine } from "./memory/engine-machine.ts";
import { createMachineWatch } from "./memory/machine-watch.ts";
import { createRunnerReader } from "./memory/runner-reader.ts";
import { createPopoverWatch } from "./popover-watch.ts";
import type { NewEvent, Notifier, Stop } from "./ports.ts";
import { installedModel } from "./residency/admission.ts";
import { createBudgetView } from "./residency/budget-view.ts";
import { gpuCeiling } from "./residency/gpu-ceiling.ts";
import { leaveAtExit } from "./residency/leave-at-exit.ts";
import { createObserver } from "./residency/observer.ts";
import { createPace } from "./residency/pace.ts";
import { createResidency, type Residency } from "./residency/residency.ts";
import { createRouter, type Router } from "./router/router.ts";
import { showRooms } from "./show-rooms.ts";
import { afterStart } from "./startup/start-up.ts";
import { createStateStore, type StateStore } from "./state-store.ts";
import { createSampleRing } from "./store/sample-ring.ts";
import { holdBack } from "./watchdog/held-back.ts";
import { unloadIdle } from "./watchdog/idle-unload.ts";
import { keepAliveByPolicy } from "./watchdog/keep-alive-policy.ts";
import { tellPressure } from "./watchdog/pressure-notice.ts";
import { wireChat } from "./wire-chat.ts";
import { wireWatchdog } from "./wire-watchdog.ts";

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

/** A release at the end of Plimsoll is waited for this long. */
const EXIT_WITHIN_MS = 12_000;

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
	const engineMachine = createEngineMachine({ machine, own: ports.probes, clock });
	const popover = createPopoverWatch({ machine, pace, changed: () => showBudget() });
	const reader = createRunnerReader({
		probes: () => machine.probes(),
		clock,
		popoverOpen: popover.open,
		enginePid: engineMachine.demoPid,
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
		engineLimits: engineMachine.demoLimits,
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
		notify: ({ title, body }) => notify(title, body, "at-once"),
		show: (next) => state.update((now) => ({ ...now, watchdog: next })),
	});

	/** Somebody who looks at the popover sees it there. */
	function notify(...notice: Parameters<Notifier["notify"]>): void {
		if (!popover.open()) ports.notifier?.notify(...notice);
	}
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
	const chat = wireChat({
		clock,
		log: log.child("chat"),
		router,
		store: ports.conversations,
		pictures: ports.pictures,
		keepAliveMs,
		state,
		supervision,
		observer,
		residency,
		watchdog,
		history,
	});
	const ring = createSampleRing();
	const showBudget = createBudgetView({
		residency: ownResidency,
		observer,
		supervision,
		popoverOpen: popover.open,
		current: () => state.get().budget,
		show: (budget) => state.update((now) => ({ ...now, budget })),
	});

	function setShell(change: Partial<ShellState>): void {
		state.update((now) => ({ ...now, shell: { ...now.shell, ...change } }));
	}

	const handlers = createHandlers({
		state,
		saveSettings: (next) => settingsFollower.save(next),
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
		watch: popover.change,
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

	const gatewayPort = createGatewayPort(gateway, state);
	const settingsFollower = createSettingsFollower({
		settings,
		state,
		supervision,
		gatewayPort,
		portIsSetting: options.port === undefined,
		showRouter,
		clock,
		record,
	});

	/** Begins to follow everything that changes by itself. */
	function follow(): readonly Stop[] {
		return [
			settingsFollower.start(),
			...showRooms({
				state,
				supervision,
				observer,
				residency,
				machine,
				engineMachine,
				clock,
				showRouter,
				showBudget,
			}),
			unloadIdle({
				machine,
				observer,
				residency,
				engineIsLocal: () => supervision.state().locality === "local",
				settings: () => settings.current().residency,
				clock,
				log,
				record,
			}),
			keepCurve({ machine, observer, ring, history }),
			tellPressure({ machine, watchdog, record, notify }),
			...(ports.power === undefined
				? []
				: [
						ports.power.onSuspend(() => machine.suspend()),
						ports.power.onResume(() => {
							machine.resume();
							void supervision.retry();
						}),
					]),
		];
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
			stops.push(...follow());
			machine.start();
			observer.start();
			await gatewayPort.listen(options.port ?? settings.current().gateway.port);
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
			await leaveAtExit({
				atExit: settings.current().residency.atExit,
				observer,
				residency,
				history,
				withinMs: EXIT_WITHIN_MS,
				clock,
				log,
			});
			await gateway.close();
			for (const stop of stops) stop();
			residency.stop();
			observer.stop();
			machine.stop();
			await supervision.stop();
		},
	};
}
