import type {
	InstalledModel,
	LoadedModel,
	LoadedModelState,
	ModelKey,
	Oddity,
} from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { StrayRunner } from "../../../shared/state.ts";
import type { LoadedRow } from "../engine/engine.ts";
import type { TimedFootprint, UnmatchedRunner } from "../memory/machine-view.ts";
import type { ProcessInfo } from "../ports.ts";
import { type Activity, activityState } from "./model-activity.ts";
import type { UnlistedRunner } from "./unlisted-runners.ts";

/** A model that was asked to leave and has not left in this time although idle is stuck. */
export const STUCK_AFTER_MS = 10_000;

/** What is remembered of a listed model from one look to the next. */
export interface Remembered {
	readonly firstSeenAt: number;
	readonly activity: Activity;
	/** A request of ours is under way for it. */
	readonly inFlight: boolean;
	/** When Plimsoll asked it to leave, wall clock. */
	readonly askedAt: number | null;
	/** A load of ours has not come back yet, so it may be listed before it is ready. */
	readonly loading: boolean;
	readonly process: ProcessInfo | null;
	/** Its process was there, or must have been, and is gone. */
	readonly processEnded: boolean;
	readonly footprint: TimedFootprint | null;
	readonly slot: number | null;
	/** What was asked for by pinning, where the engine's list may not show it yet; else null. */
	readonly pinned: boolean | null;
	readonly own: boolean;
}

/** A runner that is not listed yet. */
export interface AppearingRunner {
	readonly runner: UnmatchedRunner;
	readonly firstSeenAt: number;
	readonly footprint: TimedFootprint | null;
	/** The installed model whose weights it holds, where that could be told. */
	readonly installed: InstalledModel | null;
	readonly slot: number | null;
	readonly own: boolean;
}

/** All that a picture of the loaded models is made from. */
export interface Picture {
	/** Wall clock. */
	readonly now: number;
	readonly rows: readonly LoadedRow[];
	readonly remembered: ReadonlyMap<ModelKey, Remembered>;
	readonly appearing: readonly AppearingRunner[];
	readonly installed: readonly InstalledModel[];
	/** Footprints come from the demo engine's machine. */
	readonly simulated: boolean;
}

/** Merges what the engine lists, what the process table shows and what Plimsoll did into the loaded models. */
export function loadedModels(picture: Picture): readonly LoadedModel[] {
	const listed = picture.rows.flatMap((row) => {
		const remembered = picture.remembered.get(row.key);
		return remembered === undefined ? [] : [listedModel(row, remembered, picture)];
	});
	const keys = new Set(listed.map((model) => model.key));
	const appearing = picture.appearing
		.map((runner) => appearingModel(runner, picture.simulated))
		.filter((model) => !keys.has(model.key));
	return [...listed, ...appearing];
}

function listedModel(row: LoadedRow, remembered: Remembered, picture: Picture): LoadedModel {
	const raw = activityState(remembered.activity, picture.now);
	const oddity = oddityOf(row, remembered, picture);
	const { footprint, process } = remembered;
	const seen = !remembered.processEnded && process !== null && footprint !== null;
	const footprintBytes = remembered.processEnded ? 0 : seen ? footprint.bytes : row.reportedBytes;
	return {
		key: row.key,
		name: row.name,
		digest: row.digest,
		runner: row.runner,
		details: row.details,
		state: shownState(raw, remembered, picture.now),
		idleSinceAt: raw === "idle" ? remembered.activity.quietSinceAt : null,
		footprintBytes,
		footprintSource:
			seen || remembered.processEnded ? (picture.simulated ? "simulated" : "measured") : "reported",
		footprintRounded: seen && footprint.rounded,
		heldBytes: remembered.processEnded ? 0 : seen ? footprint.heldBytes : null,
		reportedBytes: row.reportedBytes,
		gpuShare: row.reportedBytes > 0 ? Math.min(1, Math.max(0, row.reportedGpuBytes / row.reportedBytes)) : 0,
		contextLength: row.contextLength,
		expiresAt: row.expiresAt,
		loadedAt: remembered.firstSeenAt,
		process:
			process === null || remembered.processEnded
				? null
				: { pid: process.pid, startedAt: process.startedAt ?? 0 },
		oddity,
		slot: remembered.slot,
		pinned: remembered.pinned ?? row.expiresAt === null,
		own: remembered.own,
	};
}

/**
 * A model that was asked to leave drains only if it has worked since: the processor time of its own load, a moment
 * before, is no answer to wait for.
 */
function shownState(raw: "idle" | "busy" | "unknown", remembered: Remembered, now: number): LoadedModelState {
	const { askedAt, activity } = remembered;
	if (remembered.loading && askedAt === null) return "loading";
	if (askedAt === null) return raw;
	if (remembered.inFlight) return "draining";
	if (raw === "unknown") return now - askedAt >= 1_000 ? "draining" : "unloading";
	return raw === "busy" && activity.lastBusyAt !== null && activity.lastBusyAt > askedAt
		? "draining"
		: "unloading";
}

function oddityOf(row: LoadedRow, remembered: Remembered, picture: Picture): Oddity | null {
	if (remembered.processEnded) return { kind: "dead-runner" };
	const ghost = ghostOf(row, picture.installed);
	if (ghost !== null) return ghost;
	const { askedAt, activity } = remembered;
	if (askedAt === null || activityState(activity, picture.now) !== "idle") return null;
	const sinceAt = Math.max(askedAt, activity.quietSinceAt ?? askedAt);
	return picture.now - sinceAt >= STUCK_AFTER_MS ? { kind: "stuck", sinceAt } : null;
}

/** Tells a model whose name on disk is gone or means something else by now; unloading by name cannot reach it. */
function ghostOf(row: LoadedRow, installed: readonly InstalledModel[]): Oddity | null {
	if (installed.length === 0 || row.digest === "") return null;
	const name = normalizeModelName(row.name);
	const sameName = installed.filter((model) => normalizeModelName(model.name) === name);
	if (sameName.length === 0) return { kind: "ghost", because: "deleted" };
	return sameName.some((model) => model.digest === row.digest)
		? null
		: { kind: "ghost", because: "re-tagged" };
}

function appearingModel(appearing: AppearingRunner, simulated: boolean): LoadedModel {
	const { installed, runner, footprint } = appearing;
	const name = installed?.name ?? runner.modelName ?? runner.weightsBlob?.slice(0, 12) ?? programOf(runner);
	return {
		key: installed?.key ?? `pid:${runner.process.pid}`,
		name,
		digest: installed?.digest ?? "",
		runner: installed?.runner ?? null,
		details: installed?.details ?? {
			format: "",
			family: "",
			parameterSize: "",
			quantization: "",
			contextLength: null,
		},
		state: "loading",
		idleSinceAt: null,
		footprintBytes: footprint?.bytes ?? 0,
		footprintSource: simulated ? "simulated" : "measured",
		footprintRounded: footprint?.rounded ?? false,
		heldBytes: footprint?.heldBytes ?? null,
		reportedBytes: 0,
		gpuShare: 0,
		contextLength: 0,
		expiresAt: null,
		loadedAt: appearing.firstSeenAt,
		process: { pid: runner.process.pid, startedAt: runner.process.startedAt ?? 0 },
		oddity: null,
		slot: appearing.slot,
		pinned: false,
		own: appearing.own,
	};
}

/** Program of a runner without its path; arguments begin at the first blank that a dash follows. */
function programOf(runner: UnmatchedRunner): string {
	const program = runner.process.commandLine.split(/\s+-/, 1)[0] ?? "";
	return program.slice(program.lastIndexOf("/") + 1).trim();
}

/** A runner may take so long to end once its model is off the list, before it counts as left behind. */
const LEFT_BEHIND_AFTER_MS = 5_000;

/** Runners that no engine lists, as shown; those that load, or are about to end, are none. */
export function strayRunners(
	unlisted: readonly (UnlistedRunner & { readonly model: string | null })[],
	now: number,
): readonly StrayRunner[] {
	return unlisted.flatMap(({ runner, model, footprint, wasListed, firstSeenAt }) => {
		const stays = wasListed && now - firstSeenAt >= LEFT_BEHIND_AFTER_MS;
		const kind = runner.kind !== "loading" ? runner.kind : stays ? ("left-behind" as const) : null;
		if (kind === null) return [];
		return [
			{
				pid: runner.process.pid,
				startedAt: runner.process.startedAt ?? 0,
				kind,
				model,
				program: programOf(runner),
				footprintBytes: footprint?.bytes ?? null,
			},
		];
	});
}
