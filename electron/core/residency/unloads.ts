import { AppError } from "../../../shared/errors.ts";
import type { StepReason } from "../../../shared/fit.ts";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { Operation, ReleaseResult } from "../../../shared/operation.ts";
import type { Clock } from "../ports.ts";
import { nothing } from "./deferred.ts";
import type { Journal } from "./journal.ts";
import type { OperationBoard } from "./operation-board.ts";
import { type Release, type ReleaseOutcome, type ReleaseParts, releaseModel } from "./release.ts";
import { DEFAULT_KEEP_ALIVE_MS, touchModel } from "./touch.ts";

/** What a model has to go for. */
export interface RoomFor {
	/** The model that is to be loaded. */
	readonly for: string;
	readonly because: StepReason;
}

/** Models that are leaving, each released once however many ask. */
export interface Unloads {
	/** Begins a release or joins the one that runs. */
	begin(model: LoadedModel, requestedBy: Operation["requestedBy"], room?: RoomFor): Release;
	running(key: ModelKey): Release | null;
	/** Calls a release off by a touch; rejects with `model-not-loaded` where it is too late. */
	keep(release: Release, keepAliveMs?: number): Promise<void>;
	/** Stops watching; whoever waits is told that it was cancelled. */
	stop(): void;
}

/** Makes the releases, each with a row on the board and a line in the journal. */
export function createUnloads(
	parts: ReleaseParts & { readonly clock: Clock },
	board: OperationBoard,
	journal: Journal,
): Unloads {
	const running = new Map<ModelKey, Release>();

	async function keep(release: Release, keepAliveMs?: number): Promise<void> {
		const { model } = release;
		await touchModel(parts, model, keepAliveMs ?? keepAliveLeftMs(model, parts.clock.now()));
		release.calledOff();
		parts.observer.setAsked(model.key, null);
		await release.outcome.catch(() => undefined);
	}

	/** Takes the release off the board before anybody who waits for it is told, and writes it down. */
	async function concluded(
		release: Release,
		over: () => void,
		room: RoomFor | null,
	): Promise<ReleaseOutcome> {
		try {
			const outcome = await release.outcome;
			if (outcome.kind === "ended") journal.released(release.model, outcome.result, room);
			return outcome;
		} finally {
			running.delete(release.model.key);
			over();
		}
	}

	return {
		running: (key) => running.get(key) ?? null,
		keep,
		stop() {
			for (const release of running.values()) release.calledOff();
		},
		begin(model, requestedBy, room) {
			const joined = running.get(model.key);
			if (joined !== undefined) return joined;
			const left = journal.leaving(model.key);
			const row = board.add(
				{ kind: "unload", name: model.name, key: model.key, state: "running", requestedBy },
				async () => {
					const release = running.get(model.key);
					if (release?.draining()) await keep(release);
				},
			);
			const watched = releaseModel(parts, model, (draining) =>
				row.change({ state: draining ? "waiting-for-reply" : "running" }),
			);
			const over = () => {
				left();
				row.remove();
			};
			const outcome = concluded(watched, over, room ?? null);
			outcome.catch(nothing);
			const release = { ...watched, outcome };
			running.set(model.key, release);
			return release;
		},
	};
}

/** Keep-alive a model had left when it was asked to leave; -1 for ever. */
function keepAliveLeftMs(model: LoadedModel, now: number): number {
	if (model.expiresAt === null) return -1;
	return model.expiresAt > now ? model.expiresAt - now : DEFAULT_KEEP_ALIVE_MS;
}

/** The result of a release for a caller, who may not want to wait for an answer to end. */
export async function releaseResult(
	release: Release,
	clock: Clock,
	untilDrainingMs: number | undefined,
): Promise<ReleaseResult> {
	const whole = release.outcome.then((outcome) => {
		if (outcome.kind === "kept") throw AppError.of("cancelled", {});
		return outcome.result;
	});
	if (untilDrainingMs === undefined) return whole;
	let stop: () => void = nothing;
	const early = new Promise<ReleaseResult>((resolve) => {
		const check = () => {
			if (release.draining()) resolve(release.soFar());
			else stop = clock.after(100, check);
		};
		stop = clock.after(untilDrainingMs, check);
	});
	return Promise.race([whole, early]).finally(() => stop());
}
