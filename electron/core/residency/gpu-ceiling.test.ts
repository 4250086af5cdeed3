import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { engineExpectsBytes } from "../footprint/engine-expects.ts";
import { engineStands, gpuFreeBytes } from "./engine-ceiling.ts";
import { gpuCeiling, readWiredLimit } from "./gpu-ceiling.ts";

const GB = BYTES_PER_GB;

describe("what the GPU of a Mac may hold", () => {
	it.each([
		["as logged", { totalBytes: 32 * GB, logBytes: 25 * GB, wiredLimitMb: 28_672 }, 25 * GB, "log"],
		["as set", { totalBytes: 32 * GB, logBytes: null, wiredLimitMb: 28_672 }, 28 * GB, "setting"],
		["two thirds", { totalBytes: 18 * GB, logBytes: null, wiredLimitMb: 0 }, 12 * GB, "estimate"],
		["three quarters", { totalBytes: 36 * GB, logBytes: 0, wiredLimitMb: null }, 27 * GB, "estimate"],
	] as const)("is %s", (_, facts, bytes, source) => {
		expect(gpuCeiling(facts)).toEqual({ bytes, source });
	});

	it("is read from the system's own answer", async () => {
		const text = (name: string) =>
			readFile(new URL(`../../../e2e/fixtures/macos/${name}`, import.meta.url), "utf8");
		expect(readWiredLimit(await text("sysctl-wired-limit.txt"))).toBe(0);
		expect(readWiredLimit("sysctl: unknown oid 'iogpu.wired_limit_mb'")).toBeNull();
	});
});

describe("what the engine enforces by itself", () => {
	const ceiling = { maxModels: 3, watchedGpuBytes: 12 * GB };

	it("is its number of models, and four fifths of what is free where another one stays", () => {
		const load = { stayingModels: 1, needBytes: 6.4 * GB, freeBytes: 8 * GB };
		expect(engineStands(ceiling, load)).toBeNull();
		expect(engineStands(ceiling, { ...load, needBytes: 6.5 * GB })).toBe("engine-memory");
		expect(engineStands(ceiling, { ...load, stayingModels: 0, needBytes: 60 * GB })).toBeNull();
		expect(engineStands(ceiling, { ...load, stayingModels: 3 })).toBe("engine-models");
		expect(engineStands({ ...ceiling, watchedGpuBytes: null }, { ...load, needBytes: 60 * GB })).toBeNull();
		expect(gpuFreeBytes(ceiling, [{ gpuBytes: 3 * GB }, { gpuBytes: GB }])).toBe(8 * GB);
	});

	it("looks at file, heads and batch, as the engine's own rule does", () => {
		const model = { sizeBytes: 4 * GB, layers: 32, kvHeads: 8, heads: 32, embeddingLength: 4096 };
		expect(engineExpectsBytes({ ...model, cells: 4096, batch: 512 })).toBe(4.5 * GB);
		expect(engineExpectsBytes({ ...model, cells: 8192, batch: 1024 })).toBe(5.75 * GB);
		expect(engineExpectsBytes({ ...model, cells: 65_536, batch: 2048 })).toBe(14 * GB);
	});
});
