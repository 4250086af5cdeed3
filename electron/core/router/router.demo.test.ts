import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Member, RouteDecision } from "../../../shared/router.ts";
import { type DemoCore, startDemoCore, until } from "../watchdog/testing/demo-core.ts";
import type { RouteAsk } from "./router.ts";

let core: DemoCore;

beforeEach(async () => {
	core = await startDemoCore({
		engine: { machineGb: 18, loadGbPerSecond: 200, tokensPerSecond: 2_000 },
		settings: { router: { team: "original" } },
	});
});

afterEach(() => core.close());

const plain = { imageCount: 0, contextTokens: 0, conversation: null, override: null };
const VBA = "Generate VBA code for Excel inventory reconciliation with 150,000 rows";

function decide(prompt: string, change: Partial<RouteAsk> = {}): Promise<RouteDecision> {
	return core.plimsoll.core.router.decide({ ...plain, prompt, ...change });
}

async function chat(prompt: string, member?: string) {
	const answer = await fetch(`${core.gatewayUrl}/api/chat`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ prompt, member }),
	});
	return {
		status: answer.status,
		body: (await answer.json()) as { readonly metadata: { readonly member_id: string } },
	};
}

describe("the router over a demo engine's machine of 18 GB", () => {
	it("decides by what is installed and fits, and changes nothing", async () => {
		const before = core.state();
		const decision = await decide(VBA);
		expect(decision).toMatchObject({ member: { id: "qwen_analyst" }, loads: true, steps: [] });
		expect(decision.candidates).toHaveLength(11);
		expect(core.state().operations).toEqual([]);
		expect(core.state().loaded).toEqual(before.loaded);
	});

	it("answers, tells who is at work, and counts", async () => {
		expect((await chat(VBA)).body.metadata.member_id).toBe("qwen_analyst");
		await until("the member is shown", () => core.state().router.activeMember === "qwen_analyst");
		await core.plimsoll.core.handlers.flush(null);
		await until("nobody is at work", () => core.state().router.activeMember === null);
		expect(core.state().router.lastUnloadAt).not.toBeNull();
		expect(core.plimsoll.core.router.days().at(-1)).toMatchObject({ routed: 1, corrected: 0 });
	});

	it("passes over what does not fit any more, and takes what is left", async () => {
		await core.control({ others_gb: 12 });
		await until(
			"the machine is fuller",
			() => (core.state().machine?.sample.availableBytes ?? 0) < 7 * 1024 ** 3,
		);
		const decision = await decide(VBA);
		expect(decision.candidates.find(({ member }) => member === "qwen_analyst")).toMatchObject({
			reason: "does-not-fit",
			fits: false,
		});
		expect(decision.member?.memoryGb).toBeLessThan(6);
	});

	it("waits for a model that has just answered instead of taking a worse one", async () => {
		await chat("Hi", "deepcoder_primary");
		const { member } = await decide(VBA, { waitUntilQuiet: new AbortController().signal });
		expect(member?.id).toBe("qwen_analyst");
	}, 60_000);

	it("asks for as much context as a long prompt needs", async () => {
		const decision = await decide(VBA, { contextTokens: 9_000 });
		const context = core.plimsoll.core.router.contextOf(decision as RouteDecision & { member: Member });
		expect(context).toBe(16_384);
	});

	it("keeps what a person corrected, also over a restart, and forgets it when told to", async () => {
		const prompt = "Please look at the thing I told you about yesterday evening";
		const { requirements } = await decide(prompt);
		core.plimsoll.core.router.correct({ prompt, domain: "data", was: requirements.domain });
		expect((await decide(prompt)).requirements).toMatchObject({ domain: "data", domainSource: "correction" });
		await core.restart();
		const { corrections, days } = await core.plimsoll.core.handlers.corrections(null);
		expect(corrections).toMatchObject([{ prompt, domain: "data" }]);
		expect(days.at(-1)?.corrected).toBe(1);
		await core.plimsoll.core.handlers.removeCorrection({ id: corrections[0]?.id ?? 0 });
		expect((await decide(prompt)).requirements).toEqual(requirements);
	});

	it("edits, exports and imports the team, which is there again after a restart", async () => {
		const { handlers } = core.plimsoll.core;
		await handlers.removeMember({ id: "qwen_analyst" });
		expect(core.state().team).toMatchObject({ source: "own" });
		expect((await decide(VBA)).member?.id).not.toBe("qwen_analyst");
		const text = await handlers.exportTeam(null);
		await core.restart();
		expect(core.state().team.team.members).toHaveLength(10);
		await core.plimsoll.core.handlers.importTeam({ text: text.replace("Gemma Tiny", "Small one") });
		expect(core.state().team.team.members.map(({ name }) => name)).toContain("Small one");
		await expect(core.plimsoll.core.handlers.importTeam({ text: "{}" })).rejects.toMatchObject({
			code: "invalid-argument",
		});
	});

	it("takes over a hand edit of the team in the settings file", async () => {
		const file = `${core.state().app.dataDir}/settings.json`;
		await core.plimsoll.core.handlers.removeMember({ id: "qwen_analyst" });
		const text = await readFile(file, "utf8");
		await writeFile(file, text.replace("Gemma Tiny", "By hand"));
		await until("the edit is taken over", () =>
			core.state().team.team.members.some(({ name }) => name === "By hand"),
		);
	});

	it("refuses a member that the team has not", async () => {
		await expect(decide("Hi", { override: "nobody" })).rejects.toMatchObject({ code: "invalid-argument" });
	});
});
