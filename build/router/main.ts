import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeWeights, encodeWeights } from "../../electron/core/router/classifier/weights.ts";
import { accuracy, figuresOf, verdictsOf } from "./judge.ts";
import { leaveOut } from "./leave-out.ts";
import { reportOf } from "./report.ts";
import { readProbeRows, readTrainingRows } from "./rows.ts";
import { SETTINGS, WEIGHTING } from "./settings.ts";
import { train } from "./train.ts";

/** Where the trained weights lie; the build copies them beside the bundles. */
const WEIGHTS_FILE = "build/router/weights/router-weights.bin";
/** What they were made of and how they did. */
const TRAINING_FILE = "build/router/weights/training.json";

/** Trains (`train`) or writes docs/router.md about the weights there are (`report`); the exit code. */
export async function main(root: string, [task = "train"]: readonly string[]): Promise<number> {
	if (task === "train") trainWeights(root);
	else if (task === "report") writeReport(root);
	else {
		console.error(`"${task}" is neither train nor report`);
		return 2;
	}
	return 0;
}

function trainWeights(root: string): void {
	const rows = readTrainingRows(root);
	const { weights, heldOut } = train(rows);
	const file = encodeWeights(weights);
	const probe = verdictsOf(weights, readProbeRows(root));
	writeFileSync(join(root, WEIGHTS_FILE), file);
	const training = {
		sha256: createHash("sha256").update(file).digest("hex"),
		bytes: file.byteLength,
		features: weights.features.length,
		sharpness: weights.sharpness,
		rows: rows.length,
		settings: { ...SETTINGS, ...WEIGHTING },
		heldOut: accuracy(heldOut),
		probe: figuresOf(probe),
	};
	writeFileSync(join(root, TRAINING_FILE), `${JSON.stringify(training, null, "\t")}\n`);
	console.log(`${file.byteLength} bytes, ${weights.features.length} features`);
	console.log(`prompts of writers left out ${accuracy(heldOut)}, probe ${accuracy(probe)}`);
}

function writeReport(root: string): void {
	const rows = readTrainingRows(root);
	const weights = decodeWeights(readFileSync(join(root, WEIGHTS_FILE)));
	const report = reportOf({
		root,
		rows,
		weights,
		bytes: readFileSync(join(root, WEIGHTS_FILE)).byteLength,
		leftOut: leaveOut(rows, weights.sharpness),
		probe: verdictsOf(weights, readProbeRows(root)),
	});
	writeFileSync(join(root, "docs/router.md"), report);
}
