import { AppError } from "../../../shared/errors.ts";
import type { FitVerdict } from "../../../shared/fit.ts";

/** Every figure of a verdict, for the log and for events. */
export function fitFigures(verdict: FitVerdict): Readonly<Record<string, unknown>> {
	const { footprint, budget } = verdict;
	return {
		model: verdict.name,
		verdict: verdict.outcome,
		contextLength: verdict.contextLength,
		contextSource: verdict.contextSource,
		weightsBytes: footprint.weightsBytes,
		contextBytes: footprint.contextBytes,
		loadedBytes: footprint.loadedBytes,
		workingBytes: footprint.workingBytes,
		neededBytes: footprint.totalBytes,
		source: footprint.source,
		availableBytes: budget.availableBytes,
		lackingBytes: budget.lackingBytes,
		givenBackBytes: budget.givenBackBytes,
		afterPlanBytes: budget.afterPlanBytes,
		overheadBytes: budget.overheadBytes,
		safetyBytes: verdict.safetyBytes,
		factor: budget.factor,
		budgetBytes: Math.round(budget.budgetBytes),
		marginBytes: Math.round(verdict.marginBytes),
		gpuPercent: verdict.gpuPercent,
		steps: verdict.steps.map(({ kind, name, bytes, because }) => ({ kind, model: name, bytes, because })),
		waitFor: verdict.waitFor,
		because: verdict.because,
	};
}

/**
 * The error of a load that is over. Needed is what it takes with what must stay free; available is the budget before
 * that is taken off.
 */
export function refusalOf(verdict: FitVerdict): AppError {
	const { footprint, budget, safetyBytes, name } = verdict;
	if (verdict.because === "engine-models" || verdict.because === "engine-memory")
		return AppError.of("engine-ceiling", { model: name });
	return AppError.of("memory-too-low", {
		model: name,
		neededBytes: Math.round(footprint.totalBytes + safetyBytes + budget.overheadBytes),
		availableBytes: Math.max(0, Math.round(budget.budgetBytes + budget.overheadBytes)),
	});
}
