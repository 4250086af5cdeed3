import { expect, test } from "vitest";
import { killRounds } from "./testing/kill-rounds.ts";

test("killed a hundred times at random moments it opens again, nothing confirmed is lost, and no lock remains", async () => {
	const { events, messages, killedWriting } = await killRounds(100);
	expect(killedWriting).toBeGreaterThanOrEqual(50);
	expect(messages).toBeGreaterThan(0);
	expect(events).toBeGreaterThan(1000);
});
