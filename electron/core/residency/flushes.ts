import { randomUUID } from "node:crypto";
import { AppError } from "../../../shared/errors.ts";
import type { MachineSample } from "../../../shared/machine.ts";
import type { LoadedModel } from "../../../shared/model.ts";
import type {
	FlushResult,
	LoadRecipe,
	LoadResult,
	Operation,
	ReleaseResult,
} from "../../../shared/operation.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { MachineWatch } from "../memory/machine-view.ts";
import type { Clock, Stop } from "../ports.ts";
import { createDeferred } from "./deferred.ts";
import { requireEngine } from "./engine-watch.ts";
import type { Journal } from "./journal.ts";
import type { Loads } from "./loads.ts";
import type { Observer } from "./observer.ts";
import type { OperationBoard } from "./operation-board.ts";
import type { Release } from "./release.ts";
import type { Unloads } from "./unloads.ts";

/** A flush answers within this time; models that still answer go on leaving after it. */
const FLUSH_WITHIN_MS = 30_000;

/** What flushes need. */
export interface FlushParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly machine: MachineWatch;
	readonly clock: Clock;
	readonly board: OperationBoard;
	readonly journal: Journal;
	readonly unloads: Unloads;
	readonly loads: Loads;
}

/** Flush, and what puts its models back. */
export interface Flushes {
	flush(requestedBy: Operation["requestedBy"]): Promise<FlushResult>;
	putBack(requestedBy: Operation["requestedBy"]): Promise<readonly LoadResult[]>;
	last(): FlushResult | null;
	onChange(listener: () => void): Stop;
}

/** Makes flushes; two at once are one. */
export function createFlushes(parts: FlushParts): Flushes {
	const { supervision, observer, machine, clock, board, unloads, loads } = parts;
	const listeners = new Set<() => void>();
	let running: Promise<FlushResult> | null = null;
	let puttingBack: Promise<readonly LoadResult[]> | null = null;
	let last: FlushResult | null = null;

	function setLast(next: FlushResult | null): void {
		last = next;
		for (const listener of listeners) listener();
	}

	const sample = (): Promise<MachineSample | null> =>
		machine.sampleNow().then(
			(state) => state.sample,
			() => null,
		);

	async function begin(requestedBy: Operation["requestedBy"]): Promise<FlushResult> {
		requireEngine(supervision);
		const id = randomUUID();
		const at = clock.now();
		const startedMs = clock.monotonicMs();
		let releases: readonly Release[] = [];
		const row = board.add(
			{ kind: "flush", name: null, key: null, state: "running", requestedBy },
			async () => {
				await Promise.all(
					releases
						.filter((release) => unloads.running(release.model.key) === release && release.draining())
						.map((release) => unloads.keep(release)),
				);
			},
		);
		try {
			const before = await sample();
			await observer.lookNow();
			releases = observer
				.loaded()
				.filter((model) => observer.find(model.key)?.key === model.key && model.state !== "loading")
				.map((model) => unloads.begin(model, requestedBy));
			const results = await withinLimit(releases);
			const putBack = releases.flatMap((release, nth) =>
				hasLeft(results[nth]) ? [recipeOf(release.model, clock.now())] : [],
			);
			const result: FlushResult = {
				id,
				at,
				durationMs: Math.round(clock.monotonicMs() - startedMs),
				releases: results,
				releasedBytes: results.reduce((sum, release) => sum + release.releasedBytes, 0),
				putBack,
				before,
				after: await sample(),
			};
			setLast(result);
			parts.journal.flushed(result);
			followStragglers(id, releases, results);
			return result;
		} finally {
			row.remove();
		}
	}

	/** Every release's result, or how it stands when the time is over. */
	async function withinLimit(releases: readonly Release[]): Promise<readonly ReleaseResult[]> {
		const limit = createDeferred<null>();
		const stop = clock.after(FLUSH_WITHIN_MS, () => limit.resolve(null));
		try {
			return await Promise.all(releases.map((release) => resultWithin(release, limit.promise)));
		} finally {
			stop();
		}
	}

	/** A model that left only after the flush had answered can be put back as well. */
	function followStragglers(
		id: string,
		releases: readonly Release[],
		results: readonly ReleaseResult[],
	): void {
		for (const [nth, release] of releases.entries())
			if (results[nth]?.because === "draining") void followStraggler(id, release);
	}

	async function followStraggler(id: string, release: Release): Promise<void> {
		const outcome = await release.outcome.catch(() => null);
		if (last === null || last.id !== id || outcome?.kind !== "ended") return;
		const left = outcome.result;
		const releases = last.releases.map((entry) => (entry.key === left.key ? left : entry));
		setLast({
			...last,
			releases,
			releasedBytes: releases.reduce((sum, entry) => sum + entry.releasedBytes, 0),
			putBack: hasLeft(left) ? [...last.putBack, recipeOf(release.model, last.at)] : last.putBack,
		});
	}

	async function beginPutBack(requestedBy: Operation["requestedBy"]): Promise<readonly LoadResult[]> {
		const results: LoadResult[] = [];
		let firstError: AppError | null = null;
		for (const recipe of last?.putBack ?? []) {
			try {
				if (observer.find(recipe.key) === null)
					results.push(
						await loads.load(
							{
								model: recipe.key,
								...(recipe.contextLength > 0 ? { contextLength: recipe.contextLength } : {}),
								keepAliveMs: recipe.keepAliveMs ?? -1,
							},
							requestedBy,
						),
					);
				strike(recipe);
			} catch (error) {
				firstError ??= AppError.wrap(error);
			}
		}
		if (results.length === 0 && firstError !== null) throw firstError;
		return results;
	}

	/** Takes a model off what can be put back; with the last one a flush that left nothing open is no news any more. */
	function strike(recipe: LoadRecipe): void {
		if (last === null) return;
		const putBack = last.putBack.filter((other) => other.key !== recipe.key);
		setLast(putBack.length === 0 && last.releases.every(hasLeft) ? null : { ...last, putBack });
	}

	return {
		flush(requestedBy) {
			running ??= begin(requestedBy).finally(() => {
				running = null;
			});
			return running;
		},
		putBack(requestedBy) {
			puttingBack ??= beginPutBack(requestedBy).finally(() => {
				puttingBack = null;
			});
			return puttingBack;
		},
		last: () => last,
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}

function hasLeft(result: ReleaseResult | undefined): boolean {
	return result !== undefined && result.grade !== "not-confirmed";
}

/** What it takes to load a model again as it was. */
function recipeOf(model: LoadedModel, now: number): LoadRecipe {
	return {
		name: model.name,
		key: model.key,
		contextLength: model.contextLength,
		keepAliveMs: model.expiresAt === null ? null : Math.max(1_000, model.expiresAt - now),
	};
}

/** A release's result, or how it stands once the limit is reached; a kept model is still listed. */
async function resultWithin(release: Release, limit: Promise<null>): Promise<ReleaseResult> {
	const outcome = await Promise.race([release.outcome.catch(() => null), limit]);
	if (outcome === null) return release.soFar();
	return outcome.kind === "ended" ? outcome.result : { ...release.soFar(), because: "still-listed" };
}
