import type { z } from "zod";
import type { AppEvent } from "../../../shared/app-event.ts";
import { AppError } from "../../../shared/errors.ts";
import type { FitHelp, FitStep, FitVerdict } from "../../../shared/fit.ts";
import type { HistorySlice } from "../../../shared/ipc.ts";
import type { MachineSample } from "../../../shared/machine.ts";
import { createRenderer } from "../../../shared/messages/create-renderer.ts";
import type { Message } from "../../../shared/messages/message.ts";
import type { LoadedModel } from "../../../shared/model.ts";
import type { FlushResult, LoadResult, ReleaseResult, TrimResult } from "../../../shared/operation.ts";
import type { AppState } from "../../../shared/state.ts";
import { toGb } from "../../../shared/units.ts";
import type {
	eventSchema,
	fitSchema,
	flushSchema,
	historySchema,
	loadedModelSchema,
	loadSchema,
	momentSchema,
	statusSchema,
	stepSchema,
	systemSchema,
	trimSchema,
	unloadSchema,
} from "./api-shapes.ts";
import { sentenceOf } from "./error-answer.ts";

const english = createRenderer("en");

/** A message as an English sentence. */
export function textOf(message: Message): string {
	return english.render(message);
}

/** A time as the HTTP API writes it. */
export function isoTime(at: number): string {
	return new Date(at).toISOString();
}

function gbOrNull(bytes: number | null): number | null {
	return bytes === null ? null : toGb(bytes);
}

function seconds(ms: number): number {
	return Math.round(ms) / 1000;
}

function usedPercent(totalBytes: number, availableBytes: number): number {
	if (totalBytes <= 0) return 0;
	return Math.round(((totalBytes - availableBytes) / totalBytes) * 1000) / 10;
}

function system({ machine, budget }: AppState): z.infer<typeof systemSchema> {
	const sample = machine?.sample ?? null;
	return {
		total_gb: gbOrNull(sample?.totalBytes ?? null),
		available_gb: gbOrNull(sample?.availableBytes ?? null),
		pressure_percent: sample === null ? null : usedPercent(sample.totalBytes, sample.availableBytes),
		pressure_level: machine?.level ?? null,
		swap_used_gb: gbOrNull(sample?.swapUsedBytes ?? null),
		budget_gb: gbOrNull(budget?.terms.budgetBytes ?? null),
		spare_gb: gbOrNull(budget?.spareBytes ?? null),
	};
}

function loadedModel(model: LoadedModel): z.infer<typeof loadedModelSchema> {
	return {
		name: model.name,
		size_gb: toGb(model.footprintBytes),
		expires_at: model.expiresAt === null ? null : isoTime(model.expiresAt),
		state: model.state,
		size_source: model.footprintSource,
		held_gb: gbOrNull(model.heldBytes),
		reported_gb: toGb(model.reportedBytes),
		gpu_percent: Math.round(model.gpuShare * 100),
		num_ctx: model.contextLength,
		digest: model.digest,
		pid: model.process?.pid ?? null,
		oddity: model.oddity?.kind ?? null,
		loaded_at: isoTime(model.loadedAt),
	};
}

/** The state as `GET /api/memory/status` tells it. */
export function statusOf(state: AppState): z.infer<typeof statusSchema> {
	const totalBytes = state.loaded.reduce((sum, model) => sum + model.footprintBytes, 0);
	return {
		system: system(state),
		ollama: {
			loaded_models: state.loaded.map(loadedModel),
			total_loaded_gb: toGb(totalBytes),
			stray_runners: state.strays.map(({ pid, kind, model, program, footprintBytes }) => ({
				pid,
				kind,
				model,
				program,
				size_gb: gbOrNull(footprintBytes),
			})),
			reload_loops: state.reloadLoops.map(({ because, models, contexts, reloads, lastAt }) => ({
				because,
				models: [...models],
				contexts: [...contexts],
				reloads,
				last_at: isoTime(lastAt),
			})),
		},
		router: {
			active_member: state.router.activeMember,
			last_unload: state.router.lastUnloadAt === null ? null : isoTime(state.router.lastUnloadAt),
		},
	};
}

/** A sample beside an operation. */
export function momentOf(sample: MachineSample | null): z.infer<typeof momentSchema> {
	if (sample === null) return null;
	return {
		at: isoTime(sample.at),
		total_gb: toGb(sample.totalBytes),
		available_gb: toGb(sample.availableBytes),
		swap_used_gb: gbOrNull(sample.swapUsedBytes),
	};
}

function unconfirmed(names: readonly string[]): string {
	return sentenceOf(AppError.of("release-not-confirmed", { model: names.join(", ") }));
}

/** A step before a load. */
export function stepOf({ kind, name, bytes, because }: FitStep): z.infer<typeof stepSchema> {
	return { step: kind, model: name, gb: toGb(bytes), because };
}

const SURENESS: readonly ReleaseResult["grade"][] = ["proved", "engine-says-so", "not-confirmed"];

/** One name may stand for several models; the least sure of them speaks for it. */
function leastSureLast(releases: readonly ReleaseResult[]): readonly ReleaseResult[] {
	return releases.toSorted((one, other) => SURENESS.indexOf(one.grade) - SURENESS.indexOf(other.grade));
}

/** What came of a flush. */
export function flushOf(result: FlushResult): z.infer<typeof flushSchema> {
	const failed = result.releases.filter((release) => release.grade === "not-confirmed");
	return {
		success: failed.length === 0,
		models_unloaded: result.releases
			.filter((release) => release.grade !== "not-confirmed")
			.map((release) => release.name),
		memory_released_gb: toGb(result.releasedBytes),
		duration_seconds: seconds(result.durationMs),
		before: momentOf(result.before),
		after: momentOf(result.after),
		failed: failed.map(({ name, because }) => ({ name, because, error: unconfirmed([name]) })),
		grades: Object.fromEntries(leastSureLast(result.releases).map(({ name, grade }) => [name, grade])),
		...(failed.length === 0 ? {} : { error: unconfirmed(failed.map((release) => release.name)) }),
	};
}

/** Where a release stands, in one word. */
export function releaseStatus(result: ReleaseResult): z.infer<typeof unloadSchema>["status"] {
	if (result.because === "load-cancelled") return "load-cancelled";
	if (result.grade !== "not-confirmed") return "unloaded";
	return result.because === "draining" ? "draining" : "not-confirmed";
}

/** What came of unloading one model. */
export function unloadOf(
	result: ReleaseResult,
	before: MachineSample | null,
	after: MachineSample | null,
): z.infer<typeof unloadSchema> {
	const status = releaseStatus(result);
	return {
		success: status === "unloaded" || status === "load-cancelled",
		status,
		model: result.name,
		grade: result.grade,
		memory_released_gb: toGb(result.releasedBytes),
		duration_seconds: seconds(result.durationMs),
		before: momentOf(before),
		after: momentOf(after),
		...(status === "not-confirmed" ? { error: unconfirmed([result.name]) } : {}),
	};
}

/** What came of a load. */
export function loadOf(result: LoadResult): z.infer<typeof loadSchema> {
	return {
		success: true,
		model: result.name,
		already_loaded: result.already,
		size_gb: toGb(result.footprintBytes),
		num_ctx: result.contextLength,
		duration_seconds: seconds(result.durationMs),
		models_unloaded: result.evicted
			.filter(({ step, grade }) => step === "evict" && grade !== "not-confirmed")
			.map((release) => release.name),
		evictions: result.evicted.map(({ name, step, why, grade }) => ({
			model: name,
			step,
			because: why,
			grade,
		})),
		memory_released_gb: toGb(result.evicted.reduce((sum, release) => sum + release.releasedBytes, 0)),
		before: momentOf(result.before),
		after: momentOf(result.after),
	};
}

function helpOf(help: FitHelp): z.infer<typeof fitSchema>["help"][number] {
	switch (help.kind) {
		case "wait":
		case "unpin":
			return { kind: help.kind, models: [...help.names] };
		case "flush":
			return { kind: help.kind, gb: toGb(help.spareBytes) };
		case "context":
			return { kind: help.kind, num_ctx: help.contextLength };
		case "free":
			return { kind: help.kind, gb: toGb(help.bytes) };
	}
}

/** A verdict with every term; null where nothing could be judged. */
export function fitOf(model: string, verdict: FitVerdict | null): z.infer<typeof fitSchema> {
	if (verdict === null)
		return {
			model,
			verdict: "unknown",
			num_ctx: null,
			num_ctx_source: null,
			footprint: null,
			margin_gb: null,
			budget_gb: null,
			budget: null,
			evictions: [],
			wait_for: [],
			gpu_percent: null,
			because: null,
			help: [],
		};
	const { footprint, budget } = verdict;
	return {
		model: verdict.name,
		verdict: verdict.outcome,
		num_ctx: verdict.contextLength,
		num_ctx_source: verdict.contextSource,
		footprint: {
			weights_gb: toGb(footprint.weightsBytes),
			context_gb: toGb(footprint.contextBytes),
			overhead_gb: toGb(footprint.overheadBytes),
			loaded_gb: toGb(footprint.loadedBytes),
			working_gb: toGb(footprint.workingBytes),
			total_gb: toGb(footprint.totalBytes),
			may_grow_gb: toGb(footprint.mayGrowBytes),
			source: footprint.source,
		},
		margin_gb: toGb(verdict.marginBytes),
		budget_gb: toGb(budget.budgetBytes),
		budget: {
			available_gb: toGb(budget.availableBytes),
			lacking_gb: toGb(budget.lackingBytes),
			given_back_gb: toGb(budget.givenBackBytes),
			after_plan_gb: toGb(budget.afterPlanBytes),
			overhead_gb: toGb(budget.overheadBytes),
			safety_gb: toGb(verdict.safetyBytes),
			factor: budget.factor,
		},
		evictions: verdict.steps.map(stepOf),
		wait_for: [...verdict.waitFor],
		gpu_percent: verdict.gpuPercent,
		because: verdict.because,
		help: verdict.help.map(helpOf),
	};
}

/** What came of a trim. */
export function trimOf(result: TrimResult): z.infer<typeof trimSchema> {
	return {
		success: true,
		model: result.name,
		grade: result.grade,
		before_gb: toGb(result.beforeBytes),
		after_gb: toGb(result.afterBytes),
		memory_released_gb: toGb(result.releasedBytes),
		duration_seconds: seconds(result.durationMs),
	};
}

/** An event as history and event stream tell it. */
export function eventOf(event: AppEvent): z.infer<typeof eventSchema> {
	return {
		id: event.id,
		at: isoTime(event.at),
		kind: event.kind,
		severity: event.severity,
		text: textOf(event.message),
		message: { id: event.message.id, params: { ...event.message.params } },
		data: { ...event.data },
	};
}

/** A stretch of the past. */
export function historyOf(slice: HistorySlice, fromAt: number, toAt: number): z.infer<typeof historySchema> {
	return {
		from: isoTime(fromAt),
		to: isoTime(toAt),
		points: slice.points.map((point) => ({
			at: isoTime(point.at),
			total_gb: toGb(point.totalBytes),
			available_gb: toGb(point.availableBytes),
			pressure_percent: usedPercent(point.totalBytes, point.availableBytes),
			pressure_level: point.level,
			swap_used_gb: gbOrNull(point.swapUsedBytes),
			loaded_gb: toGb(point.loadedBytes),
		})),
		events: slice.events.map(eventOf),
	};
}
