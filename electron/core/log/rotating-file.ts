import { renameSync, writeSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";

/** A log file that makes room for itself. */
export interface RotatingFile {
	/** Takes a line with its end of line; returns at once, whatever the disk does. */
	write(line: string): void;
	/** Writes what waits before it returns, for a process that is about to end; a disk that takes nothing is left. */
	flushNow(): void;
	/** Writes what waits and closes; later lines are dropped. */
	close(): Promise<void>;
}

/** What a rotating file is made of. */
export interface RotatingFileOptions {
	readonly dir: string;
	/** Name without its ending: "plimsoll" makes plimsoll.log, plimsoll.1.log and so on, 1 being the newest. */
	readonly name: string;
	readonly maxBytes: number;
	/** Files kept in all. */
	readonly maxFiles: number;
	/** The line that tells how many were lost while the disk took none. */
	readonly lostLine: (count: number) => string;
	/** How long a disk that refused is left alone, milliseconds. */
	readonly retryAfterMs: number;
}

/** Lines that wait for a slow or full disk; what comes on top is lost. */
const MAX_WAITING_BYTES = 256 * 1024;

/**
 * Not pino's own destination: on a full disk its synchronous flush tries for ever, so that the process could not
 * end.
 */
class Rotation implements RotatingFile {
	readonly #options: RotatingFileOptions;
	#file: FileHandle | null = null;
	#bytes = 0;
	#waiting: string[] = [];
	#waitingBytes = 0;
	#lost = 0;
	/** The file's last line may have been cut off by a full disk. */
	#torn = false;
	#refusedAt: number | null = null;
	#draining: Promise<void> | null = null;
	#closed = false;

	constructor(options: RotatingFileOptions) {
		this.#options = options;
	}

	write(line: string): void {
		if (this.#closed) return;
		if (this.#waitingBytes >= MAX_WAITING_BYTES) {
			this.#lost += 1;
			return;
		}
		this.#waiting.push(line);
		this.#waitingBytes += Buffer.byteLength(line);
		const { retryAfterMs } = this.#options;
		if (this.#refusedAt !== null && performance.now() - this.#refusedAt < retryAfterMs) return;
		this.#draining ??= this.#drain().finally(() => {
			this.#draining = null;
		});
	}

	flushNow(): void {
		if (this.#file === null || this.#waiting.length === 0) return;
		// A write that is on its way may end in the middle of a line.
		if (this.#draining !== null) this.#torn = true;
		const { text, lines } = this.#takeWaiting();
		const bytes = Buffer.from(this.#startOfLine() + text);
		try {
			this.#torn = writeSync(this.#file.fd, bytes) < bytes.length;
		} catch {
			this.#torn = true;
		}
		if (this.#torn) this.#lost += lines;
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#draining;
		await this.#drain();
		await this.#file?.close().catch(() => undefined);
		this.#file = null;
	}

	#path(number: number): string {
		const { dir, name } = this.#options;
		return join(dir, number === 0 ? `${name}.log` : `${name}.${number}.log`);
	}

	#takeWaiting(): { readonly text: string; readonly lines: number } {
		const lines = this.#waiting;
		this.#waiting = [];
		this.#waitingBytes = 0;
		return { text: lines.join(""), lines: lines.length };
	}

	/** Ends a line that was cut off, so that the next one stands alone. */
	#startOfLine(): string {
		const start = this.#torn ? "\n" : "";
		this.#torn = false;
		return start;
	}

	async #drain(): Promise<void> {
		while (this.#waiting.length > 0) {
			const { text, lines } = this.#takeWaiting();
			try {
				const file = await this.#ready();
				const lost = this.#lost > 0 ? this.#options.lostLine(this.#lost) : "";
				const all = this.#startOfLine() + text + lost;
				await file.writeFile(all);
				this.#bytes += Buffer.byteLength(all);
				this.#lost = 0;
				this.#refusedAt = null;
			} catch {
				this.#lost += lines;
				this.#torn = this.#file !== null;
				this.#refusedAt = performance.now();
				return;
			}
		}
	}

	/** The open file, with room in it. */
	async #ready(): Promise<FileHandle> {
		if (this.#file !== null && this.#bytes >= this.#options.maxBytes) {
			await this.#file.close();
			this.#file = null;
			this.#shift();
		}
		if (this.#file === null) {
			await mkdir(this.#options.dir, { recursive: true, mode: 0o700 });
			this.#file = await open(this.#path(0), "a", 0o600);
			this.#bytes = (await this.#file.stat()).size;
		}
		return this.#file;
	}

	#shift(): void {
		for (let number = this.#options.maxFiles - 2; number >= 0; number -= 1)
			try {
				renameSync(this.#path(number), this.#path(number + 1));
			} catch {
				// That one does not exist yet, or may not be moved: then the log goes on in the file it has.
			}
	}
}

/** A log file in a folder that is made where it is missing. Never throws. */
export function createRotatingFile(options: RotatingFileOptions): RotatingFile {
	return new Rotation(options);
}
