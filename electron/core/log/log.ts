import { hostname } from "node:os";
import pino from "pino";
import type { Settings } from "../../../shared/settings.ts";
import type { Log } from "../ports.ts";
import { redact, redactText } from "./redact.ts";
import { createRotatingFile } from "./rotating-file.ts";

/** How much is logged. */
export type LogLevel = Settings["log"]["level"];

/** The log of one Plimsoll. */
export interface FileLog extends Log {
	/** Applies to every room from now on. */
	setLevel(level: LogLevel): void;
	/** Keeps a secret out of every line from now on, whatever text it stands in. */
	hide(secret: string): void;
	/** Writes what waits before it returns, for a process that is about to end by a crash. */
	flushNow(): void;
	/** Brings what was logged to the disk; later lines are dropped. */
	close(): Promise<void>;
}

/** What a log is made of. */
export interface LogOptions {
	/** Folder of plimsoll.log and its predecessors. */
	readonly dir: string;
	readonly level: LogLevel;
	/** Secrets known from the start. */
	readonly redact?: readonly string[];
	/** Bytes after which a new file is begun, 5 MB unless told. */
	readonly maxBytes?: number;
	/** How long a disk that refused is left alone, a second unless told. */
	readonly retryAfterMs?: number;
}

const MAX_BYTES = 5 * 1024 * 1024;
const MAX_FILES = 5;
const RETRY_AFTER_MS = 1000;

type Figures = Readonly<Record<string, unknown>>;
type Sink = (level: LogLevel, room: string, what: string, figures: Figures) => void;

function roomLog(room: string, sink: Sink): Log {
	return {
		child: (name) => roomLog(room === "" ? name : `${room}/${name}`, sink),
		error: (what, figures = {}) => sink("error", room, what, figures),
		warn: (what, figures = {}) => sink("warn", room, what, figures),
		info: (what, figures = {}) => sink("info", room, what, figures),
		debug: (what, figures = {}) => sink("debug", room, what, figures),
	};
}

/**
 * Opens the log: one JSON object a line, in five files of 5 MB. Writing is asynchronous and never throws or waits,
 * also on a full disk, where lines are dropped. Prompts, answers and secrets are hidden before a line is made.
 */
export function createLog(options: LogOptions): FileLog {
	const file = createRotatingFile({
		dir: options.dir,
		name: "plimsoll",
		maxBytes: options.maxBytes ?? MAX_BYTES,
		maxFiles: MAX_FILES,
		retryAfterMs: options.retryAfterMs ?? RETRY_AFTER_MS,
		lostLine: (count) =>
			`${JSON.stringify({ level: "warn", time: new Date().toISOString(), room: "log", count, msg: "lines lost" })}\n`,
	});
	const secrets = new Set(options.redact);
	const writer = pino(
		{
			level: options.level,
			base: { pid: process.pid, host: hostname() },
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
		},
		file,
	);
	const sink: Sink = (level, room, what, figures) => {
		try {
			if (!writer.isLevelEnabled(level)) return;
			const hidden = [...secrets];
			writer[level]({ room, ...redact(figures, hidden) }, redactText(what, hidden));
		} catch {
			// A log must never be the reason that something else fails.
		}
	};
	return {
		...roomLog("", sink),
		setLevel(level) {
			writer.level = level;
		},
		hide: (secret) => void secrets.add(secret),
		flushNow: () => file.flushNow(),
		close: () => file.close(),
	};
}

/** A line as a memory log keeps it. */
export interface LogLine {
	readonly level: LogLevel;
	readonly room: string;
	readonly what: string;
	readonly figures: Figures;
}

/** A log for tests: every line of every level, redacted as on disk. */
export function createMemoryLog(): { readonly log: Log; readonly lines: readonly LogLine[] } {
	const lines: LogLine[] = [];
	const log = roomLog("", (level, room, what, figures) => {
		lines.push({ level, room, what, figures: redact(figures, []) });
	});
	return { log, lines };
}
