import { probabilities } from "../../electron/core/router/classifier/classifier.ts";
import type { Weights } from "../../electron/core/router/classifier/weights.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import type { Verdict } from "./judge.ts";
import { LEAST_CONFIDENCE } from "./settings.ts";

/** Mean logarithmic loss of held-out verdicts if their scores were multiplied by `sharpness`. */
function loss(verdicts: readonly Verdict[], sharpness: number): number {
	return (
		verdicts.reduce((sum, { row, scores }) => {
			const logs = scores.map((score) => Math.log(Math.max(score, 1e-12)));
			const chances = probabilities(logs, sharpness);
			return sum - Math.log(chances[CLASSIFIED_DOMAINS.indexOf(row.domain)] as number);
		}, 0) / verdicts.length
	);
}

/** Weights whose probabilities are as often right as they say, on prompts that they had not seen. */
export function calibrated(weights: Weights, heldOut: readonly Verdict[]): Weights {
	let best = 1;
	let least = Number.POSITIVE_INFINITY;
	for (let sharpness = 0.3; sharpness < 3; sharpness += 0.02) {
		const lost = loss(heldOut, sharpness);
		if (lost < least) {
			least = lost;
			best = sharpness;
		}
	}
	return { ...weights, sharpness: best, leastConfidence: LEAST_CONFIDENCE };
}
