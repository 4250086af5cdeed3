import { expect, it } from "vitest";
import { expectSound, stress } from "./stress.ts";

it("2,000 random loads, unloads and chats, with others in between, never take more than there is, and leave nothing in memory", async () => {
	const result = await stress(2_000, 2);
	console.log(JSON.stringify(result, null, "\t"));
	expectSound(result);
	expect(result.evictions).toBeGreaterThan(50);
	const { before, after } = result.memory;
	expect(after.heapBytes - before.heapBytes).toBeLessThan(5e6);
	if (before.rssBytes !== null && after.rssBytes !== null)
		expect(after.rssBytes / before.rssBytes).toBeLessThan(1.1);
}, 1_500_000);
