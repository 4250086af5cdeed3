import type { ContextCache } from "./context-cache.ts";
import type { ModelShape } from "./model-shape.ts";
import type { RunnerSettings } from "./runner-settings.ts";

/**
 * What a runner holds besides weights and context, bytes: the program itself, its tokenizer (per word of the
 * vocabulary), and its bookkeeping per cell of the context. Fitted to the footprint recordings; docs/footprint.md.
 */
export function processOverheadBytes(
	shape: ModelShape,
	settings: RunnerSettings,
	cache: ContextCache,
	embeddingBytes: number,
): number {
	const bpe = shape.tokenizer === "bpe";
	switch (settings.program) {
		case "llama-server":
			return 17e6 + (bpe ? 320 : 185) * shape.vocabulary + 50 * cache.cells;
		case "llamarunner":
			return 41.5e6 + (bpe ? 300 : 170) * shape.vocabulary + 50 * cache.cells;
		case "ollama-engine":
			// Attention masks made while the graph is sized stay behind, and tied embeddings are held a second time.
			return (
				60e6 +
				8 * settings.batch * settings.contextLength * settings.parallel +
				(shape.tiedEmbeddings ? embeddingBytes : 0)
			);
		case "mlx":
			return 350e6;
	}
}
