import type { Weighting } from "./examples.ts";
import type { Settings } from "./fit.ts";

/** Chosen by leaving out one writer's file, and one public data set, at a time; the probe had no say. */
export const SETTINGS: Settings = {
	leastPrompts: 2,
	leastSources: 2,
	mostFeatures: 92_000,
	trainings: 4,
	passes: 5,
	rate: 0.15,
	decay: 1e-3,
	hidden: 0.3,
	gains: [1, 1, 1, 1, 1],
	balance: 0.7,
	doubt: 0.02,
	seed: 1,
};

/** How rows are weighed; chosen likewise. */
export const WEIGHTING: Weighting = { own: 3, sourceCap: 150 };

/** Below this probability the answer is `general`. */
export const LEAST_CONFIDENCE = 0.3;

/** For weights that only judge what was left out, rarest features too: choosing among them takes a second training. */
export const JUDGING: Settings = { ...SETTINGS, mostFeatures: Number.POSITIVE_INFINITY };
