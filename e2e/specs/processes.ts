import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

/** The built command line: what people run. */
export const CLI = fileURLToPath(new URL("../../out/headless/cli.js", import.meta.url));

/** A program that was started, with all it has said. */
export interface Started {
	readonly child: ChildProcess;
	readonly pid: number;
	readonly out: () => string;
	readonly err: () => string;
	/** Exit code, or 128 + the number of the signal that ended it. */
	readonly ended: Promise<number>;
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** An environment in which nothing of the tester's own Ollama or Plimsoll is named. */
function cleanEnvironment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const {
		OLLAMA_HOST: _host,
		PLIMSOLL_ENGINE: _e,
		PLIMSOLL_PORT: _p,
		PLIMSOLL_DATA_DIR: _d,
		...rest
	} = process.env;
	return { ...rest, LANG: "C", LC_ALL: "C", LC_MESSAGES: "C", CI: "1", ...more };
}

const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Starts the command line. */
export function startCli(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Started {
	const child = spawn(process.execPath, [CLI, ...args], {
		stdio: ["ignore", "pipe", "pipe"],
		env: cleanEnvironment(environment),
	});
	running.add(child);
	let out = "";
	let err = "";
	child.stdout.on("data", (part: Buffer) => (out += part.toString()));
	child.stderr.on("data", (part: Buffer) => (err += part.toString()));
	const ended = new Promise<number>((resolve) => {
		child.once("close", (code, signal) => {
			running.delete(child);
			resolve(code ?? 128 + (SIGNALS[signal ?? ""] ?? 0));
		});
	});
	return { child, pid: child.pid ?? 0, out: () => out, err: () => err, ended };
}

/** Runs the command line to its end. */
export async function runCli(
	args: readonly string[],
	environment: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
	const started = startCli(args, environment);
	const code = await started.ended;
	return { code, out: started.out(), err: started.err() };
}

/** What a pattern finds in a program's output, as soon as it is there. Rejects where the program ends without it. */
export async function said(started: Started, pattern: RegExp): Promise<string> {
	let gone = false;
	void started.ended.then(() => (gone = true));
	return vi.waitFor(
		() => {
			const found = pattern.exec(started.out() + started.err());
			if (found !== null) return found[1] ?? found[0];
			const words = `nothing like ${pattern} in: ${started.out()}${started.err()}`;
			if (gone) return Promise.reject(new Error(`it ended; ${words}`));
			throw new Error(words);
		},
		{ timeout: 25_000, interval: 25 },
	);
}

/** A demo engine in a process of its own. */
export async function startDemo(...flags: readonly string[]): Promise<Started & { readonly url: string }> {
	const started = startCli([
		"demo-engine",
		"--port",
		"0",
		"--scale",
		"1/256",
		"--load-gb-per-second",
		"20",
		...flags,
	]);
	return { ...started, url: await said(started, /demo engine is listening on (\S+)/) };
}

/** A running Plimsoll. */
export interface Served extends Started {
	readonly url: string;
	readonly port: number;
	readonly dataDir: string;
}

/** Starts a Plimsoll in front of an engine and waits until it listens. */
export async function startServe(
	engine: string,
	dataDir: string,
	...flags: readonly string[]
): Promise<Served> {
	const started = startCli([
		"serve",
		"--port",
		"0",
		"--no-open",
		"--data-dir",
		dataDir,
		...(engine === "" ? [] : ["--engine", engine]),
		...flags,
	]);
	const url = await said(started, /^Plimsoll is listening on (http:\/\/127\.0\.0\.1:\d+)$/m);
	return { ...started, url, port: Number(new URL(url).port), dataDir };
}

/** Asks a program to end and waits for its exit code. */
export async function end(started: Started, signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
	started.child.kill(signal);
	return started.ended;
}

/** A new empty folder, removed by {@link cleanUp}. */
export async function newFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "plimsoll-e2e-"));
	folders.add(folder);
	return folder;
}

/** Ends what was started and removes the folders that were made. A demo engine that is killed leaves its runners behind. */
export async function cleanUp(): Promise<void> {
	const children = [...running];
	const alive = (): readonly ChildProcess[] =>
		children.filter((child) => child.exitCode === null && child.signalCode === null);
	const allEnded = (): void => {
		if (alive().length > 0) throw new Error("alive");
	};
	for (const child of children) {
		child.kill("SIGCONT");
		child.kill("SIGTERM");
	}
	await vi.waitFor(allEnded, { timeout: 10_000 }).catch(() => undefined);
	for (const child of alive()) child.kill("SIGKILL");
	await vi.waitFor(allEnded, { timeout: 5_000 });
	for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
	folders.clear();
}

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	if (process.platform !== "linux") return true;
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
	} catch {
		return false;
	}
}

/** Processes whose command line holds a text, on Linux; elsewhere none are found. */
export function processesWith(text: string): readonly number[] {
	if (process.platform !== "linux") return [];
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.filter((name) => {
			try {
				return readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").includes(text);
			} catch {
				return false;
			}
		})
		.map(Number)
		.filter(isAlive);
}

/** Asks the HTTP API; the answer's shape is the caller's to know. */
export async function api<Body>(
	url: string,
	path: string,
	init?: RequestInit,
): Promise<{ readonly status: number; readonly body: Body }> {
	const response = await fetch(`${url}${path}`, init);
	return { status: response.status, body: (await response.json()) as Body };
}
