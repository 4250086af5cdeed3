import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ModelFacts } from "../engine/engine.ts";
import type { EngineLogFacts } from "../engine/engine-log.ts";
import type { LearnedFootprint } from "../ports.ts";
import { type EngineKnowledge, loadFootprint, usualContext } from "./load-footprint.ts";
import { mapsWeights, parallelOf } from "./runner-settings.ts";
import type { RecordedLoads } from "./testing/recorded-loads.ts";

const GB = 1024 ** 3;

const fixture = JSON.parse(
	readFileSync(new URL("../../../e2e/fixtures/footprints/footprints.json", import.meta.url), "utf8"),
) as RecordedLoads;

const recorded = fixture.models["0.33.0/qwen3-152k"];
if (recorded === undefined) throw new Error("no such model");

const facts: ModelFacts = {
	name: "qwen3-152k",
	capabilities: recorded.capabilities ?? [],
	details: { format: "gguf", family: "", parameterSize: "", quantization: "", contextLength: null },
	info: recorded.info,
	modelfileContextLength: null,
	weightsBlob: null,
	tensors: recorded.tensors.map(([name, type, shape]) => ({ name, type, shape })),
	manifests: [],
};

const log: EngineLogFacts = {
	version: "0.33.0",
	contextLength: null,
	defaultContextLength: null,
	parallel: null,
	kvType: null,
	flashAttention: null,
	maxModels: null,
	gpuBytes: null,
};

const engine: EngineKnowledge = {
	engine: "ollama 0.33.0",
	flavour: "0.30",
	log: null,
	gpuBytes: null,
	parallel: null,
};

function footprint(change: Partial<Parameters<typeof loadFootprint>[0]> = {}) {
	return loadFootprint({
		model: { key: "qwen3-152k@1@", sizeBytes: recorded?.sizeBytes ?? 0, runner: null },
		facts,
		engine,
		contextLength: null,
		commandLine: null,
		learned: () => null,
		...change,
	});
}

describe("the context a load would get", () => {
	it.each([
		["its Modelfile's", { ...facts, modelfileContextLength: 16_384 }, engine, 16_384, "modelfile"],
		["the server's setting", facts, { ...engine, log: { ...log, contextLength: 8192 } }, 8192, "server"],
		[
			"what the log says",
			facts,
			{ ...engine, log: { ...log, defaultContextLength: 32_768 } },
			32_768,
			"tier",
		],
		["by the GPU in the log", facts, { ...engine, log: { ...log, gpuBytes: 25 * GB } }, 32_768, "tier"],
		["by the GPU of this Mac", facts, { ...engine, gpuBytes: 48 * GB }, 262_144, "tier"],
		["4,096 without a GPU", facts, engine, 4096, "tier"],
	] as const)("is %s", (_, of, knowledge, contextLength, contextSource) => {
		expect(usualContext(of, knowledge)).toEqual({ contextLength, contextSource });
	});

	it("is what was asked for, but never more than it was trained with", () => {
		expect(footprint({ contextLength: 8192 })).toMatchObject({
			contextLength: 8192,
			contextSource: "request",
		});
		const trained = Number(recorded.info["qwen3.context_length"]);
		expect(trained).toBeGreaterThan(0);
		expect(footprint({ contextLength: 10_000_000 }).contextLength).toBe(trained);
	});
});

describe("what a load would take", () => {
	it("has its parts, and a margin over them where it was never seen", () => {
		const { footprint: parts, formulaBytes } = footprint();
		const { weightsBytes, contextBytes, overheadBytes, loadedBytes, workingBytes, totalBytes } = parts;
		expect(parts.source).toBe("predicted");
		expect(loadedBytes).toBe(Math.round(formulaBytes ?? 0));
		expect(Math.abs(weightsBytes + contextBytes + overheadBytes - loadedBytes)).toBeLessThanOrEqual(2);
		expect(totalBytes).toBeCloseTo((loadedBytes + workingBytes) * 1.05 + 0.3 * GB, -2);
	});

	it("grows with slots and shrinks with a smaller cache, as the log says", () => {
		const context = (knowledge: EngineKnowledge) => footprint({ engine: knowledge }).footprint.contextBytes;
		const one = context(engine);
		expect(context({ ...engine, log: { ...log, parallel: 4 } })).toBe(4 * one);
		expect(context({ ...engine, parallel: 2, log: { ...log, parallel: 4 } })).toBe(2 * one);
		expect(context({ ...engine, log: { ...log, kvType: "q8_0" } })).toBeCloseTo((one * 34) / 64, -1);
	});

	it("is what the same load was seen to take, without a margin once it has worked", () => {
		const learned: LearnedFootprint = {
			...footprint().identity,
			loadedBytes: 1 * GB,
			workingBytes: 1.5 * GB,
			grownBytes: 3 * GB,
			loads: 2,
			loadMs: 800,
			predictedBytes: 0.99 * GB,
			at: 1,
		};
		expect(footprint({ learned: () => learned }).footprint).toMatchObject({
			source: "learned",
			loadedBytes: 1 * GB,
			workingBytes: 0.5 * GB,
			totalBytes: 1.5 * GB,
		});
		const fresh = footprint({ learned: () => ({ ...learned, workingBytes: null, grownBytes: null }) });
		expect(fresh.footprint.totalBytes).toBeGreaterThan(1.3 * GB);
	});

	it("is asked for by identity: another context or another version was not learned", () => {
		const asked: unknown[] = [];
		footprint({
			contextLength: 8192,
			learned: (identity) => {
				asked.push(identity);
				return null;
			},
		});
		expect(asked).toEqual([
			{ key: "qwen3-152k@1@", contextLength: 8192, parallel: 1, kvType: "f16", engine: "ollama 0.33.0" },
		]);
	});

	it("is an estimate by size where the engine says nothing of the model", () => {
		const parts = footprint({ facts: null, model: { key: "a", sizeBytes: 4 * GB, runner: null } });
		expect(parts.footprint).toMatchObject({ source: "estimate", totalBytes: Math.round(4.5 * GB) });
		expect(parts.engineNeedBytes).toBeNull();
	});

	it("is expected by the engine itself without what it does not know of", () => {
		const { engineNeedBytes, footprint: parts } = footprint({ contextLength: 4096 });
		expect(engineNeedBytes).not.toBeNull();
		expect(engineNeedBytes ?? 0).toBeLessThan(parts.totalBytes);
		const large = footprint({ contextLength: 8192 }).engineNeedBytes ?? 0;
		// From 4,097 tokens on it works in batches of 1,024 and adds 768 MiB for them.
		expect(large - (engineNeedBytes ?? 0)).toBeGreaterThan(768 * 1024 ** 2);
	});
});

describe("what a runner's command line tells", () => {
	it("is how many slots it has", () => {
		expect(parallelOf(["ollama runner --model x --port 1", "llama-server --model x -c 8192 -np 2"])).toBe(2);
		expect(parallelOf(["ollama runner --model x --port 1"])).toBeNull();
	});

	it("is whether it maps its weights", () => {
		expect(mapsWeights("llama-server --model x -np 1", null)).toBe(true);
		expect(mapsWeights("llama-server --model x --no-mmap", null)).toBe(false);
		expect(mapsWeights("llama-server --model x --load-mode none", null)).toBe(false);
		expect(mapsWeights("ollama runner --model x", "llamarunner")).toBe(false);
	});
});
