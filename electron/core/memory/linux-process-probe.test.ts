import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createLinuxProcessProbe } from "./linux-process-probe.ts";
import { fixturePath } from "./testing/fixture.ts";

const BOOT_AT = 1_760_000_000_000;
const cleanUps: (() => void)[] = [];
afterEach(() => {
	for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

describe("on written files", () => {
	const probe = createLinuxProcessProbe({ root: fixturePath("linux/processes") });

	it("lists engines, runners and the parents of runners, but neither ended nor unconcerned processes", async () => {
		const processes = await probe.list();
		expect(processes.map(({ pid }) => pid).sort((a, b) => a - b)).toEqual([1, 40, 41, 43, 45, 46]);
		expect(processes.find(({ pid }) => pid === 41)).toEqual({
			pid: 41,
			parentPid: 40,
			startedAt: BOOT_AT + 500_000,
			cpuTimeMs: 13_000,
			commandLine: `/usr/local/bin/llama-server --model /srv/my models/blobs/sha256-${"a1".repeat(32)} --port 34001 -c 4096`,
		});
	});

	it("counts anonymous, file-backed and swapped memory, of which the anonymous is held", async () => {
		expect(await probe.footprint(41)).toEqual({
			bytes: 2_600_000 * 1024,
			heldBytes: 2_000_000 * 1024,
			rounded: false,
		});
		expect(await probe.footprint(42)).toBeNull();
		expect(await probe.footprint(9999)).toBeNull();
	});

	it("takes pid and start time together, and an ended process for dead", async () => {
		expect(await probe.isAlive(41, BOOT_AT + 500_000)).toBe(true);
		expect(await probe.isAlive(41, null)).toBe(true);
		expect(await probe.isAlive(41, BOOT_AT)).toBe(false);
		expect(await probe.isAlive(42, null)).toBe(false);
		expect(await probe.isAlive(9999, null)).toBe(false);
	});

	it("notices a process that has just become a runner", async () => {
		const root = mkdtempSync(join(tmpdir(), "plimsoll-proc-"));
		cleanUps.push(() => rmSync(root, { recursive: true }));
		cpSync(fixturePath("linux/processes"), root, { recursive: true });
		const changing = createLinuxProcessProbe({ root });
		expect((await changing.list()).map(({ pid }) => pid)).not.toContain(44);
		writeFileSync(join(root, "proc/44/cmdline"), "/usr/bin/llama-server\0-m\0/x.gguf\0");
		expect((await changing.list()).map(({ pid }) => pid)).toContain(44);
	});

	it("reads the command lines of unconcerned processes again only now and then", async () => {
		const root = mkdtempSync(join(tmpdir(), "plimsoll-proc-"));
		cleanUps.push(() => rmSync(root, { recursive: true }));
		cpSync(fixturePath("linux/processes"), root, { recursive: true });
		const looking = createLinuxProcessProbe({ root });
		for (let look = 0; look < 10; look++) await looking.list();
		writeFileSync(join(root, "proc/44/cmdline"), "/usr/bin/llama-server\0-m\0/x.gguf\0");
		const seenAfter: boolean[] = [];
		for (let look = 0; look < 30; look++)
			seenAfter.push((await looking.list()).some(({ pid }) => pid === 44));
		expect(seenAfter[0]).toBe(false);
		expect(seenAfter.at(-1)).toBe(true);
	});
});

describe.runIf(process.platform === "linux")("on this machine", () => {
	it("sees a real child with its memory and its end", async () => {
		const probe = createLinuxProcessProbe();
		const script =
			"const b = Buffer.alloc(64 * 1024 * 1024, 1); console.log('ready'); setInterval(() => b.length, 1000)";
		const child = spawn(process.execPath, ["-e", script, "llama-server"], {
			stdio: ["ignore", "pipe", "ignore"],
		});
		cleanUps.push(() => child.kill("SIGKILL"));
		const pid = child.pid ?? 0;
		await once(child.stdout, "data");

		const listed = (await probe.list()).find((each) => each.pid === pid);
		expect(listed?.parentPid).toBe(process.pid);
		expect(listed?.commandLine).toContain("llama-server");
		expect(Math.abs((listed?.startedAt ?? 0) - Date.now())).toBeLessThan(120_000);
		const footprint = await probe.footprint(pid);
		expect(footprint?.heldBytes).toBeGreaterThan(64 * 1024 * 1024);
		expect(footprint?.bytes).toBeGreaterThan(footprint?.heldBytes ?? 0);
		expect(await probe.isAlive(pid, listed?.startedAt ?? null)).toBe(true);

		const exited = once(child, "exit");
		child.kill("SIGKILL");
		await exited;
		expect(await probe.isAlive(pid, listed?.startedAt ?? null)).toBe(false);
		expect(await probe.footprint(pid)).toBeNull();
	});
});
