/**
 * What Ollama since 0.30 expects a load to take when it decides whether another model must go: file size, a cache by
 * head counts alone (16 bits, no window), and a surcharge by batch. It differs from what the load really takes.
 */
export function engineExpectsBytes(model: {
	readonly sizeBytes: number;
	readonly layers: number;
	/** Fewest key/value heads of any layer. */
	readonly kvHeads: number;
	readonly heads: number;
	readonly embeddingLength: number;
	/** Over all slots. */
	readonly cells: number;
	readonly batch: number;
}): number {
	const headLength = model.heads > 0 ? model.embeddingLength / model.heads : 0;
	const cacheBytes = 2 * model.layers * model.kvHeads * headLength * model.cells * 2;
	const surchargeBytes = model.batch >= 2048 ? 2 * 1024 ** 3 : model.batch >= 1024 ? 768 * 1024 ** 2 : 0;
	return model.sizeBytes + cacheBytes + surchargeBytes;
}
