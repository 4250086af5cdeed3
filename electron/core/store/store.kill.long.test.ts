import { expect, test } from "vitest";
import { killRounds } from "./testing/kill-rounds.ts";

test("killed a hundred times at random moments it opens again, nothing confirmed is lost, and no lock remains", async () => {
	const { events, messages, killedWriting } = await killRounds(100);
	expect(killedWriting).toBeGreaterThanOrEqual(50);
	expect(messages).toBeGreaterThan(0);
	// How many a machine writes in the time it is given is its own affair; each life that wrote must have told some.
	expect(events).toBeGreaterThan(killedWriting);
});
