import { type ChildProcess, spawn } from "node:child_process";
import { once, setMaxListeners } from "node:events";
import { readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DemoEngineOptions } from "./command.ts";
import { processMemoryBytes, processParentAndTime } from "./process-reading.ts";
import {
	type FoundRunner,
	RunnerExited,
	type RunnerHandle,
	type RunnerHost,
	type RunnerMeasure,
	type RunnerStart,
} from "./runner-handle.ts";
import {
	RUNNER_ENVIRONMENT,
	type RunnerCommand,
	type RunnerEnvironment,
	type RunnerRecord,
	type RunnerReport,
	runnerRecordSchema,
} from "./runner-protocol.ts";

/**
 * Starts runners as child processes. They lie in a group of their own, so that neither a terminal's Ctrl-C nor
 * the SIGKILL of their server reaches them. Each leaves a file about itself under the server's port, by which a
 * new server on that port finds the orphans of the old one.
 */
export function processRunnerHost(options: DemoEngineOptions, port: number): RunnerHost {
	const { runnerEntry } = options;
	if (runnerEntry === undefined) throw new Error("runners as processes need the path of the bundled runner");
	const records = join(tmpdir(), `plimsoll-demo-${userInfo().uid}`, String(port));

	const spawnRunner = (
		start: RunnerStart,
		extra: { readonly holdBytes: number; readonly detach: boolean },
	): ChildProcess => {
		const environment: RunnerEnvironment = {
			model: start.model,
			title: [...start.arguments],
			scale: options.scale,
			recordPath: join(records, "PID.json"),
			holdBytes: Math.round(extra.holdBytes * options.scale),
			detach: extra.detach,
			orphanLifetimeMs: options.orphanLifetimeMs,
		};
		return spawn(process.execPath, [runnerEntry, ...start.arguments.slice(1)], {
			argv0: start.arguments[0] ?? "runner",
			// Inside a packaged app the executable is Electron's, which then must behave like Node.
			env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", [RUNNER_ENVIRONMENT]: JSON.stringify(environment) },
			detached: true,
			stdio: extra.detach ? "ignore" : ["pipe", "pipe", "ignore"],
		});
	};

	return {
		kind: "processes",
		start: (start) =>
			startRunner(spawnRunner(start, { holdBytes: 0, detach: false }), start, options.scale, records),
		startOrphan: async (start, bytes) => {
			const between = spawnRunner(start, { holdBytes: bytes, detach: true });
			await once(between, "exit");
		},
		orphans: () => findOrphans(records),
		endOrphan: (pid) => {
			if (!findOrphans(records).some((orphan) => orphan.pid === pid)) return false;
			process.kill(pid, "SIGKILL");
			rmSync(join(records, `${pid}.json`), { force: true });
			return true;
		},
		close: () => {
			try {
				rmdirSync(records);
			} catch {
				// It was never made, or an orphan of an earlier server still has its file in it.
			}
		},
	};
}

async function startRunner(
	child: ChildProcess,
	start: RunnerStart,
	scale: number,
	records: string,
): Promise<RunnerHandle> {
	const { stdin, stdout, pid } = child;
	if (stdin === null || stdout === null || pid === undefined) throw new RunnerExited();
	stdin.on("error", () => {});
	const gone = new AbortController();
	setMaxListeners(0, gone.signal);
	let hasExited = false;
	let emptyBytes = 0;
	let nextId = 1;
	let targetBytes = 0;
	const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
	let ready: (() => void) | null = null;
	const exited = new Promise<void>((resolve) => {
		const ended = (): void => {
			if (hasExited) return;
			hasExited = true;
			gone.abort();
			rmSync(join(records, `${pid}.json`), { force: true });
			for (const { reject } of waiting.values()) reject(new RunnerExited());
			waiting.clear();
			resolve();
		};
		child.on("exit", ended);
		child.on("error", ended);
	});
	createInterface({ input: stdout }).on("line", (line) => {
		const report = JSON.parse(line) as RunnerReport;
		if (report.kind === "ready") {
			emptyBytes = report.emptyBytes;
			ready?.();
			return;
		}
		waiting.get(report.id)?.resolve();
		waiting.delete(report.id);
	});
	// Neither the child nor its pipes keep a server alive that has closed everything else.
	child.unref();

	const send = (command: RunnerCommand): void => {
		if (!hasExited) stdin.write(`${JSON.stringify(command)}\n`);
	};
	const growTo = (bytes: number, overMs: number): Promise<void> => {
		if (hasExited) return Promise.reject(new RunnerExited());
		targetBytes = bytes;
		const id = nextId;
		nextId += 1;
		return new Promise<void>((resolve, reject) => {
			waiting.set(id, { resolve, reject });
			send({ kind: "grow", id, bytes: Math.round(bytes * scale), overMs });
		});
	};
	await Promise.race([new Promise<void>((resolve) => (ready = resolve)), exited]);

	return {
		pid,
		startedAtMs: Date.now(),
		commandLine: start.arguments.join(" "),
		load: (bytes, overMs) => growTo(bytes, overMs),
		grow: (bytes) => growTo(targetBytes + bytes, 0),
		setBusy: (busy) => send({ kind: "busy", busy }),
		kill: async () => {
			if (!hasExited) child.kill("SIGKILL");
			await exited;
		},
		exited,
		gone: gone.signal,
		get hasExited() {
			return hasExited;
		},
		measure: () => measureProcess(pid, emptyBytes, scale),
	};
}

function measureProcess(pid: number, emptyBytes: number, scale: number): RunnerMeasure {
	const memory = processMemoryBytes(pid);
	const times = processParentAndTime(pid);
	return {
		parentPid: times?.parentPid ?? 0,
		memoryBytes: memory === null ? 0 : Math.max(0, Math.round((memory - emptyBytes) / scale)),
		cpuTimeMs: times?.cpuTimeMs ?? 0,
	};
}

/** Runners that left a file here and whose parent is no longer a server. */
function findOrphans(records: string): readonly FoundRunner[] {
	const found: FoundRunner[] = [];
	for (const record of readRecords(records)) {
		const times = processParentAndTime(record.pid);
		if (times === null) {
			rmSync(join(records, `${record.pid}.json`), { force: true });
			continue;
		}
		if (times.parentPid === process.pid) continue;
		const { pid, startedAtMs, model, commandLine } = record;
		const measured = measureProcess(pid, record.emptyBytes, record.scale);
		found.push({ pid, startedAtMs, model, commandLine, ...measured });
	}
	return found;
}

function readRecords(records: string): readonly RunnerRecord[] {
	try {
		return readdirSync(records).flatMap((file) => {
			const parsed = runnerRecordSchema.safeParse(JSON.parse(readFileSync(join(records, file), "utf8")));
			return parsed.success ? [parsed.data] : [];
		});
	} catch {
		// No directory yet, or a file that is being written: nothing to report this time.
		return [];
	}
}
