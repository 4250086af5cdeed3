/**
 * The runner process of the demo engine: holds memory for one model and uses the processor while told to.
 * It is started with `runnerEnvironment`, reads commands as JSON lines from its standard input, and answers on
 * its standard output. It does not end when both break, because a real runner outlives a server that was killed.
 */
import { spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { processMemoryBytes } from "./process-reading.ts";
import {
	RUNNER_ENVIRONMENT,
	type RunnerCommand,
	type RunnerReport,
	runnerEnvironmentSchema,
} from "./runner-protocol.ts";

const CHUNK_BYTES = 4 * 1024 * 1024;
const TICK_MS = 20;
const BUSY_EVERY_MS = 40;
/** Share of a core a computing runner uses; it makes up for turns that a crowded machine did not give it. */
const BUSY_SHARE = 0.2;
/** Longest it computes without looking at its input. */
const BUSY_AT_MOST_MS = 30;

const environment = runnerEnvironmentSchema.parse(JSON.parse(process.env[RUNNER_ENVIRONMENT] ?? "{}"));

if (environment.detach) {
	const own = { ...environment, detach: false };
	const child = spawn(process.execPath, process.argv.slice(1), {
		argv0: environment.title[0] ?? "runner",
		env: { ...process.env, [RUNNER_ENVIRONMENT]: JSON.stringify(own) },
		detached: true,
		stdio: "ignore",
	});
	child.unref();
	process.exit(0);
}

// A block that no compressor shrinks, copied over and over: the pages differ from nothing but each other's copies.
const block = randomFillSync(Buffer.allocUnsafeSlow(CHUNK_BYTES));
const held: Buffer[] = [];
let heldBytes = 0;
let targetBytes = 0;

function holdUpTo(bytes: number): void {
	while (heldBytes < bytes) {
		const size = Math.min(CHUNK_BYTES, bytes - heldBytes);
		const chunk = Buffer.allocUnsafeSlow(size);
		block.copy(chunk, 0, 0, size);
		held.push(chunk);
		heldBytes += size;
	}
}

function report(message: RunnerReport): void {
	process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Reaches the new size step by step, so that a watcher sees memory grow while the model loads. */
function growTo(bytes: number, overMs: number, id: number): void {
	const from = targetBytes;
	targetBytes = Math.max(targetBytes, bytes);
	const startedAt = performance.now();
	const step = (): void => {
		const share = overMs <= 0 ? 1 : Math.min(1, (performance.now() - startedAt) / overMs);
		const wanted = Math.round(from + (bytes - from) * share);
		// At most 64 MB a step: the process must stay responsive at scale 1.
		holdUpTo(Math.min(wanted, heldBytes + 16 * CHUNK_BYTES));
		if (share >= 1 && heldBytes >= bytes) report({ kind: "done", id });
		else setTimeout(step, heldBytes < wanted ? 0 : TICK_MS);
	};
	step();
}

let computing: NodeJS.Timeout | null = null;
let busySinceMs = 0;
let usedBefore = process.cpuUsage();

function setBusy(busy: boolean): void {
	if (busy === (computing !== null)) return;
	if (computing !== null) clearInterval(computing);
	computing = busy ? setInterval(compute, BUSY_EVERY_MS) : null;
	busySinceMs = performance.now();
	usedBefore = process.cpuUsage();
}

function usedMs(): number {
	const { user, system } = process.cpuUsage(usedBefore);
	return (user + system) / 1000;
}

function compute(): void {
	const startedAtMs = performance.now();
	const owedMs = (startedAtMs - busySinceMs) * BUSY_SHARE;
	while (usedMs() < owedMs && performance.now() - startedAtMs < BUSY_AT_MOST_MS)
		block[0] = (block[0] ?? 0) ^ 1;
}

process.title = environment.title.join(" ");
// Signals meant for a terminal's foreground group must not reach it: only its server ends it.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on("error", () => {});

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
	const command = JSON.parse(line) as RunnerCommand;
	if (command.kind === "grow") growTo(command.bytes, command.overMs, command.id);
	else setBusy(command.busy);
});
const recordPath = environment.recordPath.replace("PID", String(process.pid));
input.on("close", () => {
	setBusy(false);
	setTimeout(() => {
		rmSync(recordPath, { force: true });
		process.exit(0);
	}, environment.orphanLifetimeMs);
});

// What the engine itself would give back later must not count as memory of the model: collected now, it stays so.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
processMemoryBytes(process.pid);
collectGarbage();
collectGarbage();
const emptyBytes = processMemoryBytes(process.pid) ?? process.memoryUsage.rss();
mkdirSync(dirname(recordPath), { recursive: true });
writeFileSync(
	recordPath,
	JSON.stringify({
		pid: process.pid,
		startedAtMs: Date.now(),
		model: environment.model,
		commandLine: environment.title.join(" "),
		emptyBytes,
		scale: environment.scale,
	}),
);
holdUpTo(environment.holdBytes);
targetBytes = environment.holdBytes;
report({ kind: "ready", emptyBytes });
