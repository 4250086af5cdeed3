import { afterEach, expect, it } from "vitest";
import { killPlimsollAgainAndAgain } from "./killed-product.ts";
import { cleanUp } from "./processes.ts";

afterEach(cleanUp);

it("a Plimsoll that was killed a hundred times at random moments starts again and has lost nothing it told", async () => {
	await expect(killPlimsollAgainAndAgain(100)).resolves.toBeUndefined();
}, 900_000);
