import type { AppEvent, EventKind } from "../../../shared/app-event.ts";
import { type Message, message } from "../../../shared/messages/message.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { FlushResult, ReleaseResult } from "../../../shared/operation.ts";
import type { Clock, HistoryStore, NewEvent, Stop } from "../ports.ts";
import type { Admission } from "./admission.ts";
import { createCounts } from "./counts.ts";
import type { Observer } from "./observer.ts";

/** An entry that leaves the list this close to its expiry left by itself; lists come up to 4 s apart. */
const EXPIRY_SLACK_MS = 5_000;

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

/** Makes the journal; it follows the observer from now on. */
export function createJournal(parts: JournalParts): Journal {
	const { observer, admission, clock, history } = parts;
	const arriving = createCounts<ModelKey>();
	const leaving = createCounts<ModelKey>();
	/** When loads that went through the gate for somebody else began. */
	const admittedAtMs = new Map<ModelKey, number>();

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

	function forgetOwn(key: ModelKey): void {
		if (history.ownLoads().includes(key)) history.setOwnLoad(key, false);
	}

	const stops: Stop[] = [
		admission.onLoad((load, running) => {
			if (running) admittedAtMs.set(load.key, clock.monotonicMs());
			else if (observer.find(load.key) === null) admittedAtMs.delete(load.key);
		}),
		observer.onCame((model) => {
			const beganMs = admittedAtMs.get(model.key);
			admittedAtMs.delete(model.key);
			if (arriving.has(model.key)) return;
			if (beganMs !== undefined) {
				loaded(model, model.footprintBytes, Math.round(clock.monotonicMs() - beganMs));
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
			if (leaving.has(model.key)) return;
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
			for (const stop of stops) stop();
		},
	};
}
