import { AppError } from "../../../shared/errors.ts";
import type { MachineSample, MachineState } from "../../../shared/machine.ts";
import { type Message, message } from "../../../shared/messages/message.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { ReleaseResult } from "../../../shared/operation.ts";
import {
	asksForSmall,
	FIRST_WATCHDOG_STATE,
	type OthersPressure,
	type WatchdogState,
} from "../../../shared/watchdog.ts";
import type { NewEvent, Stop } from "../ports.ts";
import { createDeferred, type Deferred } from "../residency/deferred.ts";
import { endCarriedLoads, isTold } from "./carried-loads.ts";
import { decide, FIRST_WATCHDOG_MEMORY, type WatchdogAction } from "./decide.ts";
import { emergencyNotice, notStoppedNotice } from "./emergency-notice.ts";
import { beginRecord, type EmergencyRecord } from "./emergency-record.ts";
import { createEvictions } from "./evictions.ts";
import { createHopelessLoads } from "./hopeless-loads.ts";
import type { WatchdogDeps } from "./watchdog-deps.ts";
import { watchedModels } from "./watched-models.ts";

/** How long a pause lasts. */
export const PAUSE_MS = 3_600_000;

/** While an emergency runs the machine is read this often, whatever else goes on. */
const EMERGENCY_SAMPLE_MS = 250;

/** Memory that goes this fast from one sample to the next may go into a runner that nobody has seen yet. */
const SUDDEN_SHARE = 0.05;

/** Samples kept to show what an action was taken for. */
const SAMPLES_KEPT = 12;

/** Releases are waited for this long after an emergency before it is reported as it then stands. */
const REPORT_WITHIN_MS = 15_000;

/** Acts on pressure. */
export interface Watchdog {
	/** Why nothing is let through now, or null. */
	closed(): AppError | null;
	/** Resolves as soon as requests are let through; rejects with `cancelled` once the signal is aborted. */
	opened(signal: AbortSignal): Promise<void>;
	/** Why a load of this model was ended by the watchdog a moment ago, or null. */
	whyEnded(key: ModelKey): AppError | null;
	/** Does nothing about pressure for an hour. */
	pause(): void;
	resume(): void;
	/** Does not bring a model back. */
	skip(key: ModelKey): void;
	/** Everything was unloaded on purpose, so nothing comes back. */
	forgetEvicted(): void;
	start(): void;
	stop(): void;
}

/** Makes the watchdog; it is still until started. */
export function createWatchdog(deps: WatchdogDeps): Watchdog {
	const { clock, log, settings } = deps;
	const samples: MachineSample[] = [];
	const unwritten: NewEvent[] = [];
	const ended = new Map<ModelKey, { readonly error: AppError; readonly atMs: number }>();
	const evictions = createEvictions(deps, () => publish());
	const hopeless = createHopelessLoads(deps, (load, sample, error) => {
		ended.set(load.key, { error, atMs: clock.monotonicMs() });
		const { model = "", lacksBytes = 0, availableBytes = sample.availableBytes } = error.params;
		tell("watchdog", message("event.load-ended", { model, lacksBytes, availableBytes }), { key: load.key });
		publish();
	});
	let memory = FIRST_WATCHDOG_MEMORY;
	let emergency: EmergencyRecord | null = null;
	let lastEmergency: EmergencyRecord | null = null;
	let othersPressure: OthersPressure | null = null;
	let lastAction: WatchdogState["lastAction"] = null;
	let pausedUntilAt: number | null = null;
	let open: Deferred<void> | null = null;
	let shown = JSON.stringify(FIRST_WATCHDOG_STATE);
	let stopFollowing: Stop | null = null;
	let stopTimers: Stop[] = [];

	const isPaused = () => pausedUntilAt !== null && clock.now() < pausedUntilAt;
	const isActive = () => settings().enabled && !isPaused() && deps.localEngine() !== null;

	function publish(): void {
		const level = deps.machine.state()?.level ?? "normal";
		const paused = isPaused();
		const state: WatchdogState = {
			mode: !settings().enabled ? "off" : paused ? "paused" : "watching",
			pausedUntilAt: paused ? pausedUntilAt : null,
			preferSmall: asksForSmall(level) && settings().enabled && !paused,
			emergency: emergency?.now() ?? null,
			lastEmergency: lastEmergency?.now() ?? null,
			othersPressure,
			bringsBack: evictions.rows(),
			lastAction,
		};
		const next = JSON.stringify(state);
		if (next === shown) return;
		shown = next;
		deps.show(state);
	}

	/** An action of its own, with the samples that caused it. */
	function tell(
		kind: "emergency" | "watchdog",
		said: Message,
		data: Readonly<Record<string, unknown>> = {},
	): void {
		const at = clock.now();
		lastAction = { at, message: said };
		log.info("the watchdog acted", { what: said.id, ...said.params });
		const event = {
			at,
			kind,
			severity: "warning",
			message: said,
			data: { ...data, samples: [...samples] },
		} as const;
		if (unwritten.push(event) === 1) clock.after(0, writeDown);
	}

	/** Events are written once the requests are out: a busy disk must not hold those up. */
	function writeDown(): void {
		for (const event of unwritten.splice(0)) deps.record(event);
	}

	const retryAt = () => clock.now() + settings().coolDownSeconds * 1000;
	const retrySeconds = () => Math.max(1, Math.ceil(settings().coolDownSeconds));

	function pausedError(): AppError {
		return AppError.of("memory-critical", { retrySeconds: retrySeconds() });
	}

	function endedError(): AppError {
		return AppError.of("ended-for-memory", { retrySeconds: retrySeconds() });
	}

	/** Watches a model that was asked; what became of it goes into the record of its emergency. */
	async function confirm(model: LoadedModel, record: EmergencyRecord | null): Promise<void> {
		const left = evictions.leaving(model);
		const result: Pick<ReleaseResult, "grade" | "releasedBytes"> = await deps
			.confirm(model.key)
			.catch((thrown: unknown) => {
				const gone = AppError.wrap(thrown).code === "model-not-loaded";
				return { grade: gone ? ("engine-says-so" as const) : ("not-confirmed" as const), releasedBytes: 0 };
			});
		left(result);
		record?.released(model.key, result);
		publish();
	}

	function modelsOf(keys: readonly ModelKey[]): readonly LoadedModel[] {
		const loaded = new Map(deps.loaded().map((model) => [model.key, model] as const));
		return keys.flatMap((key) => loaded.get(key) ?? []);
	}

	/** Every request goes out in this very turn; only then is anything waited for. */
	function ask(keys: readonly ModelKey[], record: EmergencyRecord | null): void {
		const models = modelsOf(keys);
		for (const model of models) {
			record?.asked(model, model.state === "busy");
			void deps.ask(model);
		}
		for (const model of models) void confirm(model, record);
	}

	function endLoads(record: EmergencyRecord): void {
		const error = pausedError();
		const told = endCarriedLoads(deps.carried(), () => true, error);
		for (const name of told) record.loadEnded(name);
		for (const operation of deps.operations()) {
			if (operation.kind !== "load") continue;
			const name = operation.name ?? "";
			if (operation.key !== null) ended.set(operation.key, { error, atMs: clock.monotonicMs() });
			if (isTold(operation, told)) continue;
			record.loadEnded(name);
			void deps.cancelOperation(operation.id).catch((thrown: unknown) => {
				log.warn("a load could not be ended", { model: name, problem: AppError.wrap(thrown).code });
			});
		}
		deps.sendQueueAway(error);
	}

	function endCarried(keys: readonly ModelKey[], record: EmergencyRecord): void {
		for (const answer of deps.carried()) {
			const key = deps.keyOf(answer.model);
			if (key === null || !keys.includes(key)) continue;
			answer.end(endedError());
			record.carriedEnded();
		}
	}

	function begin(sample: MachineSample): EmergencyRecord {
		emergency = beginRecord(clock.now(), sample.availableBytes, retryAt());
		open ??= createDeferred();
		const { availableBytes } = sample;
		tell("emergency", message("event.emergency-begun", { availableBytes }));
		hurry();
		return emergency;
	}

	/** Reads the machine quickly until the emergency is over. */
	function hurry(): void {
		stopTimers.push(
			clock.after(EMERGENCY_SAMPLE_MS, () => {
				stopTimers = [];
				if (emergency === null) return;
				deps.machine
					.sampleNow()
					.catch(() => undefined)
					.finally(hurry);
			}),
		);
	}

	/** Loads of other programs go on whatever Plimsoll does; that is said once for each. */
	function nameWhatCannotBeStopped(record: EmergencyRecord): void {
		const own = new Set(deps.operations().map(({ key }) => key));
		for (const model of deps.loaded()) {
			if (model.state !== "loading" || model.own || own.has(model.key)) continue;
			if (!record.notStopped(model.name)) continue;
			tell("emergency", message("event.emergency-not-stopped", { model: model.name }), { key: model.key });
			deps.notify(notStoppedNotice(model.name));
		}
	}

	function end(): void {
		const record = emergency;
		emergency = null;
		open?.resolve();
		open = null;
		if (record === null) return;
		record.ended(clock.now());
		lastEmergency = record;
		const untilMs = clock.monotonicMs() + REPORT_WITHIN_MS;
		const report = (): void => {
			if (!record.settled() && clock.monotonicMs() < untilMs) {
				stopTimers.push(clock.after(EMERGENCY_SAMPLE_MS, report));
				return;
			}
			const over = record.now();
			for (const model of over.models)
				if (model.grade === null || model.grade === "not-confirmed")
					tell(
						"emergency",
						message(model.answersElsewhere ? "event.emergency-still-answers" : "event.emergency-stayed", {
							model: model.name,
						}),
					);
			tell(
				"emergency",
				message("event.emergency-over", {
					count: over.models.filter(({ grade }) => grade !== null && grade !== "not-confirmed").length,
					releasedBytes: over.releasedBytes,
					durationMs: (over.endedAt ?? over.startedAt) - over.startedAt,
				}),
				{ emergency: over },
			);
			deps.notify(emergencyNotice(over));
			publish();
		};
		report();
	}

	async function nameOthers(heldBytes: number, sample: MachineSample): Promise<void> {
		othersPressure = { sinceAt: sample.at, modelsBytes: heldBytes, largest: [] };
		const told = othersPressure;
		const largest = await deps.largestPrograms().catch(() => []);
		if (othersPressure === told) othersPressure = { ...told, largest };
		const [first] = largest;
		tell(
			"watchdog",
			first === undefined
				? message("event.others-pressure-unseen", { modelsBytes: heldBytes })
				: message("event.others-pressure", {
						modelsBytes: heldBytes,
						program: first.name,
						bytes: first.bytes,
					}),
			{ largest },
		);
		publish();
	}

	function act(action: WatchdogAction, sample: MachineSample): void {
		switch (action.kind) {
			case "unload": {
				const [model] = modelsOf([action.key]);
				if (model === undefined) return;
				ask([action.key], null);
				tell("watchdog", message("event.pressure-unload", { model: model.name }), { key: model.key });
				return;
			}
			case "emergency-begins":
				begin(sample);
				return;
			case "emergency-ends":
				end();
				return;
			case "others-pressure":
				void nameOthers(action.heldBytes, sample);
				return;
			case "others-pressure-over":
				othersPressure = null;
				return;
			default:
				if (emergency !== null) actInEmergency(action, emergency);
		}
	}

	function actInEmergency(
		action: Extract<WatchdogAction, { kind: "end-loads" | "step" | "end-chat" | "end-carried" | "ask" }>,
		record: EmergencyRecord,
	): void {
		switch (action.kind) {
			case "step":
				record.step(action.step);
				if (action.step === 2) tell("emergency", message("event.emergency-step-2"));
				if (action.step === 3) tell("emergency", message("event.emergency-step-3"));
				return;
			case "end-loads":
				endLoads(record);
				return;
			case "end-chat":
				record.chatEnded();
				deps.endChat(endedError());
				return;
			case "end-carried":
				endCarried(action.keys, record);
				return;
			case "ask":
				ask(action.keys, record);
		}
	}

	function onSample(state: MachineState): void {
		const { sample } = state;
		// The same sample is told again when only what models hold has changed.
		if (samples.at(-1) === sample) return;
		const before = samples.at(-1);
		const lost = (before?.availableBytes ?? 0) - sample.availableBytes;
		if (lost > SUDDEN_SHARE * sample.totalBytes) void deps.lookAtRunners().catch(() => undefined);
		samples.push(sample);
		if (samples.length > SAMPLES_KEPT) samples.shift();
		if (pausedUntilAt !== null && !isPaused()) pausedUntilAt = null;
		const decision = decide(memory, {
			nowMs: clock.monotonicMs(),
			active: isActive(),
			sample: {
				level: state.level,
				calledFor: deps.machine.pressure()?.calledFor ?? "normal",
				kernelLevel: sample.kernelLevel,
				totalBytes: sample.totalBytes,
			},
			models: deps.localEngine() === null ? [] : watchedModels(deps),
			settings: settings(),
		});
		memory = decision.memory;
		for (const action of decision.actions) act(action, sample);
		if (emergency !== null) nameWhatCannotBeStopped(emergency);
		evictions.turn(state.level, isActive() && emergency === null);
		void hopeless.turn(sample, isActive());
		publish();
	}

	return {
		closed: () => (emergency === null ? null : pausedError()),
		async opened(signal) {
			for (let waiting = open; waiting !== null; waiting = open) {
				const aborted = createDeferred<void>();
				const leave = () => aborted.resolve();
				if (signal.aborted) leave();
				signal.addEventListener("abort", leave, { once: true });
				await Promise.race([waiting.promise, aborted.promise]);
				signal.removeEventListener("abort", leave);
				if (signal.aborted) throw AppError.of("cancelled", {});
			}
		},
		whyEnded(key) {
			const known = ended.get(key);
			if (known === undefined || clock.monotonicMs() - known.atMs > REPORT_WITHIN_MS) return null;
			return known.error;
		},
		pause() {
			pausedUntilAt = clock.now() + PAUSE_MS;
			tellMode(message("event.watchdog-paused", { at: pausedUntilAt }));
		},
		resume() {
			if (pausedUntilAt === null) return;
			pausedUntilAt = null;
			tellMode(message("event.watchdog-resumed"));
		},
		skip: evictions.forget,
		forgetEvicted: evictions.forgetAll,
		start() {
			stopFollowing ??= deps.machine.onState(onSample);
			publish();
		},
		stop() {
			stopFollowing?.();
			stopFollowing = null;
			for (const stop of stopTimers) stop();
			writeDown();
			open?.resolve();
			emergency = null;
			open = null;
		},
	};

	/** A person's own doing, so without samples and without alarm. */
	function tellMode(said: Message): void {
		deps.record({ at: clock.now(), kind: "watchdog", severity: "info", message: said });
		publish();
	}
}
