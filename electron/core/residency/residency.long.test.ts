import { afterEach, expect, it } from "vitest";
import { createDemoWorld, type DemoWorld, lives } from "./testing/demo-world.ts";

let world: DemoWorld | null = null;

afterEach(async () => {
	await world?.close();
	world = null;
});

it("a 9 GB model that really takes 9 GB is loaded, then unloaded and proved within 10 s", async () => {
	world = await createDemoWorld({ scale: 1, machineGb: 20, loadGbPerSecond: 2.5 });
	const result = await world.residency.load({ model: "deepcoder", contextLength: 4096 }, "api");
	expect(result.footprintBytes).toBeGreaterThan(8.9e9);
	const [pid] = await world.runnerPids();
	await world.idle();
	const release = await world.residency.unload("deepcoder", { requestedBy: "api" });
	expect(release.grade).toBe("proved");
	expect(release.durationMs).toBeLessThan(10_000);
	expect(release.releasedBytes).toBeGreaterThan(8.9e9);
	expect(lives(pid ?? 0)).toBe(false);
}, 300_000);
