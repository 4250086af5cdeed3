import type { AppEvent, EventKind } from "../../../shared/app-event.ts";
import { type Message, message } from "../../../shared/messages/message.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { FlushResult, ReleaseResult } from "../../../shared/operation.ts";
import { sleep } from "../clock.ts";
import type { Clock, HistoryStore, NewEvent, Stop } from "../ports.ts";
import type { Admission } from "./admission.ts";
import { createCounts } from "./counts.ts";
import type { Observer } from "./observer.ts";

/** An entry that leaves the list this close to its expiry left by itself; lists come up to 4 s apart. */
const EXPIRY_SLACK_MS = 5_000;

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
	released(model: LoadedModel, result: ReleaseResult): void;
	flushed(result: FlushResult): void;
	stop(): void;
}

/** What the journal needs. */
export interface JournalParts {
	readonly observer: Observer;
	readonly admission: Admission;
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
		record("loaded", "info", message("event.loaded", figures), { ...figures, key: model.key });
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
		admission.onLoad(({ key }, running) => {
			if (running) {
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
		released(model, result) {
			const { grade, releasedBytes, durationMs } = result;
			if (grade !== "not-confirmed") forgetOwn(model.key);
			const said =
				grade === "proved"
					? message("event.unloaded", { model: model.name, releasedBytes, durationMs })
					: grade === "engine-says-so"
						? message("event.unloaded-unproved", { model: model.name })
						: message("event.unload-not-confirmed", { model: model.name });
			record("unloaded", grade === "not-confirmed" ? "warning" : "info", said, { ...result });
		},
		flushed(result) {
			const total = result.releases.length;
			const left = result.releases.filter((release) => release.grade !== "not-confirmed").length;
			const { id, releasedBytes, durationMs } = result;
			const said =
				left === total
					? message("event.flushed", { count: total, releasedBytes, durationMs })
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
