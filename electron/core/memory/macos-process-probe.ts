import type { ProcessFootprint, ProcessInfo, ProcessProbe } from "../ports.ts";
import { parseFootprint } from "./footprint-output.ts";
import { describeProcess, mayConcernModels } from "./model-process.ts";
import { type PsStart, parsePsStarts, parsePsTable } from "./ps-output.ts";
import type { RunCommand } from "./run-command.ts";
import { parseTopMemory } from "./top-output.ts";

/** What the probe reads from. */
export interface MacProcessParts {
	readonly run: RunCommand;
	/** Sends signal 0: throws with code ESRCH where there is no such process. */
	readonly signalZero?: (pid: number) => void;
}

const PS = "/bin/ps";
/** `top` alone takes 1.5 s; a Mac that is swapping is slower at everything. */
const LIST_TIMEOUT_MS = 4000;
const FOOTPRINT_TIMEOUT_MS = 10_000;
/** `ps` knows start times to the second. */
const START_TOLERANCE_MS = 2000;

/**
 * Reads processes on a Mac: one `ps` for all, and one more for the start times of those not seen before. Footprints
 * come from `footprint`, which needs no privilege for the person's own processes, else from `top`, which rounds.
 * Resident size is of no use there: a model's memory on the GPU is not in it.
 */
export function createMacProcessProbe({ run, signalZero = sendSignalZero }: MacProcessParts): ProcessProbe {
	let knownStarts = new Map<number, { readonly startedAt: number; readonly commandLine: string }>();

	const readStarts = async (pids: readonly number[]): Promise<readonly PsStart[]> => {
		if (pids.length === 0) return [];
		const args = ["-p", pids.join(","), "-o", "pid=,stat=,lstart="];
		return parsePsStarts((await run(PS, args, { timeoutMs: LIST_TIMEOUT_MS })).stdout);
	};

	return {
		async list(): Promise<readonly ProcessInfo[]> {
			const args = ["-axww", "-o", "pid=,ppid=,time=,command="];
			const { stdout, stderr, exitCode } = await run(PS, args, { timeoutMs: LIST_TIMEOUT_MS });
			const table = parsePsTable(stdout);
			if (table.length === 0) throw new Error(`ps shows no processes (exit ${exitCode}): ${stderr.trim()}`);
			const concerned = table.filter(({ commandLine }) => mayConcernModels(commandLine));
			// The parent of a runner tells whether it is an orphan, whatever program the parent is.
			const parents = new Set(
				concerned
					.filter(({ commandLine }) => describeProcess(commandLine).kind === "runner")
					.map(({ parentPid }) => parentPid),
			);
			const rows = table.filter((row) => concerned.includes(row) || parents.has(row.pid));
			const unknown = rows.filter(
				({ pid, commandLine }) => knownStarts.get(pid)?.commandLine !== commandLine,
			);
			const starts = new Map((await readStarts(unknown.map(({ pid }) => pid))).map((row) => [row.pid, row]));
			const next: typeof knownStarts = new Map();
			const processes: ProcessInfo[] = [];
			for (const row of rows) {
				const fresh = starts.get(row.pid);
				if (fresh?.zombie === true) continue;
				const known = knownStarts.get(row.pid);
				const startedAt =
					fresh?.startedAt ?? (known?.commandLine === row.commandLine ? known.startedAt : null);
				if (startedAt !== null) next.set(row.pid, { startedAt, commandLine: row.commandLine });
				processes.push({ ...row, startedAt });
			}
			knownStarts = next;
			return processes;
		},

		async footprint(pid): Promise<ProcessFootprint | null> {
			const timeout = { timeoutMs: FOOTPRINT_TIMEOUT_MS };
			const args = ["-p", String(pid), "-f", "bytes", "--swapped"];
			const exact = parseFootprint((await run("/usr/bin/footprint", args, timeout)).stdout);
			if (exact !== null) {
				const heldBytes = Math.max(0, exact.bytes - (exact.swappedBytes ?? 0));
				return { bytes: exact.bytes, heldBytes, rounded: false };
			}
			const topArgs = ["-l", "1", "-pid", String(pid), "-stats", "pid,mem"];
			const rounded = parseTopMemory((await run("/usr/bin/top", topArgs, timeout)).stdout, pid);
			return rounded === null ? null : { bytes: rounded, heldBytes: rounded, rounded: true };
		},

		async isAlive(pid, startedAt) {
			try {
				signalZero(pid);
			} catch (cause) {
				// EPERM: it lives and is another user's.
				if ((cause as NodeJS.ErrnoException).code === "ESRCH") return false;
			}
			// Signal 0 reaches ended processes that wait for their parent, and whoever has the pid now.
			const [row] = await readStarts([pid]);
			if (row === undefined || row.zombie) return false;
			return startedAt === null || Math.abs(row.startedAt - startedAt) <= START_TOLERANCE_MS;
		},
	};
}

function sendSignalZero(pid: number): void {
	process.kill(pid, 0);
}
