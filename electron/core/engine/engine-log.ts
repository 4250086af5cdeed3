import { open, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** What an Ollama says in its log about how it was started; what it does not say is null. */
export interface EngineLogFacts {
	readonly version: string;
	/** OLLAMA_CONTEXT_LENGTH, where it is set. */
	readonly contextLength: number | null;
	/** What a load gets by the size of the GPU where nobody says otherwise. */
	readonly defaultContextLength: number | null;
	readonly parallel: number | null;
	readonly kvType: "f16" | "q8_0" | "q4_0" | null;
	/** Set only where it was switched on or off by hand. */
	readonly flashAttention: boolean | null;
	/** OLLAMA_MAX_LOADED_MODELS, where it is set. */
	readonly maxModels: number | null;
	/** What it may use on the GPU, bytes; 0 where it found none. */
	readonly gpuBytes: number | null;
}

/** Bytes by the units in which the log writes sizes. */
const UNITS: Readonly<Record<string, number>> = {
	B: 1,
	KiB: 1024,
	MiB: 1024 ** 2,
	GiB: 1024 ** 3,
	TiB: 1024 ** 4,
};

function setting(line: string, name: string): string | null {
	const value = new RegExp(`[ []${name}:([^ \\]]*)`).exec(line)?.[1] ?? "";
	return value === "" ? null : value;
}

function wholeAbove0(text: string | null): number | null {
	return text !== null && /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

function sizeAfter(line: string, name: string): number | null {
	const match = new RegExp(`${name}="([\\d.]+) ([KMGT]?i?B)"`).exec(line);
	const unit = UNITS[match?.[2] ?? ""];
	return match === null || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}

/** The last start that a log tells of; null where it tells of none. */
export function readEngineLog(text: string): EngineLogFacts | null {
	const lines = text.split("\n");
	const listening = lines.findLastIndex((line) => line.includes('msg="Listening on '));
	const version = /\(version ([^)"]+)\)/.exec(lines[listening] ?? "")?.[1];
	if (version === undefined) return null;
	const before = lines.slice(0, listening);
	const previous = before.findLastIndex((line) => line.includes('msg="Listening on '));
	const config = before.slice(previous + 1).findLast((line) => line.includes('msg="server config"')) ?? "";
	const after = lines.slice(listening + 1);
	const compute = after.filter((line) => line.includes('msg="inference compute"'));
	const gpus = compute.filter((line) => !/ library="?cpu"? /i.test(line));
	const tier = after.find((line) => line.includes('msg="vram-based default context"')) ?? "";
	const kvType = setting(config, "OLLAMA_KV_CACHE_TYPE");
	return {
		version,
		contextLength: wholeAbove0(setting(config, "OLLAMA_CONTEXT_LENGTH")),
		defaultContextLength: wholeAbove0(/ default_num_ctx=(\d+)/.exec(tier)?.[1] ?? null),
		parallel: wholeAbove0(setting(config, "OLLAMA_NUM_PARALLEL")),
		kvType: kvType === "f16" || kvType === "q8_0" || kvType === "q4_0" ? kvType : null,
		// “false” is also what is logged where nothing was set, and then it is chosen by model.
		flashAttention: setting(config, "OLLAMA_FLASH_ATTENTION") === "true" ? true : null,
		maxModels: wholeAbove0(setting(config, "OLLAMA_MAX_LOADED_MODELS")),
		gpuBytes:
			compute.length === 0 ? null : gpus.reduce((sum, line) => sum + (sizeAfter(line, "total") ?? 0), 0),
	};
}

/** Where Ollama's app and Homebrew's service write their logs. */
export function engineLogFiles(home: string): readonly string[] {
	return [
		join(home, ".ollama", "logs", "server.log"),
		"/opt/homebrew/var/log/ollama.log",
		"/usr/local/var/log/ollama.log",
	];
}

/** A log may grow for months: what was written at its beginning and lately is enough. */
const HEAD_BYTES = 256 * 1024;
const TAIL_BYTES = 4 * 1024 * 1024;

async function headAndTail(file: string): Promise<string> {
	const handle = await open(file, "r");
	try {
		const { size } = await handle.stat();
		const read = async (from: number, length: number) => {
			const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, from);
			return buffer.toString("utf8", 0, bytesRead);
		};
		if (size <= HEAD_BYTES + TAIL_BYTES) return await read(0, size);
		return `${await read(0, HEAD_BYTES)}\n${await read(size - TAIL_BYTES, TAIL_BYTES)}`;
	} finally {
		await handle.close();
	}
}

/** Reads what the running engine said at its start. */
export interface EngineLogReader {
	/** Facts of an engine of this version on this machine, or null where no log tells of it. Never rejects. */
	facts(version: string): Promise<EngineLogFacts | null>;
}

/** Makes a reader of these files; a file is read again only after it has changed. */
export function createEngineLogReader(files: readonly string[] = engineLogFiles(homedir())): EngineLogReader {
	const known = new Map<string, { readonly stamp: string; readonly facts: EngineLogFacts | null }>();

	async function factsOf(file: string): Promise<EngineLogFacts | null> {
		try {
			const { mtimeMs, size } = await stat(file);
			const stamp = `${String(mtimeMs)}/${String(size)}`;
			const kept = known.get(file);
			if (kept?.stamp === stamp) return kept.facts;
			const facts = readEngineLog(await headAndTail(file));
			known.set(file, { stamp, facts });
			return facts;
		} catch {
			return null;
		}
	}

	return {
		async facts(version) {
			for (const file of files) {
				const facts = await factsOf(file);
				if (facts?.version === version) return facts;
			}
			return null;
		},
	};
}
