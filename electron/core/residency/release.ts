import { AppError } from "../../../shared/errors.ts";
import type { LoadedModel } from "../../../shared/model.ts";
import type { ReleaseResult } from "../../../shared/operation.ts";
import { sleep } from "../clock.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { Clock, Log, ProcessInfo } from "../ports.ts";
import { watchEngine } from "./engine-watch.ts";
import { STUCK_AFTER_MS } from "./loaded-models.ts";
import type { Observer } from "./observer.ts";
import { sameProcess } from "./remembered-rows.ts";

/** How often the process and the engine's list are looked at while a release is being confirmed. */
const PROCESS_EVERY_MS = 50;
const LIST_EVERY_MS = 250;

/** And while a model finishes its answer, which may take minutes. */
const DRAINING_PROCESS_EVERY_MS = 100;
const DRAINING_LIST_EVERY_MS = 1_000;

/** How long an engine may take to say which weights a name stands for, before its model is asked to leave. */
const LEARN_WITHIN_MS = 1_000;

/** A dying engine takes its runners with it within a moment. */
const ENGINE_GONE_GRACE_MS = 2_000;

/** How a release ended. */
export type ReleaseOutcome =
	| { readonly kind: "ended"; readonly result: ReleaseResult }
	/** It was called off through Plimsoll. */
	| { readonly kind: "kept" };

/** A release under way. */
export interface Release {
	/** How the model stood before it was asked to leave. */
	readonly model: LoadedModel;
	/** Rejects only where the engine refused the request with an error of its own. */
	readonly outcome: Promise<ReleaseOutcome>;
	/** It waits for the model's answer to end. */
	draining(): boolean;
	/** What could be said now, before it has ended. */
	soFar(): ReleaseResult;
	/** Ends the wait because the model is kept. */
	calledOff(): void;
}

/** What a release needs. */
export interface ReleaseParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly clock: Clock;
	readonly log: Log;
}

/**
 * Asks a model to leave and watches until that is proved, said by the engine, or not confirmed: 10 s for an idle
 * model; one that still answers is waited for as long as it takes. `onDraining` tells when the wait for an answer
 * begins or ends.
 */
export function releaseModel(
	parts: ReleaseParts,
	model: LoadedModel,
	onDraining: (draining: boolean) => void,
): Release {
	const { supervision, observer, clock } = parts;
	const { key, name } = model;
	const engine = supervision.engine();
	const watch = watchEngine(supervision);
	const startedMs = clock.monotonicMs();
	const dead = model.oddity?.kind === "dead-runner";
	let process: ProcessInfo | null = dead ? null : observer.processOf(key);

	let kept = false;
	let draining = false;
	let askedAt = clock.now();
	let footprintBytes: number | null = null;
	let processGone = false;
	let listed = true;
	let unlistedAtMs: number | null = null;
	let goneAtMs: number | null = null;
	let answer: ReleaseOutcome | AppError | null = null;

	const elapsedMs = () => Math.round(clock.monotonicMs() - startedMs);

	function result(grade: ReleaseResult["grade"], because: ReleaseResult["because"]): ReleaseResult {
		const released = grade === "proved" && process !== null ? (footprintBytes ?? model.footprintBytes) : 0;
		return { key, name, grade, releasedBytes: released, durationMs: elapsedMs(), because };
	}

	const ended = (
		grade: ReleaseResult["grade"],
		because: ReleaseResult["because"] = null,
	): ReleaseOutcome => ({
		kind: "ended",
		result: result(grade, because),
	});

	/** The name is listed, but by a runner that came after ours. */
	const loadedAnew = () => {
		const now = observer.processOf(key);
		return now !== null && !sameProcess(now, process);
	};

	/** An idle model, or one whose list entry is gone, has had its time. */
	function overdue(): boolean {
		if (unlistedAtMs !== null) return clock.monotonicMs() - unlistedAtMs >= STUCK_AFTER_MS;
		const activity = observer.activityOf(key);
		if (activity === null) return elapsedMs() >= STUCK_AFTER_MS;
		const quietFromAt = Math.max(askedAt, activity.lastBusyAt ?? 0);
		return activity.state === "idle" && clock.now() - quietFromAt >= STUCK_AFTER_MS;
	}

	/** A request of another program brought a keep-alive, and the model stays. */
	const calledOffElsewhere = () =>
		listed && !processGone && observer.activityOf(key) !== null && !observer.isAsked(key);

	/** What can be said for certain now, or null where it has to be watched on. */
	function verdict(): ReleaseOutcome | null {
		if (kept) return { kind: "kept" };
		if (process === null && !listed) return ended(dead ? "proved" : "engine-says-so");
		if (process !== null && processGone && (!listed || loadedAnew())) return ended("proved");
		if (goneAtMs !== null) {
			if (processGone) return ended("proved");
			if (process !== null && clock.monotonicMs() - goneAtMs < ENGINE_GONE_GRACE_MS) return null;
			return ended("not-confirmed", "engine-unreachable");
		}
		if (calledOffElsewhere()) return ended("not-confirmed", "still-listed");
		if (!overdue()) return null;
		if (processGone) return ended("proved");
		if (observer.find(key)?.oddity?.kind === "ghost") return ended("not-confirmed", "ghost");
		return ended("not-confirmed", listed ? "still-listed" : "process-alive");
	}

	function noteDraining(): void {
		const now = listed && observer.find(key)?.state === "draining";
		if (now === draining) return;
		draining = now;
		onDraining(now);
	}

	/** A model that has only just come may not have been looked for in the process table yet. */
	async function findProcess(): Promise<void> {
		await Promise.race([observer.learn([]), sleep(clock, LEARN_WITHIN_MS)]);
		await observer.lookAtProcesses();
		process = observer.processOf(key);
	}

	/** Asks the engine; what settles the release already is kept for the next verdict. */
	async function ask(): Promise<void> {
		try {
			await engine.unload({ name, runner: model.runner });
		} catch (error) {
			const problem = AppError.wrap(error);
			if (problem.code === "model-not-found") answer = ended("not-confirmed", "ghost");
			else if (problem.code === "engine-unreachable") goneAtMs = clock.monotonicMs();
			else if (problem.code !== "engine-timeout") answer = problem;
			if (answer !== null) observer.setAsked(key, null);
		}
	}

	let listing = false;
	let nextListMs = 0;

	async function list(): Promise<void> {
		if (listing || clock.monotonicMs() < nextListMs) return;
		listing = true;
		nextListMs = clock.monotonicMs() + (draining ? DRAINING_LIST_EVERY_MS : LIST_EVERY_MS);
		const rows = await supervision.pollRows().catch(() => null);
		listing = false;
		if (rows === null || watch.gone()) return;
		listed = rows.some((row) => row.key === key);
		unlistedAtMs = listed ? null : (unlistedAtMs ?? clock.monotonicMs());
	}

	/** The engine's list may hang while it ends a runner, so the process is watched beside it. */
	async function watchOn(): Promise<ReleaseOutcome> {
		for (;;) {
			if (process !== null && !processGone && !(await observer.isAlive(process))) {
				processGone = true;
				nextListMs = 0;
			}
			if (watch.gone()) goneAtMs ??= clock.monotonicMs();
			void list();
			noteDraining();
			if (answer instanceof AppError) throw answer;
			const settled = answer ?? verdict();
			if (settled !== null) return settled;
			await sleep(clock, draining ? DRAINING_PROCESS_EVERY_MS : PROCESS_EVERY_MS);
		}
	}

	async function run(): Promise<ReleaseOutcome> {
		try {
			if (process === null && !dead) await findProcess();
			footprintBytes = (await observer.measure(key))?.bytes ?? null;
			askedAt = clock.now();
			observer.setAsked(key, askedAt);
			void ask();
			const outcome = await watchOn();
			parts.log.info("release", { ...describe(outcome), askedFor: name });
			return outcome;
		} finally {
			watch.stop();
			if (draining) onDraining(false);
		}
	}

	return {
		model,
		outcome: run(),
		draining: () => draining,
		soFar: () => result("not-confirmed", draining ? "draining" : listed ? "still-listed" : "process-alive"),
		calledOff() {
			kept = true;
		},
	};
}

function describe(outcome: ReleaseOutcome): Readonly<Record<string, unknown>> {
	return outcome.kind === "kept" ? { outcome: "kept" } : { ...outcome.result };
}
