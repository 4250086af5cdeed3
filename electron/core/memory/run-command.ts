import { execFile } from "node:child_process";

/** What a finished command left behind. */
export interface CommandResult {
	/** null where it was ended by a signal or never started. */
	readonly exitCode: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a program to its end; never rejects, so that a missing tool is an answer like any other. */
export type RunCommand = (
	command: string,
	args: readonly string[],
	options: { readonly timeoutMs: number },
) => Promise<CommandResult>;

/** Room for a process table of tens of thousands of rows. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a program of this machine with plain C formats, whatever the person's language is. */
export const runCommand: RunCommand = (command, args, { timeoutMs }) =>
	new Promise((resolve) => {
		execFile(
			command,
			[...args],
			{
				timeout: timeoutMs,
				killSignal: "SIGKILL",
				maxBuffer: MAX_OUTPUT_BYTES,
				encoding: "utf8",
				env: { ...process.env, LC_ALL: "C" },
			},
			(error, stdout, stderr) => {
				const code = error === null ? 0 : error.code;
				resolve({ exitCode: typeof code === "number" ? code : null, stdout, stderr });
			},
		);
	});
