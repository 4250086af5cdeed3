import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { keptLog } from "../testing/kept-log.ts";
import { type EndRunnerParts, endRunner } from "./end-runner.ts";
import { createSystemProbes } from "./system-probes.ts";

const BLOB = `/models/blobs/sha256-${"a".repeat(64)}`;
const children = new Set<ReturnType<typeof spawn>>();

afterEach(() => {
	for (const child of children) child.kill("SIGKILL");
	children.clear();
});

/** A real process that looks like a runner of Ollama in the process table. */
async function runner(script: string, ...args: readonly string[]): Promise<number> {
	const child = spawn(process.execPath, ["-e", `console.log(1);${script}`, ...args], {
		argv0: "llama-server",
		stdio: ["ignore", "pipe", "ignore"],
	});
	children.add(child);
	if (child.stdout === null) throw new Error("no output");
	await once(child.stdout, "data");
	return child.pid ?? 0;
}

const parts: EndRunnerParts = {
	processes: createSystemProbes({ platform: process.platform, clock: systemClock, log: keptLog() }).processes,
	clock: systemClock,
	kill: (pid, signal) => void process.kill(pid, signal),
};
const startOf = async (pid: number) =>
	(await parts.processes.list()).find((each) => each.pid === pid)?.startedAt ?? null;

describe("ending one runner's process", () => {
	it("ends it, and says what it took", async () => {
		const pid = await runner("setInterval(() => 0, 1e6)", "--", "--model", BLOB);
		const ended = await endRunner(parts, { pid, startedAt: await startOf(pid) });
		expect(await parts.processes.isAlive(pid, null)).toBe(false);
		expect(ended.pid).toBe(pid);
		expect(ended.releasedBytes ?? 0).toBeGreaterThan(5e6);
	});

	it("ends one that does not listen", async () => {
		const pid = await runner(
			"process.on('SIGTERM', () => 0); setInterval(() => 0, 1e6)",
			"--",
			"--model",
			BLOB,
		);
		const ended = await endRunner(parts, { pid, startedAt: await startOf(pid) });
		expect(await parts.processes.isAlive(pid, null)).toBe(false);
		expect(ended.durationMs).toBeGreaterThanOrEqual(3_000);
	});

	it("leaves a process alone that has another start, is no runner, or is gone", async () => {
		const pid = await runner("setInterval(() => 0, 1e6)", "--", "--model", BLOB);
		const startedAt = (await startOf(pid)) ?? 0;
		await expect(endRunner(parts, { pid, startedAt: startedAt - 60_000 })).rejects.toMatchObject({
			code: "process-changed",
		});
		const other = await runner("setInterval(() => 0, 1e6)", "--", "--model", "/tmp/mine.gguf");
		await expect(endRunner(parts, { pid: other, startedAt: null })).rejects.toMatchObject({
			code: "process-changed",
		});
		await expect(endRunner(parts, { pid: process.pid, startedAt: null })).rejects.toMatchObject({
			code: "process-changed",
		});
		expect(await parts.processes.isAlive(pid, null)).toBe(true);
		expect(await parts.processes.isAlive(other, null)).toBe(true);
	});

	it("says what the system said where it belongs to somebody else", async () => {
		const pid = await runner("setInterval(() => 0, 1e6)", "--", "--model", BLOB);
		const kill = () => {
			throw new Error("kill EPERM");
		};
		await expect(endRunner({ ...parts, kill }, { pid, startedAt: null })).rejects.toMatchObject({
			code: "process-not-ended",
			params: { pid, problem: "kill EPERM" },
		});
	});
});
