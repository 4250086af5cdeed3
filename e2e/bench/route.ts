import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readClassifier } from "../../electron/core/router/classifier/read-classifier.ts";
import { createRequirementsOf } from "../../electron/core/router/requirements/requirements.ts";
import { type Bench, figure, percentile, row } from "./bench.ts";

const weights = fileURLToPath(new URL("../../build/router/weights/router-weights.bin", import.meta.url));

/** Characters of a prompt. */
const LENGTH = 4_000;
const ROUNDS = 400;
const TRIES = 3;

/** Prompts of that length that differ from the first character to the last, so that no answer can be a remembered one. */
function promptsOf(length: number): readonly string[] {
	const texts = [
		"Please look at this log and tell me why the deploy fails: ERROR worker-7 connection refused at db.internal:5432. ",
		"Ich möchte einen Brief an meinen Vermieter schreiben, weil die Heizung seit drei Wochen kalt bleibt und niemand kommt. ",
		"const rows = items.filter((item) => item.price > 10).map(({ name, price }) => `${name}: ${price}`); // slow\n",
		"この文章を読んで、要点を三つにまとめたうえで、丁寧な返信のメールを書いてください。よろしくお願いします。",
		"Сколько рабочих нужно, чтобы построить дом за 12 дней, если 8 человек строят его за 30 дней? ",
	];
	return Array.from({ length: ROUNDS }, (_, round) => {
		const text = texts[round % texts.length] as string;
		return `${round} ${text.repeat(Math.ceil(length / text.length))}`.slice(0, length);
	});
}

/** Milliseconds of each prompt, the best of three: other programs on the machine are not what is measured. */
function timesOf(prompts: readonly string[], read: (prompt: string) => unknown): readonly number[] {
	return prompts.map((prompt) =>
		Math.min(
			...Array.from({ length: TRIES }, () => {
				const start = performance.now();
				read(prompt);
				return performance.now() - start;
			}),
		),
	);
}

/** How long it takes to tell what a prompt needs. */
export const routeBench: Bench = {
	name: "route",
	obstacle: () => (existsSync(weights) ? null : "there are no weights; npm run train:router makes them"),
	async run() {
		const start = performance.now();
		const classifier = readClassifier(weights);
		const requirementsOf = createRequirementsOf(classifier);
		const read = performance.now() - start;
		const corrections = Array.from({ length: 50 }, (_, index) => ({
			prompt: `correction ${index} about something that is not asked here`,
			domain: "coding" as const,
		}));
		const ask = (prompt: string) =>
			requirementsOf({ prompt, imageCount: 0, context: { tokens: 0, tools: false }, corrections });
		const before = performance.now();
		ask("How do I get started?");
		const cold = performance.now() - before;
		timesOf(promptsOf(LENGTH), ask);
		const classified = percentile(
			timesOf(promptsOf(LENGTH), (prompt) => classifier.classify(prompt)),
			95,
		);
		const required = percentile(timesOf(promptsOf(LENGTH), ask), 95);
		return [
			figure("router weights, read once at start", read, "ms"),
			figure("first prompt after the start", cold, "ms"),
			row("classify 4,000 characters, p95", classified, "ms", "< 1 ms", classified < 1),
			row("requirements of 4,000 characters, 50 corrections, p95", required, "ms", "< 1 ms", required < 1),
		];
	},
};
