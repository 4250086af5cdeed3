import { describe, expect, it } from "vitest";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { createDemoWorld, type DemoWorld } from "./testing/demo-world.ts";

const GB = BYTES_PER_GB;

async function start(onTestFinished: (end: () => Promise<void>) => void): Promise<DemoWorld> {
	const world = await createDemoWorld({ machineGb: 18, scale: 1 / 128 });
	onTestFinished(() => world.close());
	return world;
}

async function answer(world: DemoWorld, model: string, prompt: string): Promise<void> {
	const body = { model, prompt, stream: false, options: { num_predict: 4 } };
	await (await world.post("/api/generate", body)).text();
}

describe("making room on a machine of 18 GB with real runners", () => {
	it("a second large model takes the place of the first, and the first is gone before it comes", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished);
		await world.residency.load({ model: "deepcoder" }, "api");
		await world.idle();
		const [before] = await world.runnerPids();
		const verdict = await world.residency.fit("qwen2.5:14b", null, "program");
		expect(verdict).toMatchObject({
			outcome: "fits-after",
			contextLength: 4096,
			steps: [{ kind: "evict", name: "deepcoder:latest", because: "memory" }],
		});
		const result = await world.residency.load({ model: "qwen2.5:14b" }, "api");
		expect(result.evicted).toMatchObject([{ name: "deepcoder:latest", grade: "proved", why: "memory" }]);
		expect(result.evicted[0]?.releasedBytes ?? 0).toBeGreaterThan(8 * GB);
		const pids = await world.runnerPids();
		expect(pids).toHaveLength(1);
		expect(pids).not.toContain(before);
		// Predicted before, measured after: the demo's runners hold what the formula says.
		const { loadedBytes } = verdict?.footprint ?? { loadedBytes: 0 };
		expect(Math.abs(result.footprintBytes - loadedBytes) / loadedBytes).toBeLessThan(0.05);
	}, 60_000);

	it("a runner that has grown is noticed, and a trim gives back what it grew by", async ({
		onTestFinished,
	}) => {
		const world = await start(onTestFinished);
		await world.residency.load({ model: "mistral" }, "api");
		await world.control({ misbehave: { model: "mistral", what: "growth", value: 1 } });
		for (const prompt of ["one", "two", "three", "four"]) await answer(world, "mistral", prompt);
		await world.idle();
		const grown = world.residency.budgetState([])?.models[0]?.grownBytes ?? 0;
		expect(grown / GB).toBeGreaterThan(1.5);
		const trimmed = await world.residency.trim("mistral", "api");
		expect(trimmed).toMatchObject({ name: "mistral:latest", grade: "proved" });
		expect(trimmed.releasedBytes).toBeGreaterThan(0.9 * grown);
		expect(trimmed.beforeBytes - trimmed.afterBytes).toBe(trimmed.releasedBytes);
		expect(world.residency.budgetState([])?.models[0]?.grownBytes).toBe(0);
		expect(world.events.map(({ message }) => message.id)).toContain("event.trimmed");
	}, 60_000);

	it("every load teaches what it takes: the next one is predicted from it", async ({ onTestFinished }) => {
		const world = await start(onTestFinished);
		const first = await world.residency.load({ model: "gemma3:4b" }, "api");
		await expect.poll(() => world.learned().length, { timeout: 10_000 }).toBe(1);
		expect(world.learned()[0]).toMatchObject({ contextLength: 4096, loads: 1, workingBytes: null });
		const learnedBytes = world.learned()[0]?.loadedBytes ?? 0;
		expect(Math.abs(learnedBytes - first.footprintBytes)).toBeLessThan(0.02 * first.footprintBytes);
		await world.idle();
		await world.residency.unload("gemma3:4b", { requestedBy: "api" });
		const verdict = await world.residency.fit("gemma3:4b", null, "program");
		expect(verdict?.footprint).toMatchObject({ source: "learned", loadedBytes: learnedBytes });
		const second = await world.residency.load({ model: "gemma3:4b" }, "api");
		expect(Math.abs(second.footprintBytes - learnedBytes)).toBeLessThan(Math.max(0.01 * learnedBytes, 30e6));
		await expect.poll(() => world.learned()[0]?.loads, { timeout: 10_000 }).toBe(2);
		expect(world.residency.budgetState([])?.accuracy).toMatchObject({ loads: 2 });
	}, 60_000);
});
