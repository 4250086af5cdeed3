import {
	predictionErrors,
	type RecordedLoads,
} from "../../electron/core/footprint/testing/recorded-loads.ts";
import recorded from "../fixtures/footprints/footprints.json" with { type: "json" };
import { type Bench, row } from "./bench.ts";

/** The numbers to hold for each kind of runner: mean and worst share. */
const LIMITS = [
	["llama-server", 0.01, 0.05],
	["llamarunner", 0.01, 0.05],
	["ollama-engine", 0.02, 0.1],
] as const;

/** How far predictions without margin are off what real runners of real servers held. */
export const predictionBench: Bench = {
	name: "prediction",
	obstacle: () => null,
	async run() {
		const errors = predictionErrors(recorded as unknown as RecordedLoads);
		const tooLow = errors.filter(({ load, lowBytes }) => lowBytes > Math.max(0.03 * load.loaded, 30e6));
		return [
			...LIMITS.flatMap(([program, meanLimit, worstLimit]) => {
				const shares = errors.filter((each) => each.program === program).map(({ error }) => Math.abs(error));
				const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
				const worst = Math.max(...shares);
				return [
					row(
						`${program}, ${shares.length} loads: mean`,
						100 * mean,
						"%",
						`<= ${100 * meanLimit}`,
						mean <= meanLimit,
					),
					row(`${program}: worst`, 100 * worst, "%", `<= ${100 * worstLimit}`, worst <= worstLimit),
				];
			}),
			row("loads predicted low by more than 3 % and 30 MB", tooLow.length, "", "0", tooLow.length === 0),
		];
	},
};
