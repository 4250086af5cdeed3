import type { Weights } from "../../electron/core/router/classifier/weights.ts";
import { calibrated } from "./calibrate.ts";
import { compileLexicon } from "./compile-lexicon.ts";
import { corpusOf, without } from "./examples.ts";
import { fit } from "./fit.ts";
import { type Verdict, verdictsOf } from "./judge.ts";
import { isOwn, type Row } from "./rows.ts";
import { JUDGING, SETTINGS, WEIGHTING } from "./settings.ts";

/** Trained weights, and what they were calibrated on. */
export interface Trained {
	readonly weights: Weights;
	/** Own prompts, each judged by weights that never saw its writer's file; before calibration. */
	readonly heldOut: readonly Verdict[];
}

/** Trains on all rows; calibrates on own prompts by weights that never saw their file. Deterministic. */
export function train(rows: readonly Row[]): Trained {
	const corpus = corpusOf(rows, compileLexicon(), WEIGHTING);
	const files = [...new Set(rows.filter(isOwn).map(({ source }) => source))];
	const heldOut = files.flatMap((file) =>
		verdictsOf(
			fit(without(corpus, file), JUDGING),
			rows.filter(({ source }) => source === file),
		),
	);
	return { weights: calibrated(fit(corpus, SETTINGS), heldOut), heldOut };
}
