import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { createProcessStart, isSameProcess } from "./process-start.ts";

const startOf = createProcessStart(process.platform);

test("a living process keeps its start, a second one has another, a dead one has none", async () => {
	const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
		stdio: ["pipe", "ignore", "ignore"],
	});
	const pid = child.pid ?? 0;
	const start = (await startOf(pid)) ?? "";
	expect(start).not.toBe("");
	expect(await startOf(pid)).toBe(start);
	expect(await startOf(process.pid)).not.toBe(start);
	expect(await isSameProcess(startOf, pid, start)).toBe(true);
	expect(await isSameProcess(startOf, process.pid, start)).toBe(false);
	const gone = once(child, "exit");
	child.kill("SIGKILL");
	await gone;
	expect(await startOf(pid)).toBeNull();
	expect(await isSameProcess(startOf, pid, start)).toBe(false);
});

test("a process that has ended but was not waited for is dead", async () => {
	// The shell turns into a cat, which never asks what became of the shell's child.
	const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec cat"], { stdio: ["pipe", "pipe", "ignore"] });
	const [pid] = (await once(parent.stdout.setEncoding("utf8"), "data")).map(Number);
	await expect.poll(() => startOf(pid ?? 0)).toBeNull();
	expect(() => process.kill(pid ?? 0, 0)).not.toThrow();
	parent.stdin.end();
	await once(parent, "exit");
});

test("on macOS the start is what ps says, asked for in one language and zone, and a zombie is dead", async () => {
	const answers = new Map([
		["10", "Ss   Mon Mar  2 09:05:01 2026\n"],
		["11", "Z+   Mon Mar  2 09:05:01 2026\n"],
	]);
	const mac = createProcessStart("darwin", async (args) => {
		expect(args.slice(0, 3)).toEqual(["-o", "state=,lstart=", "-p"]);
		return answers.get(args[3] ?? "") ?? null;
	});
	expect(await mac(10)).toBe("Mon Mar 2 09:05:01 2026");
	expect(await mac(11)).toBeNull();
	expect(await mac(12)).toBeNull();
});

test("the real ps of this machine answers in that shape", async () => {
	const viaPs = createProcessStart("darwin");
	expect(await viaPs(process.pid)).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d \d{4}$/);
	expect(await viaPs(4_194_303)).toBeNull();
});
