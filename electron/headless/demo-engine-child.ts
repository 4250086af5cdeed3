import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { AppError } from "../../shared/errors.ts";
import type { Log } from "../core/ports.ts";
import { cliEntry } from "./places.ts";

/** A demo engine in a process of its own, started when it is first asked for. */
export interface DemoEngineChild {
	/** From now on it may stand in where no engine answers. */
	allow(): void;
	/** Its address, starting it where it does not run; null while it may not stand in. Rejects where it does not start. */
	url(): Promise<string | null>;
	/** Ends it politely, and by force where it does not end within a few seconds. */
	stop(): Promise<void>;
}

/** How long a demo engine may take to start, and to end after it was asked to. */
const START_WITHIN_MS = 15_000;
const END_WITHIN_MS = 5_000;

/** Last words of a process that failed; more would not help anybody. */
const LAST_WORDS = 500;

function addressOf(child: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		let words = "";
		const fail = (problem: string): void => {
			clearTimeout(tooLate);
			reject(AppError.of("internal", { problem }));
		};
		const tooLate = setTimeout(() => {
			child.kill("SIGKILL");
			fail(`no address within ${START_WITHIN_MS / 1000} s`);
		}, START_WITHIN_MS);
		(child.stderr as Readable).on("data", (part: Buffer) => {
			words = (words + part.toString()).slice(-LAST_WORDS);
		});
		child.once("message", (told: { readonly url: string }) => {
			clearTimeout(tooLate);
			resolve(told.url);
		});
		child.once("error", (error) => fail(error.message));
		child.once("exit", (code, signal) => fail(words.trim() || `ended with ${code ?? signal}`));
	});
}

/** Prepares a demo engine run by `plimsoll demo-engine`; its channel to this process ends it should this one die. */
export function createDemoEngineChild(options: {
	readonly allowed: boolean;
	readonly flags: readonly string[];
	readonly log: Log;
}): DemoEngineChild {
	const { flags, log } = options;
	let { allowed } = options;
	let running: { readonly child: ChildProcess; readonly address: Promise<string> } | null = null;

	function start(): { readonly child: ChildProcess; readonly address: Promise<string> } {
		const child = spawn(process.execPath, [cliEntry, "demo-engine", "--port", "0", ...flags], {
			stdio: ["ignore", "ignore", "pipe", "ipc"],
			// Ctrl-C in the terminal goes to the whole group; this process ends its demo engine itself, in order.
			detached: true,
			env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
		});
		const started = { child, address: addressOf(child) };
		child.once("exit", (code, signal) => {
			log.info("demo engine ended", { code, signal });
			if (running === started) running = null;
		});
		return started;
	}

	return {
		allow() {
			allowed = true;
		},
		async url() {
			if (!allowed) return null;
			running ??= start();
			const url = await running.address;
			log.info("demo engine runs", { url, pid: running?.child.pid });
			return url;
		},
		async stop() {
			const ending = running;
			if (ending === null) return;
			running = null;
			const { child } = ending;
			if (child.exitCode !== null || child.signalCode !== null) return;
			await new Promise<void>((resolve) => {
				const force = setTimeout(() => child.kill("SIGKILL"), END_WITHIN_MS);
				child.once("exit", () => {
					clearTimeout(force);
					resolve();
				});
				child.kill("SIGTERM");
			});
		},
	};
}
