import type { DemoFlavour } from "./command.ts";
import type { ModelDescription } from "./model-description.ts";
import { architectureNumber, automaticBatch, type NominalFootprint } from "./nominal-footprint.ts";

const MEBIBYTE = 1024 ** 2;

/**
 * What Ollama since 0.30 itself expects a model to take when it decides whether another must go: file size, a
 * cache by head counts alone, and a surcharge by batch.
 */
export function schedulerPrediction(description: ModelDescription, cells: number): number {
	const number = (key: string, fallback: number): number => architectureNumber(description, key) ?? fallback;
	const heads = number("attention.head_count", 1);
	const kvHeads = number("attention.head_count_kv", heads);
	const cache = 2 * number("block_count", 0) * kvHeads * (number("embedding_length", 0) / heads) * cells * 2;
	const batch = automaticBatch(cells);
	const surcharge = batch === 512 ? 0 : batch === 1024 ? 768 * MEBIBYTE : 2048 * MEBIBYTE;
	return description.sizeBytes + cache + surcharge;
}

/** The words of a flavour for a model that does not fit. */
export function refusalText(
	flavour: DemoFlavour,
	footprint: NominalFootprint,
	availableBytes: number,
): string {
	if (flavour === "0.24")
		return `model requires more system memory (${humanBytes(footprint.reportedBytes)}) than is available (${humanBytes(availableBytes)})`;
	const cache = footprint.kvBytes > footprint.weightsBytes;
	const bytes = Math.round(cache ? footprint.kvBytes : footprint.weightsBytes);
	return [
		`llama-server process has terminated: exit status 1: ggml_aligned_malloc: insufficient memory (attempted to allocate ${(bytes / MEBIBYTE).toFixed(2)} MB)`,
		`ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size ${bytes}`,
		`alloc_tensor_range: failed to allocate CPU buffer of size ${bytes}`,
		cache
			? "llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache"
			: "llama_model_load: error loading model: unable to allocate CPU buffer",
	].join("\n");
}

/** Bytes as Go's server prints them: one decimal in GiB, MiB or KiB. */
export function humanBytes(bytes: number): string {
	const units = [
		["GiB", 1024 ** 3],
		["MiB", 1024 ** 2],
		["KiB", 1024],
	] as const;
	for (const [unit, size] of units) if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
	return `${bytes} B`;
}
