import { readFileSync } from "node:fs";
import { Classifier } from "./classifier.ts";
import { decodeWeights } from "./weights.ts";

/** Name of the weights beside a bundle, as the build puts them there. */
export const WEIGHTS_NAME = "router-weights.bin";

/** Reads the classifier from a file of weights. Throws where it cannot be read, a RangeError where it is of another version. */
export function readClassifier(file: string): Classifier {
	return new Classifier(decodeWeights(readFileSync(file)));
}
