import { afterEach, describe, expect, it, vi } from "vitest";
import { closePages, openPage } from "./page.ts";
import {
	api,
	cleanUp,
	end,
	newFolder,
	type Served,
	type Started,
	startDemo,
	startServe,
} from "./processes.ts";

interface Health {
	readonly status: string;
	readonly engine: { readonly state: string };
}

type Demo = Started & { readonly url: string };

/** How an engine goes away and comes back, each at the same address. */
interface Outage {
	readonly name: string;
	readonly begin: (demo: Demo) => Promise<unknown>;
	readonly over: (demo: Demo) => Promise<unknown>;
}

const POLL_MS = 50;

const control = (demo: Demo, body: unknown): Promise<unknown> =>
	api(demo.url, "/demo/control", { method: "POST", body: JSON.stringify(body) });

const OUTAGES: readonly Outage[] = [
	{
		name: "killed and started again",
		begin: (demo) => end(demo, "SIGKILL"),
		over: (demo) => startDemo("--control", "--port", new URL(demo.url).port),
	},
	{
		name: "stopped by a signal and continued",
		begin: async (demo) => demo.child.kill("SIGSTOP"),
		over: async (demo) => demo.child.kill("SIGCONT"),
	},
	{
		name: "answering with web pages",
		begin: (demo) => control(demo, { misbehave: { what: "html" } }),
		over: (demo) => control(demo, { clear: true }),
	},
	{
		name: "answering nothing at all",
		begin: (demo) => control(demo, { misbehave: { what: "hang-all" } }),
		over: (demo) => control(demo, { clear: true }),
	},
];

/** Milliseconds until the health says so. */
async function until(served: Served, status: string): Promise<number> {
	const beganMs = performance.now();
	await vi.waitFor(
		async () => {
			const { body } = await api<Health>(served.url, "/health");
			expect(body.status).toBe(status);
			expect(body.engine.state === "connected").toBe(status === "healthy");
		},
		{ timeout: 30_000, interval: POLL_MS },
	);
	return performance.now() - beganMs;
}

afterEach(async () => {
	closePages();
	await cleanUp();
});

describe.each(OUTAGES)("an engine that is $name", ({ begin, over }) => {
	it.each([
		{ popover: false, shownWithinMs: 9_000 },
		{ popover: true, shownWithinMs: 5_000 },
	])(
		"is shown as away and as back in time, popover open: $popover",
		async ({ popover, shownWithinMs }) => {
			const demo = await startDemo("--control");
			const served = await startServe(demo.url, await newFolder());
			if (popover) await (await openPage(served)).watch({ open: true });
			await until(served, "healthy");
			await begin(demo);
			const shownMs = await until(served, "degraded");
			const load = await api<{ code: string }>(served.url, "/api/memory/models/gemma3:1b/load", {
				method: "POST",
			});
			expect([load.status, load.body.code]).toEqual([502, "engine-unreachable"]);
			await over(demo);
			const backMs = await until(served, "healthy");
			expect(shownMs).toBeLessThan(shownWithinMs);
			expect(backMs).toBeLessThan(5_000);
			expect((await api(served.url, "/api/memory/models/gemma3:1b/load", { method: "POST" })).status).toBe(
				200,
			);
		},
		60_000,
	);
});
