import type { BudgetProfile, BudgetTerms } from "../../../shared/fit.ts";
import type { ModelKey } from "../../../shared/model.ts";

/** A loaded model as the budget counts it; all bytes. */
export interface BudgetModel {
	readonly key: ModelKey;
	/** What it takes when it works. */
	readonly footprintBytes: number;
	/** What it has in RAM outside the file cache now. */
	readonly heldBytes: number;
	/** By how much its runner has grown. */
	readonly grownBytes: number;
}

/** What the budget is worked out from. */
export interface BudgetQuestion {
	readonly availableBytes: number;
	readonly totalBytes: number;
	readonly models: readonly BudgetModel[];
	/** Models that a plan unloads. */
	readonly evictions: ReadonlySet<ModelKey>;
	/** Models that a plan unloads and loads again. */
	readonly trims: ReadonlySet<ModelKey>;
	readonly profile: BudgetProfile;
	/** Kept free for the machine, bytes. */
	readonly overheadBytes: number;
}

/** Factor by the share of the memory that would be used after the plan: the first row whose share is exceeded counts. */
const FACTORS: Readonly<Record<BudgetProfile, readonly (readonly [share: number, factor: number])[]>> = {
	balanced: [
		[0.9, 0.8],
		[0.85, 0.9],
		[0.75, 0.95],
	],
	original: [
		[0.85, 0.7],
		[0.75, 0.8],
		[0.6, 0.85],
	],
};

/** How far a positive budget is cut when this share of the memory is used. */
export function budgetFactor(usedShare: number, profile: BudgetProfile): number {
	return FACTORS[profile].find(([share]) => usedShare > share)?.[1] ?? 1;
}

/**
 * What may still be loaded. Mapped weights of an idle model look free though they are needed the moment it answers, so
 * what each model holds now is counted against what it will take. The result may be negative.
 */
export function budget(question: BudgetQuestion): BudgetTerms {
	const { availableBytes, totalBytes, overheadBytes } = question;
	let lackingBytes = 0;
	let givenBackBytes = 0;
	for (const { key, footprintBytes, heldBytes, grownBytes } of question.models) {
		if (question.evictions.has(key)) {
			givenBackBytes += heldBytes;
			continue;
		}
		lackingBytes += Math.max(0, footprintBytes - heldBytes);
		if (question.trims.has(key)) givenBackBytes += Math.min(grownBytes, heldBytes);
	}
	const afterPlanBytes = availableBytes - lackingBytes + givenBackBytes;
	const uncutBytes = afterPlanBytes - overheadBytes;
	const factor =
		uncutBytes > 0 && totalBytes > 0 ? budgetFactor(1 - afterPlanBytes / totalBytes, question.profile) : 1;
	return {
		totalBytes,
		availableBytes,
		lackingBytes,
		givenBackBytes,
		afterPlanBytes,
		overheadBytes,
		factor,
		budgetBytes: uncutBytes * factor,
	};
}
