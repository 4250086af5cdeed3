import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { encodeWeights } from "../../electron/core/router/classifier/weights.ts";
import { readTrainingRows } from "./rows.ts";
import { train } from "./train.ts";

const root = new URL("../..", import.meta.url).pathname;

it("trains the committed weights again, byte for byte, in a few minutes", () => {
	const trained = encodeWeights(train(readTrainingRows(root)).weights);
	const committed = readFileSync(join(root, "build/router/weights/router-weights.bin"));
	expect(Buffer.from(trained).equals(committed)).toBe(true);
});
