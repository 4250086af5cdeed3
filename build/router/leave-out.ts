import { compileLexicon } from "./compile-lexicon.ts";
import { corpusOf, without } from "./examples.ts";
import { fit } from "./fit.ts";
import { type Verdict, verdictsOf } from "./judge.ts";
import type { Row } from "./rows.ts";
import { JUDGING, LEAST_CONFIDENCE, WEIGHTING } from "./settings.ts";

/** Every source's rows, judged by weights that were trained on all other sources. */
export function leaveOut(rows: readonly Row[], sharpness: number): ReadonlyMap<string, readonly Verdict[]> {
	const corpus = corpusOf(rows, compileLexicon(), WEIGHTING);
	const sources = [...new Set(rows.map(({ source }) => source))];
	return new Map(
		sources.map((source) => {
			const weights = fit(without(corpus, source), JUDGING);
			const calibrated = { ...weights, sharpness, leastConfidence: LEAST_CONFIDENCE };
			return [
				source,
				verdictsOf(
					calibrated,
					rows.filter((row) => row.source === source),
				),
			] as const;
		}),
	);
}
