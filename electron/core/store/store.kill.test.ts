import { expect, test } from "vitest";
import { killRounds } from "./testing/kill-rounds.ts";

test("killed ten times at random moments it opens again, nothing confirmed is lost, and no lock remains", async () => {
	const { events, messages, killedWriting } = await killRounds(10);
	expect(killedWriting).toBeGreaterThanOrEqual(2);
	expect(messages).toBeGreaterThan(0);
	expect(events).toBeGreaterThan(0);
}, 60_000);
