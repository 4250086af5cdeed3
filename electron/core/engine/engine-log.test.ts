import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createEngineLogReader, readEngineLog } from "./engine-log.ts";

const GB = 1024 ** 3;

function fixture(name: string): Promise<string> {
	return readFile(new URL(`../../../e2e/fixtures/macos/${name}`, import.meta.url), "utf8");
}

describe("what an Ollama says of itself in its log", () => {
	it("is the default context by its GPU, what its GPU may hold and its settings", async () => {
		expect(readEngineLog(await fixture("ollama-log-0.17.0-start.txt"))).toEqual({
			version: "0.17.0",
			contextLength: null,
			defaultContextLength: 32_768,
			parallel: 1,
			kvType: null,
			flashAttention: null,
			maxModels: null,
			gpuBytes: 25 * GB,
		});
		expect(readEngineLog(await fixture("ollama-log-0.33.0-start.txt"))).toMatchObject({
			version: "0.33.0",
			defaultContextLength: 4096,
			gpuBytes: Math.round(5.3 * GB),
		});
	});

	it("is what its beginning tells where the settings were not logged", async () => {
		expect(readEngineLog(await fixture("ollama-log-0.32.14-start.txt"))).toMatchObject({
			version: "0.32.14",
			parallel: null,
			gpuBytes: Math.round(51.8 * GB),
		});
	});

	it("takes settings that were made by hand", async () => {
		const text = (await fixture("ollama-log-0.33.0-start.txt"))
			.replace("OLLAMA_CONTEXT_LENGTH:0", "OLLAMA_CONTEXT_LENGTH:16384")
			.replace("OLLAMA_KV_CACHE_TYPE:", "OLLAMA_KV_CACHE_TYPE:q8_0")
			.replace("OLLAMA_MAX_LOADED_MODELS:0", "OLLAMA_MAX_LOADED_MODELS:2")
			.replace("OLLAMA_NUM_PARALLEL:1", "OLLAMA_NUM_PARALLEL:4");
		expect(readEngineLog(text)).toMatchObject({
			contextLength: 16_384,
			kvType: "q8_0",
			maxModels: 2,
			parallel: 4,
		});
	});

	it("is that of the last start, also where the one before was of another version", async () => {
		const old = await fixture("ollama-log-0.17.0-start.txt");
		const now = await fixture("ollama-log-0.33.0-start.txt");
		expect(readEngineLog(`${old}\n${now}`)).toEqual(readEngineLog(now));
		expect(readEngineLog("level=INFO msg=nothing")).toBeNull();
	});
});

describe("reading the log of the running engine", () => {
	const dirs: string[] = [];
	afterEach(async () => {
		for (const dir of dirs.splice(0)) await rm(dir, { recursive: true });
	});

	it("takes the file that tells of its version, notices a restart, and is content without any", async () => {
		const dir = await mkdtemp(join(tmpdir(), "engine-log-"));
		dirs.push(dir);
		const [app, brew] = [join(dir, "server.log"), join(dir, "ollama.log")];
		await writeFile(app, await fixture("ollama-log-0.17.0-start.txt"));
		await writeFile(brew, await fixture("ollama-log-0.33.0-start.txt"));
		const reader = createEngineLogReader([join(dir, "missing.log"), app, brew]);
		expect(await reader.facts("0.33.0")).toMatchObject({ defaultContextLength: 4096 });
		expect(await reader.facts("0.17.0")).toMatchObject({ defaultContextLength: 32_768 });
		expect(await reader.facts("0.24.0")).toBeNull();
		await writeFile(app, (await fixture("ollama-log-0.17.0-start.txt")).replaceAll("0.17.0", "0.24.0"));
		expect(await reader.facts("0.24.0")).toMatchObject({ defaultContextLength: 32_768 });
	});
});
