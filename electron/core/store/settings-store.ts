import { constants, readFileSync } from "node:fs";
import { copyFile, mkdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError } from "../../../shared/errors.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../shared/settings.ts";
import type { Clock, Log, SettingsChange, SettingsStore, Stop } from "../ports.ts";
import { mergeSettings, readSettings, settingsText } from "./read-settings.ts";
import { storageError, systemCode } from "./storage-error.ts";
import { fileStamp, type StoreNotice } from "./store-notice.ts";
import { watchFile } from "./watch-file.ts";
import { writeAtomically } from "./write-atomically.ts";

/** What is wrong with the settings file while older settings are in force. */
export type SettingsRefusal = Extract<SettingsChange, { kind: "refused" }>;

/** Settings in a JSON file that people may edit while Plimsoll runs. */
export interface SettingsFileStore extends SettingsStore {
	/** What is wrong with the file now, or null; at the start nobody could listen yet. */
	refusal(): SettingsRefusal | null;
	/** Looks at the file now instead of waiting for the watcher; resolves when a change has been told. */
	checkNow(): Promise<void>;
	/** Stops watching. */
	close(): void;
}

/** What a settings store is made of. */
export interface SettingsStoreOptions {
	readonly file: string;
	readonly clock: Clock;
	readonly log: Log;
	readonly onNotice: (notice: StoreNotice) => void;
}

/** Only the person may read it: it lists the pages they trust. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Last text that was accepted, kept so that a start with a broken file does not fall back to no settings at all. */
function acceptedCopyOf(file: string): string {
	return join(dirname(file), `${basename(file, ".json")}.accepted.json`);
}

function readAccepted(file: string): Settings {
	try {
		const read = readSettings(readFileSync(acceptedCopyOf(file), "utf8"));
		return read.kind === "settings" ? read.settings : DEFAULT_SETTINGS;
	} catch {
		return DEFAULT_SETTINGS;
	}
}

type OnDisk =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "missing" }
	| { readonly kind: "unreadable"; readonly problem: string };

function notText(thrown: unknown): OnDisk {
	const code = systemCode(thrown);
	return code === "ENOENT" ? { kind: "missing" } : { kind: "unreadable", problem: code ?? String(thrown) };
}

function markOf(onDisk: OnDisk): string {
	return JSON.stringify(onDisk);
}

class FileSettings implements SettingsFileStore {
	readonly #options: SettingsStoreOptions;
	readonly #listeners = new Set<(change: SettingsChange) => void>();
	readonly #stopWatching: Stop;
	#settings: Settings;
	#refusal: SettingsRefusal | null = null;
	/** The file as it was last seen; what equals it is no hand edit. */
	#seen: string;
	#queue: Promise<unknown> = Promise.resolve();

	constructor(options: SettingsStoreOptions) {
		this.#options = options;
		const { file, clock } = options;
		let onDisk: OnDisk;
		try {
			onDisk = { kind: "text", text: readFileSync(file, "utf8") };
		} catch (thrown) {
			onDisk = notText(thrown);
		}
		this.#seen = markOf(onDisk);
		this.#settings = onDisk.kind === "missing" ? DEFAULT_SETTINGS : readAccepted(file);
		this.#takeOver(onDisk);
		this.#stopWatching = watchFile(file, clock, () => void this.checkNow());
	}

	current(): Settings {
		return this.#settings;
	}

	refusal(): SettingsRefusal | null {
		return this.#refusal;
	}

	onChange(listener: (change: SettingsChange) => void): Stop {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	close(): void {
		this.#stopWatching();
		this.#listeners.clear();
	}

	checkNow(): Promise<void> {
		return this.#inTurn(() => this.#look());
	}

	save(next: Settings): Promise<void> {
		return this.#inTurn(() => this.#save(next));
	}

	#inTurn<T>(work: () => Promise<T>): Promise<T> {
		const done = this.#queue.then(work);
		this.#queue = done.catch(() => undefined);
		return done;
	}

	#tell(change: SettingsChange): void {
		for (const listener of this.#listeners) listener(change);
	}

	async #read(): Promise<OnDisk> {
		try {
			return { kind: "text", text: await readFile(this.#options.file, "utf8") };
		} catch (thrown) {
			return notText(thrown);
		}
	}

	async #look(): Promise<void> {
		const onDisk = await this.#read();
		const mark = markOf(onDisk);
		if (mark === this.#seen) return;
		this.#seen = mark;
		const change = this.#takeOver(onDisk);
		if (change !== null) this.#tell(change);
	}

	/** Puts what the file says in force, or notes why it cannot be; the change to tell, if there is one. */
	#takeOver(onDisk: OnDisk): SettingsChange | null {
		const { file, log } = this.#options;
		const read =
			onDisk.kind === "text"
				? readSettings(onDisk.text)
				: onDisk.kind === "missing"
					? ({ kind: "settings", settings: DEFAULT_SETTINGS } as const)
					: ({ kind: "refused", line: 1, problem: onDisk.problem } as const);
		if (read.kind === "refused") {
			this.#refusal = { kind: "refused", file, line: read.line, problem: read.problem };
			log.warn("settings refused", { file, line: read.line, problem: read.problem });
			return this.#refusal;
		}
		const same = JSON.stringify(read.settings) === JSON.stringify(this.#settings);
		const wasRefused = this.#refusal !== null;
		this.#refusal = null;
		this.#settings = read.settings;
		if (onDisk.kind === "text") this.#keepAccepted(onDisk.text);
		if (same && !wasRefused) return null;
		log.info("settings taken from the file", { file });
		return { kind: "changed", settings: read.settings };
	}

	#keepAccepted(text: string): void {
		const copy = acceptedCopyOf(this.#options.file);
		void this.#inTurn(async () => {
			if ((await readFile(copy, "utf8").catch(() => null)) !== text)
				await writeAtomically(copy, text, FILE_MODE);
		}).catch((thrown) =>
			this.#options.log.warn("no copy of the settings kept", { file: copy, problem: String(thrown) }),
		);
	}

	async #save(next: Settings): Promise<void> {
		const { file, log } = this.#options;
		const asked = readSettings(settingsText(next));
		if (asked.kind === "refused")
			throw AppError.of("settings-invalid", { file, line: asked.line, problem: asked.problem });
		const base = this.#settings;
		await this.#look();
		const merged = mergeSettings(base, asked.settings, this.#settings);
		const text = settingsText(merged);
		try {
			await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
			if (this.#refusal !== null) await this.#setAside();
			// A settings file that is a link into somebody's own configuration stays one.
			const target = await realpath(file).catch(() => file);
			await writeAtomically(target, text, FILE_MODE);
		} catch (thrown) {
			const error = storageError(file, thrown);
			log.error("settings not saved", { file, code: error.code, problem: String(thrown) });
			throw error;
		}
		this.#seen = markOf({ kind: "text", text });
		this.#refusal = null;
		this.#settings = merged;
		this.#keepAccepted(text);
		if (JSON.stringify(merged) !== JSON.stringify(asked.settings))
			this.#tell({ kind: "changed", settings: merged });
	}

	async #setAside(): Promise<void> {
		const { file, clock, log, onNotice } = this.#options;
		const keptAs = join(dirname(file), `${basename(file, ".json")}.broken-${fileStamp(clock.now())}.json`);
		await copyFile(file, keptAs, constants.COPYFILE_EXCL);
		log.warn("broken settings kept", { file, keptAs });
		onNotice({ kind: "set-aside", what: "settings", why: "broken", keptAs });
	}
}

/**
 * Opens the settings file. Without one the defaults are in force and nothing is written until somebody changes
 * something; a file that cannot be used is refused with its line, kept, and the settings accepted last stay in
 * force.
 */
export function createSettingsStore(options: SettingsStoreOptions): SettingsFileStore {
	return new FileSettings(options);
}
