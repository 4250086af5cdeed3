import { describe, expect, it, type TestContext, vi } from "vitest";
import { type DemoCore, type DemoCoreOptions, startDemoCore } from "./testing/demo-core.ts";

async function start(finished: TestContext["onTestFinished"], options?: DemoCoreOptions): Promise<DemoCore> {
	const core = await startDemoCore(options);
	finished(() => core.close());
	return core;
}

const GB = 1024 ** 3;
const SOON = { timeout: 15_000, interval: 25 };
const names = (core: DemoCore): readonly string[] => core.state().loaded.map(({ name }) => name);

describe.concurrent("the commonest freeze", () => {
	it("a model too big by 6 GB, loaded past Plimsoll while nobody looks: what may go goes, and what could not be stopped is said", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, {
			engine: { machineGb: 24, othersGb: 11.6, loadGbPerSecond: 1.5, tokensPerSecond: 20 },
			models: [{ name: "toobig:20b", base: "gpt-oss:20b" }],
		});
		await core.loadIdle("mistral:latest", "gemma3:1b");
		const availableBytes = core.state().machine?.sample.availableBytes ?? 0;
		let largest = 0;
		core.plimsoll.core.state.subscribe(() => {
			const big = core.state().loaded.find(({ name }) => name === "toobig:20b");
			largest = Math.max(largest, big?.footprintBytes ?? 0);
		});

		const answer = await core.bypass("/api/generate", { model: "toobig:20b", prompt: "Tell a long story" });
		expect(answer.status).toBe(200);
		const text = answer.text();
		await vi.waitFor(() => expect(core.events()).toContain("event.emergency-over"), { timeout: 40_000 });

		expect((largest - availableBytes) / GB).toBeGreaterThan(5.5);
		expect((largest - availableBytes) / GB).toBeLessThan(7);
		const { lastEmergency } = core.state().watchdog;
		expect(lastEmergency?.notStopped).toEqual(["toobig:20b"]);
		expect(core.events()).toContain("event.emergency-not-stopped");
		expect(lastEmergency?.models.slice(0, 2).map(({ name, grade }) => [name, grade])).toEqual([
			["mistral:latest", "proved"],
			["gemma3:1b", "proved"],
		]);
		const told = core.notices().map(({ id }) => id);
		expect(told.filter((id) => id === "event.emergency-not-stopped")).toHaveLength(1);
		expect(told).not.toContain("event.pressure-critical");
		const over = core.notices().filter(({ id }) => id === "tray.emergency-unloaded");
		expect(over).toHaveLength(1);
		expect(over[0]?.params).toMatchObject({
			models: expect.stringMatching(/^mistral:latest, gemma3:1b/),
			releasedBytes: lastEmergency?.releasedBytes,
		});
		// What bypassed Plimsoll is asked and never cut: its answer comes to its own end.
		expect((await text).trimEnd().split("\n").at(-1)).toContain('"done":true');
		const said = core.state().events.find(({ message }) => message.id === "event.emergency-begun");
		expect(said?.data.samples).toHaveProperty(
			"length",
			expect.toSatisfy((length: number) => length > 1),
		);
	}, 90_000);
});

describe.concurrent("an emergency on the demo engine", () => {
	it("unloads idle models first, ends its own answer with what came, then what it carries with an error line, and holds new requests", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, { engine: { machineGb: 32, tokensPerSecond: 2 } });
		const { handlers } = core.plimsoll.core;
		await core.loadIdle("mistral:latest");
		await handlers.chooseAnswerer({ model: "gemma3:1b", member: null });
		await handlers.ask({ text: "Tell a very long story about the sea" });
		await vi.waitFor(() => expect(core.state().chat.messages.at(-1)?.text).not.toBe(""), SOON);
		const carried = await fetch(`${core.gatewayUrl}/api/chat`, {
			method: "POST",
			body: JSON.stringify({
				model: "granite3.2-vision:2b",
				messages: [{ role: "user", content: "A long story" }],
			}),
		});
		const carriedText = carried.text();
		await vi.waitFor(() => expect(core.plimsoll.core.gateway.carried()[0]?.loads()).toBe(false), SOON);

		await core.control({ kernel_level: 4 });
		await vi.waitFor(() => expect(core.state().watchdog.emergency).not.toBeNull(), SOON);
		const turnedAway = await fetch(`${core.gatewayUrl}/v1/chat/completions`, {
			method: "POST",
			body: JSON.stringify({ model: "gemma3:1b", messages: [{ role: "user", content: "Hello" }] }),
		});
		expect(turnedAway.status).toBe(503);
		expect(Number(turnedAway.headers.get("retry-after"))).toBe(30);
		const refused = (await turnedAway.json()) as { error: { message: string } };
		expect(refused.error.message).toContain("Paused: memory is critical");
		const load = await fetch(`${core.gatewayUrl}/api/memory/models/gemma3:1b/load`, { method: "POST" });
		expect(load.status).toBe(503);
		expect(load.headers.get("retry-after")).toBe("30");

		expect((await carriedText).trimEnd().split("\n").at(-1)).toContain("memory was critical");
		await core.control({ kernel_level: 1 });
		await vi.waitFor(() => expect(core.events()).toContain("event.emergency-over"), { timeout: 30_000 });
		const last = core.state().chat.messages.at(-1);
		expect(last).toMatchObject({ state: "broken", error: { code: "ended-for-memory" } });
		expect(last?.text).not.toBe("");
		const { lastEmergency } = core.state().watchdog;
		expect(lastEmergency?.models.map(({ name, grade }) => [name, grade])).toEqual([
			["mistral:latest", "proved"],
			["gemma3:1b", "proved"],
			["granite3.2-vision:2b", "proved"],
		]);
		expect(lastEmergency).toMatchObject({ step: 3, ownAnswersEnded: 1, carriedAnswersEnded: 1 });
		expect(lastEmergency?.releasedBytes).toBeGreaterThan(6 * GB);
		expect(names(core)).toEqual([]);
	}, 90_000);

	it("ends running loads, keeps the question that waited for one, and asks it when there is room", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, {
			engine: { machineGb: 32, loadGbPerSecond: 2, tokensPerSecond: 200 },
		});
		const { handlers } = core.plimsoll.core;
		await core.loadIdle("gemma3:1b");
		await handlers.chooseAnswerer({ model: "mistral:latest", member: null });
		await handlers.ask({ text: "Hello" });
		await vi.waitFor(
			() => expect(core.state().loaded.some(({ state }) => state === "loading")).toBe(true),
			SOON,
		);
		await core.control({ kernel_level: 4 });
		await vi.waitFor(
			() => expect(core.state().watchdog.emergency?.loadsEnded).toContain("mistral:latest"),
			SOON,
		);
		await vi.waitFor(() => expect(names(core)).toEqual([]), SOON);
		expect(core.state().chat.messages.at(-1)).toMatchObject({ state: "waiting", error: null });
		await core.control({ kernel_level: 1 });
		await vi.waitFor(() => expect(core.state().chat.messages.at(-1)?.state).toBe("done"), {
			timeout: 40_000,
		});
		expect(names(core)).toContain("mistral:latest");
	}, 90_000);

	it("names whose pressure it is while models hold next to nothing, and unloads nothing", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, { engine: { machineGb: 64 } });
		await core.loadIdle("gemma3:1b");
		await core.control({ kernel_level: 4 });
		await vi.waitFor(() => expect(core.events()).toContain("event.others-pressure-unseen"), SOON);
		expect(core.state().watchdog.othersPressure?.modelsBytes).toBeGreaterThan(0.5 * GB);
		expect(core.state().watchdog.emergency).toBeNull();
		expect(names(core)).toEqual(["gemma3:1b"]);
		await core.control({ kernel_level: 1 });
		await vi.waitFor(() => expect(core.state().watchdog.othersPressure).toBeNull(), {
			timeout: 30_000,
			interval: 100,
		});
	}, 90_000);

	it("does nothing while paused or off, and says until when", async ({ onTestFinished }) => {
		const core = await start(onTestFinished, { engine: { machineGb: 12 } });
		const { handlers } = core.plimsoll.core;
		await core.loadIdle("gemma3:1b");
		await handlers.pauseWatchdog(null);
		expect(core.state().watchdog.mode).toBe("paused");
		expect((core.state().watchdog.pausedUntilAt ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
		await core.control({ kernel_level: 4 });
		await vi.waitFor(() => expect(core.state().machine?.level).toBe("critical"), SOON);
		expect(names(core)).toEqual(["gemma3:1b"]);
		await handlers.changeSettings({ watchdog: { enabled: false } });
		await handlers.resumeWatchdog(null);
		await vi.waitFor(() => expect(core.state().watchdog.mode).toBe("off"), SOON);
		const { sample } = core.state().machine ?? {};
		await vi.waitFor(
			() => expect(core.state().machine?.sample.at).toBeGreaterThan((sample?.at ?? 0) + 1_000),
			SOON,
		);
		expect(names(core)).toEqual(["gemma3:1b"]);
		await handlers.changeSettings({ watchdog: { enabled: true } });
		await vi.waitFor(() => expect(names(core)).toEqual([]), SOON);
	}, 90_000);
});

describe.concurrent("short of an emergency", () => {
	it("at high unloads one idle model after the other, and brings back what fits again when all is calm", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, {
			engine: { machineGb: 24 },
			settings: { watchdog: { highSparesUsedWithinSeconds: 1, bringBackAfterSeconds: 1 } },
		});
		await core.loadIdle("mistral:latest", "gemma3:1b");
		await core.control({ kernel_level: 2, swap_rate_mb_per_s: 40 });
		await vi.waitFor(() => expect(names(core)).toEqual(["gemma3:1b"]), { timeout: 30_000, interval: 25 });
		expect(core.events()).toContain("event.pressure-unload");
		expect(core.state().watchdog.preferSmall).toBe(true);
		await vi.waitFor(() => expect(names(core)).toEqual([]), SOON);
		expect(core.events().filter((id) => id === "event.pressure-unload")).toHaveLength(2);
		await core.control({ kernel_level: 1, swap_rate_mb_per_s: 0 });
		await vi.waitFor(() => expect(core.events()).toContain("event.brought-back"), {
			timeout: 60_000,
			interval: 100,
		});
		// One in ten minutes: the other one waits, and can be let go.
		expect(names(core)).toEqual(["gemma3:1b"]);
		const [waits] = core.state().watchdog.bringsBack;
		expect(waits?.name).toBe("mistral:latest");
		await core.plimsoll.core.handlers.skipBringBack({ key: waits?.key ?? "" });
		expect(core.state().watchdog.bringsBack).toEqual([]);
	}, 120_000);

	it("a load that fitted is ended once something else has taken the memory, and says why", async ({
		onTestFinished,
	}) => {
		const core = await start(onTestFinished, { engine: { machineGb: 18, loadGbPerSecond: 1 } });
		const load = core.plimsoll.core.handlers.load({ model: "mistral:latest", force: false });
		const outcome = load.then(
			() => null,
			(thrown: unknown) => thrown,
		);
		await vi.waitFor(
			() => expect(core.state().loaded.some(({ state }) => state === "loading")).toBe(true),
			SOON,
		);
		await core.control({ others_gb: 15 });
		expect(await outcome).toMatchObject({
			code: "load-ended-for-memory",
			params: { model: "mistral:latest" },
		});
		expect(core.events()).toContain("event.load-ended");
		await vi.waitFor(() => expect(names(core)).toEqual([]), SOON);
	}, 90_000);
});
