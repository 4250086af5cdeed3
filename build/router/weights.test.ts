import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeWeights, encodeWeights } from "../../electron/core/router/classifier/weights.ts";
import { compileLexicon } from "./compile-lexicon.ts";
import { corpusOf } from "./examples.ts";
import { fit } from "./fit.ts";
import { figuresOf, verdictsOf } from "./judge.ts";
import { readProbeRows, readTrainingRows } from "./rows.ts";
import { SETTINGS, WEIGHTING } from "./settings.ts";

const root = new URL("../..", import.meta.url).pathname;
const file = readFileSync(join(root, "build/router/weights/router-weights.bin"));
const training = JSON.parse(readFileSync(join(root, "build/router/weights/training.json"), "utf8"));
const weights = decodeWeights(file);
const probe = readProbeRows(root);

describe("the committed weights", () => {
	it("are those the training report tells of, made with the settings and the lexicon there are", () => {
		expect(createHash("sha256").update(file).digest("hex")).toBe(training.sha256);
		expect(training.settings).toEqual({ ...SETTINGS, ...WEIGHTING });
		expect(training.rows).toBe(readTrainingRows(root).length);
		expect([...weights.lexicon.concepts]).toEqual([...compileLexicon().concepts]);
	});

	it("reach exactly the figures that are told of the probe", () => {
		expect(figuresOf(verdictsOf(weights, probe))).toEqual(training.probe);
	});

	it("are told from others by those figures", () => {
		const other = { ...weights, weights: weights.weights.map((value, at) => (at % 7 === 0 ? 0 : value)) };
		expect(figuresOf(verdictsOf(other, probe))).not.toEqual(training.probe);
	});

	it("hold what was aimed for on the probe", () => {
		const { prompts, right, calibrationError, byDomain } = figuresOf(verdictsOf(weights, probe));
		expect(right / prompts).toBeGreaterThanOrEqual(0.85);
		expect(calibrationError).toBeLessThan(0.05);
		for (const domain of Object.values(byDomain))
			expect(domain.right / domain.prompts).toBeGreaterThanOrEqual(0.75);
	});
});

describe("training", () => {
	it("makes the same bytes each time", () => {
		const rows = readTrainingRows(root).filter((_, index) => index % 40 === 0);
		const lexicon = compileLexicon();
		const once = () =>
			encodeWeights(fit(corpusOf(rows, lexicon, WEIGHTING), { ...SETTINGS, leastSources: 1 }));
		expect(Buffer.from(once()).equals(Buffer.from(once()))).toBe(true);
	});
});
