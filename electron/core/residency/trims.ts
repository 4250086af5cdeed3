import { AppError } from "../../../shared/errors.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { Operation, ReleaseResult, TrimResult } from "../../../shared/operation.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { Clock, Log } from "../ports.ts";
import type { Journal } from "./journal.ts";
import type { Observer } from "./observer.ts";
import type { OperationBoard } from "./operation-board.ts";
import { isEmbedding } from "./touch.ts";
import type { Unloads } from "./unloads.ts";

/** What trims need. */
export interface TrimParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly clock: Clock;
	readonly log: Log;
	readonly board: OperationBoard;
	readonly journal: Journal;
	readonly unloads: Unloads;
}

/** Gives back what idle runners have grown by. */
export interface Trims {
	/**
	 * Unloads a loaded idle model and loads it again as it was; the caller holds the gate. Rejects with `model-busy` where
	 * it works, `release-not-confirmed` where it did not leave, or the engine's error where it did not come back.
	 */
	trimNow(
		model: LoadedModel,
		requestedBy: Operation["requestedBy"],
	): Promise<{ readonly release: ReleaseResult; readonly result: TrimResult }>;
}

/** Makes them. */
export function createTrims(parts: TrimParts): Trims {
	const { supervision, observer, clock, board, journal, unloads } = parts;

	async function again(model: LoadedModel, expiresInMs: number): Promise<LoadedModel> {
		const installed = supervision.installed().find(({ key }) => key === model.key) ?? null;
		const endLoading = observer.loading(model.key);
		const endArriving = journal.arriving(model.key);
		const row = board.add(
			{ kind: "load", name: model.name, key: model.key, state: "running", requestedBy: "plimsoll" },
			async () => undefined,
		);
		try {
			await supervision.engine().load(
				{
					name: model.name,
					runner: model.runner,
					embedding: isEmbedding(installed),
					...(model.contextLength > 0 ? { contextLength: model.contextLength } : {}),
					keepAliveMs: expiresInMs,
				},
				new AbortController().signal,
			);
			endLoading();
			await observer.lookNow();
			const listed = observer.find(model.key as ModelKey);
			if (listed === null) throw AppError.of("load-not-confirmed", { model: model.name });
			return listed;
		} finally {
			endLoading();
			endArriving();
			row.remove();
		}
	}

	return {
		async trimNow(model, requestedBy) {
			if (model.state !== "idle") throw AppError.of("model-busy", { model: model.name });
			const startedMs = clock.monotonicMs();
			const beforeBytes = (await observer.measure(model.key))?.bytes ?? model.footprintBytes;
			const keepAliveMs = model.expiresAt === null ? -1 : Math.max(1_000, model.expiresAt - clock.now());
			const outcome = await unloads.begin(model, requestedBy).outcome;
			if (outcome.kind === "kept") throw AppError.of("cancelled", {});
			if (outcome.result.grade === "not-confirmed")
				throw AppError.of("release-not-confirmed", { model: model.name });
			const loadedMs = clock.monotonicMs();
			const listed = await again(model, keepAliveMs);
			const afterBytes = (await observer.measure(listed.key))?.bytes ?? listed.footprintBytes;
			journal.loaded(listed, afterBytes, Math.round(clock.monotonicMs() - loadedMs));
			const result: TrimResult = {
				key: model.key,
				name: model.name,
				grade: outcome.result.grade,
				beforeBytes,
				afterBytes,
				releasedBytes: Math.max(0, beforeBytes - afterBytes),
				durationMs: Math.round(clock.monotonicMs() - startedMs),
			};
			journal.trimmed(result);
			return { release: { ...outcome.result, releasedBytes: result.releasedBytes }, result };
		},
	};
}
