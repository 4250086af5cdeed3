import { expect, it } from "vitest";
import { expectSound, stress } from "./stress.ts";

it("200 random loads, unloads and chats, with others in between, never take more than there is", async () => {
	const result = await stress(200, 1);
	expectSound(result);
	expect(result.evictions).toBeGreaterThan(5);
}, 400_000);
