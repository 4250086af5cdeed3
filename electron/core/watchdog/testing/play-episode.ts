import type { MachineSample, PressureLevel } from "../../../../shared/machine.ts";
import { PRESSURE_LEVELS } from "../../../../shared/machine.ts";
import type { LoadedModel } from "../../../../shared/model.ts";
import { DEFAULT_SETTINGS } from "../../../../shared/settings.ts";
import { BYTES_PER_GB } from "../../../../shared/units.ts";
import { createMachineWatch } from "../../memory/machine-watch.ts";
import { simulateMac } from "../../memory/testing/simulated-mac.ts";
import type { NewEvent } from "../../ports.ts";
import { heldClock } from "../../testing/held-clock.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { createWatchdog } from "../watchdog.ts";
import { type Episode, figureAt } from "./episode-shape.ts";
import { readCaptures } from "./read-captures.ts";

/** How an episode went. */
export interface Played {
	/** Seconds until the watchdog first acted, or null. */
	readonly firstActSeconds: number | null;
	/** Worst level reached, by the watch. */
	readonly worst: PressureLevel;
	/** Models that went, in order, with the event that they went for. */
	readonly unloaded: readonly string[];
	readonly events: readonly string[];
	/** Programs waited in vain for memory for ten seconds on end. */
	readonly frozeAtSeconds: number | null;
	readonly lowestAvailableGb: number;
}

/** A machine whose programs wait in vain for so long is frozen to whoever sits in front of it. */
const FROZEN_AFTER_SECONDS = 10;
const SETTLED_AFTER_SECONDS = 60;
/** A runner that may go is gone after this time. */
const LEAVES_WITHIN_MS = 800;
const STEP_SECONDS = 0.25;
/** After this time without work a mapped model's weights count as files. */
const UNWIRED_AFTER_MINUTES = 3;
const UNWIRED_SHARE = 0.12;

interface Actor {
	readonly model: Episode["models"][number];
	leavesAtMs: number | null;
	asked: boolean;
	answering: boolean;
	gone: boolean;
	readonly waiting: (() => void)[];
}

/** Plays an episode through the real watch and the real watchdog, on a clock that is advanced by hand. */
export async function playEpisode(episode: Episode, options: { readonly enabled: boolean }): Promise<Played> {
	const clock = heldClock();
	const startedMs = clock.monotonicMs();
	const startedAt = clock.now();
	const seconds = () => (clock.monotonicMs() - startedMs) / 1000;
	const mac = simulateMac(episode.machine.totalGb, episode.machine.systemGb);
	const captures = episode.captures === undefined ? null : readCaptures(episode.captures);
	const actors: readonly Actor[] = episode.models.map((model) => ({
		model,
		leavesAtMs: null,
		asked: false,
		answering: model.answers !== null,
		gone: false,
		waiting: [],
	}));
	const events: string[] = [];
	const unloaded: string[] = [];
	let sleptSwapGb = 0;
	let firstActSeconds: number | null = null;
	let frozeAtSeconds: number | null = null;
	let lowestAvailableGb = episode.machine.totalGb;
	let worst: PressureLevel = "normal";

	const act = (): void => {
		firstActSeconds ??= seconds();
	};
	const present = (actor: Actor) =>
		!actor.gone && (actor.model.loadsAt === null || seconds() >= actor.model.loadsAt);
	const loadedGb = ({ model }: Actor) =>
		model.loadsAt === null ? model.gb : Math.min(model.gb, (seconds() - model.loadsAt) * model.gbPerSecond);
	const isLoading = (actor: Actor) => loadedGb(actor) < actor.model.gb;
	const wiredGb = (actor: Actor) =>
		actor.model.loadsAt === null && !actor.answering && actor.model.idleMinutes >= UNWIRED_AFTER_MINUTES
			? actor.model.gb * UNWIRED_SHARE
			: loadedGb(actor);

	function settleActors(): void {
		for (const actor of actors) {
			if (actor.leavesAtMs === null || actor.gone || clock.monotonicMs() < actor.leavesAtMs) continue;
			actor.gone = true;
			unloaded.push(actor.model.name);
			for (const tell of actor.waiting.splice(0)) tell();
		}
	}

	function lets(actor: Actor): void {
		if (actor.asked && !actor.answering && !isLoading(actor))
			actor.leavesAtMs ??= clock.monotonicMs() + LEAVES_WITHIN_MS;
	}

	function reading(): MachineSample {
		const captured = captures?.at(seconds(), episode.machine.totalGb) ?? null;
		const base = captured ?? mac.sample(0);
		const kernel = episode.course.findLast((p) => p.at <= seconds() && p.kernelLevel !== undefined);
		const linux = episode.machine.kind === "linux";
		const swap = sleptSwapGb * BYTES_PER_GB;
		return {
			...base,
			at: clock.now(),
			swapUsedBytes: (base.swapUsedBytes ?? 0) + swap,
			swapOutBytes: (base.swapOutBytes ?? 0) + swap,
			kernelLevel: linux ? null : (kernel?.kernelLevel ?? base.kernelLevel),
			psiSomeAvg10: linux ? figureAt(episode.course, "psiSome", seconds(), 0) : null,
			psiFullAvg10: linux ? figureAt(episode.course, "psiFull", seconds(), 0) : null,
		};
	}

	function loaded(): readonly LoadedModel[] {
		return actors.filter(present).map((actor) => {
			const { model } = actor;
			const bytes = loadedGb(actor) * BYTES_PER_GB;
			return {
				key: model.name,
				name: model.name,
				digest: "",
				runner: null,
				details: { format: "", family: "", parameterSize: "", quantization: "", contextLength: null },
				state: isLoading(actor) ? "loading" : actor.answering ? "busy" : actor.asked ? "unloading" : "idle",
				idleSinceAt: null,
				footprintBytes: bytes,
				footprintSource: "measured",
				footprintRounded: false,
				heldBytes: wiredGb(actor) * BYTES_PER_GB,
				reportedBytes: bytes,
				gpuShare: 1,
				contextLength: 4096,
				expiresAt: startedAt + 86_400_000,
				loadedAt: startedAt - model.idleMinutes * 60_000 + (model.loadsAt ?? 0) * 1000,
				process: { pid: 1, startedAt: 0 },
				oddity: null,
				slot: null,
				pinned: model.pinned,
				own: false,
			};
		});
	}

	const endAnswers = (answers: "chat" | "carried", name: string | null): void => {
		act();
		for (const actor of actors) {
			if (actor.model.answers !== answers || (name !== null && actor.model.name !== name)) continue;
			actor.answering = false;
			lets(actor);
		}
	};
	const answering = (answers: "chat" | "carried") =>
		actors.filter((actor) => present(actor) && actor.answering && actor.model.answers === answers);

	const watch = createMachineWatch({
		probes: {
			memory: {
				source: episode.machine.kind === "linux" ? "linux" : "macos",
				sample: async () => reading(),
			},
			processes: { list: async () => [], footprint: async () => null, isAlive: async () => false },
		},
		clock,
		log: keptLog(),
		settings: () => DEFAULT_SETTINGS.pressure,
	});
	watch.onState(({ level }) => {
		if (PRESSURE_LEVELS.indexOf(level) > PRESSURE_LEVELS.indexOf(worst)) worst = level;
	});
	const watchdog = createWatchdog({
		clock,
		log: keptLog(),
		settings: () => ({ ...DEFAULT_SETTINGS.watchdog, enabled: options.enabled }),
		machine: watch,
		localEngine: () => "engine",
		loaded,
		lastBusyAt: (key) =>
			actors.some(({ model, answering: busy }) => model.name === key && busy) ? clock.now() : null,
		keyOf: (name) => name,
		async ask({ key }) {
			act();
			const actor = actors.find(({ model }) => model.name === key);
			if (actor === undefined || isLoading(actor)) return;
			actor.asked = true;
			lets(actor);
		},
		confirm: (key) =>
			new Promise((resolve) => {
				const actor = actors.find(({ model }) => model.name === key);
				const releasedBytes = (actor?.model.gb ?? 0) * BYTES_PER_GB;
				const result = {
					key,
					name: key,
					grade: "proved",
					releasedBytes,
					durationMs: LEAVES_WITHIN_MS,
					because: null,
				} as const;
				if (actor === undefined || actor.gone) resolve(result);
				else actor.waiting.push(() => resolve(result));
			}),
		operations: () => [],
		cancelOperation: async () => undefined,
		sendQueueAway: () => undefined,
		guardedLoads: () => [],
		lookAtRunners: async () => undefined,
		chatModel: () => answering("chat")[0]?.model.name ?? null,
		endChat: () => endAnswers("chat", null),
		carried: () =>
			answering("carried").map(({ model }) => ({
				model: model.name,
				loads: () => false,
				end: () => endAnswers("carried", model.name),
			})),
		roomFor: () => null,
		bringBack: async () => undefined,
		largestPrograms: async () => [],
		record: (event: NewEvent) => events.push(event.message.id),
		notify: () => undefined,
		show: () => undefined,
	});

	const liesOnIt = () => {
		const here = actors.filter(present);
		return {
			othersGb: figureAt(episode.course, "othersGb", seconds(), 6),
			cacheGb:
				figureAt(episode.course, "cacheGb", seconds(), 2) +
				here.reduce((sum, actor) => sum + loadedGb(actor) - wiredGb(actor), 0),
			wiredGb: here.reduce((sum, actor) => sum + wiredGb(actor), 0),
		};
	};
	const advanceMachine = (): void => {
		mac.step(STEP_SECONDS, liesOnIt());
		lowestAvailableGb = Math.min(lowestAvailableGb, reading().availableBytes / BYTES_PER_GB);
		if (mac.stalledForSeconds() >= FROZEN_AFTER_SECONDS) frozeAtSeconds ??= seconds();
	};
	// What lies there at the beginning has found its place long ago.
	for (let second = 0; second < SETTLED_AFTER_SECONDS; second += 1) mac.step(1, liesOnIt());
	if (episode.popoverOpen) watch.setReason("popover", true);
	watch.start();
	watchdog.start();
	const slept = new Set<number>();
	while (seconds() < episode.seconds) {
		for (const point of episode.course) {
			if (point.at > seconds() || slept.has(point.at)) continue;
			slept.add(point.at);
			if (point.wroteGb !== undefined) sleptSwapGb += point.wroteGb;
			if (point.sleepsForSeconds === undefined) continue;
			watch.suspend();
			clock.sleep(point.sleepsForSeconds * 1000);
			watch.resume();
		}
		watch.setReason(
			"loading",
			actors.some((actor) => present(actor) && isLoading(actor)),
		);
		await clock.advance(STEP_SECONDS * 1000);
		settleActors();
		for (const actor of actors) if (present(actor)) lets(actor);
		advanceMachine();
	}
	watchdog.stop();
	watch.stop();
	return { firstActSeconds, worst, unloaded, events, frozeAtSeconds, lowestAvailableGb };
}
