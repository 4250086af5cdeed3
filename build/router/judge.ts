import { Classifier } from "../../electron/core/router/classifier/classifier.ts";
import type { Weights } from "../../electron/core/router/classifier/weights.ts";
import { CLASSIFIED_DOMAINS, type ClassifiedDomain } from "../../shared/router.ts";
import type { Row } from "./rows.ts";

/** A row and what the classifier made of it. */
export interface Verdict {
	readonly row: Row;
	readonly domain: ClassifiedDomain;
	readonly confidence: number;
	/** Probability of every domain, in their order. */
	readonly scores: readonly number[];
}

/** Classifies rows. */
export function verdictsOf(weights: Weights, rows: readonly Row[]): readonly Verdict[] {
	const classifier = new Classifier(weights);
	return rows.map((row) => {
		const { domain, confidence, scores } = classifier.classify(row.prompt);
		return { row, domain, confidence, scores: CLASSIFIED_DOMAINS.map((each) => scores[each]) };
	});
}

/** Share of verdicts that are right; NaN for none. */
export function accuracy(verdicts: readonly Verdict[]): number {
	return rightIn(verdicts) / verdicts.length;
}

/** Verdicts by a property of their row. */
export function groupBy(
	verdicts: readonly Verdict[],
	keyOf: (row: Row) => string,
): ReadonlyMap<string, readonly Verdict[]> {
	const groups = new Map<string, Verdict[]>();
	for (const verdict of verdicts) {
		const key = keyOf(verdict.row);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [verdict]);
		else group.push(verdict);
	}
	return groups;
}

/** Expected calibration error over ten equal ranges of confidence. */
export function calibrationError(verdicts: readonly Verdict[]): number {
	let error = 0;
	for (let bin = 0; bin < 10; bin += 1) {
		const inBin = verdicts.filter(({ confidence }) => Math.min(9, Math.floor(confidence * 10)) === bin);
		if (inBin.length === 0) continue;
		const confidence = inBin.reduce((sum, verdict) => sum + verdict.confidence, 0) / inBin.length;
		error += (Math.abs(accuracy(inBin) - confidence) * inBin.length) / verdicts.length;
	}
	return error;
}

/** What is told of a set of verdicts; every figure is exactly reproducible. */
export interface Figures {
	readonly prompts: number;
	readonly right: number;
	readonly calibrationError: number;
	readonly byDomain: Readonly<Record<string, { readonly prompts: number; readonly right: number }>>;
	readonly byLanguage: Readonly<Record<string, { readonly prompts: number; readonly right: number }>>;
}

/** Counts verdicts. */
export function figuresOf(verdicts: readonly Verdict[]): Figures {
	const counted = (keyOf: (row: Row) => string) =>
		Object.fromEntries(
			[...groupBy(verdicts, keyOf)]
				.sort(([a], [b]) => a.localeCompare(b, "en"))
				.map(([key, group]) => [key, { prompts: group.length, right: rightIn(group) }]),
		);
	return {
		prompts: verdicts.length,
		right: rightIn(verdicts),
		calibrationError: Math.round(calibrationError(verdicts) * 1e4) / 1e4,
		byDomain: counted(({ domain }) => domain),
		byLanguage: counted(({ lang }) => lang),
	};
}

function rightIn(verdicts: readonly Verdict[]): number {
	return verdicts.filter(({ row, domain }) => row.domain === domain).length;
}
