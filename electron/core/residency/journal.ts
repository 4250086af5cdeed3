import type { AppEvent, EventKind } from "../../../shared/app-event.ts";
import type { FitVerdict } from "../../../shared/fit.ts";
import { type Message, message } from "../../../shared/messages/message.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { FlushResult, ReleaseResult, TrimResult } from "../../../shared/operation.ts";
import { sleep } from "../clock.ts";
import type { Clock, HistoryStore, NewEvent, Stop } from "../ports.ts";
import type { Admission } from "./admission.ts";
import { createCounts } from "./counts.ts";
import { EXPIRY_SLACK_MS } from "./expiry.ts";
import { fitFigures } from "./fit-words.ts";
import type { LoopWatch } from "./loop-watch.ts";
import type { Observer } from "./observer.ts";
import type { RoomFor } from "./unloads.ts";

/** A list that hangs is waited for this long after a load. */
const LIST_WITHIN_MS = 10_000;
const LIST_EVERY_MS = 500;

/** Writes down what came and went, whoever caused it, and keeps which models are Plimsoll's own. */
export interface Journal {
	/** A load of ours is confirmed. */
	loaded(model: LoadedModel, footprintBytes: number, durationMs: number): void;
	/** A load of ours runs, so its coming needs no other line, until the returned function is called. */
	arriving(key: ModelKey): () => void;
	/** A release of ours runs, so its going needs no other line, until the returned function is called. */
	leaving(key: ModelKey): () => void;
	/** A release of ours has ended; `room` says for which load, where it was for one. */
	released(model: LoadedModel, result: ReleaseResult, room: RoomFor | null): void;
	trimmed(result: TrimResult): void;
	/** How long the load of a model that has just come took, milliseconds, where it went through the gate. */
	loadMs(key: ModelKey): number | null;
	flushed(result: FlushResult): void;
	stop(): void;
}

/** What the journal needs. */
export interface JournalParts {
	readonly observer: Observer;
	readonly admission: Admission;
	readonly loops: Pick<LoopWatch, "released">;
	readonly clock: Clock;
	readonly history: Pick<HistoryStore, "ownLoads" | "setOwnLoad">;
	readonly record: (event: NewEvent) => void;
}

/** A load that went through the gate, monotonic times. */
interface Admitted {
	readonly beganMs: number;
	/** When it was over by the gate's word; null while it runs. */
	endedMs: number | null;
	/** It was listed before it was ready. */
	listedEarly: boolean;
}

/** Makes the journal; it follows the observer from now on. */
export function createJournal(parts: JournalParts): Journal {
	const { observer, admission, clock, history } = parts;
	const arriving = createCounts<ModelKey>();
	const leaving = createCounts<ModelKey>();
	/** What the last load of each was judged with. */
	const judged = new Map<ModelKey, FitVerdict>();
	/** When the last load of each through the gate for somebody else began; what it took is learned afterwards. */
	const lastBeganMs = new Map<ModelKey, number>();
	/** Loads that went through the gate for somebody else, until they are written down or came to nothing. */
	const admitted = new Map<ModelKey, Admitted>();
	let stopped = false;

	function record(
		kind: EventKind,
		severity: AppEvent["severity"],
		said: Message,
		data: Readonly<Record<string, unknown>>,
	): void {
		parts.record({ at: clock.now(), kind, severity, message: said, data });
	}

	function loaded(model: LoadedModel, footprintBytes: number, durationMs: number): void {
		history.setOwnLoad(model.key, true);
		const figures = { model: model.name, footprintBytes, durationMs };
		const verdict = judged.get(model.key);
		judged.delete(model.key);
		record("loaded", "info", message("event.loaded", figures), {
			...figures,
			key: model.key,
			...(verdict === undefined ? {} : { verdict: fitFigures(verdict) }),
		});
	}

	/** A request that was let through has loaded it; what was measured last may be from the middle of its load. */
	function loadedBy({ beganMs, endedMs }: Admitted, model: LoadedModel): void {
		admitted.delete(model.key);
		history.setOwnLoad(model.key, true);
		const durationMs = Math.round((endedMs ?? clock.monotonicMs()) - beganMs);
		void observer
			.measure(model.key)
			.catch(() => null)
			.then((footprint) => {
				if (!stopped) loaded(model, footprint?.bytes ?? model.footprintBytes, durationMs);
			});
	}

	/** The engine answers a load before it is asked for its list again, so it is asked once more. */
	async function lookFor(key: ModelKey, entry: Admitted): Promise<void> {
		const seen = await observer.lookNow().catch(() => null);
		const unsure = seen === null && clock.monotonicMs() - (entry.endedMs ?? 0) < LIST_WITHIN_MS;
		if (admitted.get(key) !== entry || stopped) return;
		if (!unsure) {
			admitted.delete(key);
			return;
		}
		await sleep(clock, LIST_EVERY_MS);
		await lookFor(key, entry);
	}

	function forgetOwn(key: ModelKey): void {
		if (history.ownLoads().includes(key)) history.setOwnLoad(key, false);
	}

	const stops: Stop[] = [
		admission.onLoad(({ key, verdict }, running) => {
			if (running && verdict !== null) judged.set(key, verdict);
			if (running) {
				lastBeganMs.set(key, clock.monotonicMs());
				admitted.set(key, { beganMs: clock.monotonicMs(), endedMs: null, listedEarly: false });
				return;
			}
			const entry = admitted.get(key);
			if (entry === undefined) return;
			entry.endedMs = clock.monotonicMs();
			const model = observer.find(key);
			if (entry.listedEarly && model !== null) loadedBy(entry, model);
			else void lookFor(key, entry);
		}),
		observer.onCame((model) => {
			if (arriving.has(model.key)) {
				admitted.delete(model.key);
				return;
			}
			const entry = admitted.get(model.key);
			if (entry !== undefined) {
				if (model.state === "loading") entry.listedEarly = true;
				else loadedBy(entry, model);
				return;
			}
			const figures = { model: model.name, footprintBytes: model.footprintBytes };
			record("loaded", "info", message("event.loaded-elsewhere", figures), {
				...figures,
				key: model.key,
			});
		}),
		observer.onWent((model) => {
			forgetOwn(model.key);
			lastBeganMs.delete(model.key);
			// What loads anew with another context goes first, and what is listed early may never come.
			const loads = arriving.has(model.key) || admitted.get(model.key)?.endedMs === null;
			if (leaving.has(model.key) || loads) return;
			const expired = model.expiresAt !== null && model.expiresAt <= clock.now() + EXPIRY_SLACK_MS;
			const said = expired
				? message("event.expired", { model: model.name })
				: message("event.unloaded-elsewhere", { model: model.name });
			record("unloaded", "info", said, {
				model: model.name,
				key: model.key,
				footprintBytes: model.footprintBytes,
			});
		}),
	];

	return {
		loaded,
		arriving: arriving.hold,
		leaving: leaving.hold,
		released(model, result, room) {
			const { grade, releasedBytes, durationMs } = result;
			if (grade !== "not-confirmed") forgetOwn(model.key);
			parts.loops.released(model.key, room);
			const said =
				grade === "proved" && room !== null
					? message("event.evicted", { model: model.name, wanted: room.for, releasedBytes, durationMs })
					: grade === "proved"
						? message("event.unloaded", { model: model.name, releasedBytes, durationMs })
						: grade === "engine-says-so"
							? message("event.unloaded-unproved", { model: model.name })
							: message("event.unload-not-confirmed", { model: model.name });
			record("unloaded", grade === "not-confirmed" ? "warning" : "info", said, {
				...result,
				...(room === null ? {} : { for: room.for, why: room.because }),
			});
		},
		trimmed(result) {
			const { name, releasedBytes, durationMs } = result;
			const said = message("event.trimmed", { model: name, releasedBytes, durationMs });
			record("unloaded", "info", said, { ...result });
		},
		loadMs(key) {
			const began = lastBeganMs.get(key);
			return began === undefined ? null : Math.round(clock.monotonicMs() - began);
		},
		flushed(result) {
			const total = result.releases.length;
			// Where nothing was loaded, nothing happened.
			if (total === 0) return;
			const left = result.releases.filter((release) => release.grade !== "not-confirmed").length;
			const { id, releasedBytes, durationMs } = result;
			const said =
				left === total
					? result.releases.some(({ grade }) => grade === "proved")
						? message("event.flushed", { count: total, releasedBytes, durationMs })
						: message("event.flush-said", { count: total, durationMs })
					: message("event.flush-incomplete", { count: left, total, releasedBytes });
			record("flush", left === total ? "info" : "warning", said, {
				id,
				releasedBytes,
				durationMs,
				models: total,
				left,
			});
		},
		stop() {
			stopped = true;
			for (const stop of stops) stop();
		},
	};
}
