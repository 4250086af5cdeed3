import { AppError } from "../../../shared/errors.ts";
import type { InstalledModel, LoadedModel } from "../../../shared/model.ts";
import type { EngineSupervision } from "../engine/supervision.ts";

/** How long a model is kept where nobody said how long: Ollama's own default. */
export const DEFAULT_KEEP_ALIVE_MS = 5 * 60_000;

/** Embedding-only models take another request than those that answer. */
export function isEmbedding(model: Pick<InstalledModel, "capabilities"> | null): boolean {
	return (
		model !== null && model.capabilities.includes("embedding") && !model.capabilities.includes("completion")
	);
}

/**
 * Gives a loaded model a keep-alive (milliseconds, -1 for ever), which also calls its drain off. The engine's list
 * may show it only after the answer under way. A touch of a model that is not loaded would load it, so the engine is
 * asked first. Rejects with `model-not-loaded` or an engine's error.
 */
export async function touchModel(
	parts: { readonly supervision: EngineSupervision },
	model: LoadedModel,
	keepAliveMs: number,
): Promise<void> {
	const { supervision } = parts;
	const rows = await supervision.pollRows();
	const row = rows?.find((candidate) => candidate.key === model.key);
	if (rows !== null && row === undefined) throw AppError.of("model-not-loaded", { model: model.name });
	await supervision.engine().touch({
		name: model.name,
		runner: model.runner,
		embedding: isEmbedding(supervision.installed().find((candidate) => candidate.key === model.key) ?? null),
		contextLength: row?.contextLength ?? model.contextLength,
		keepAliveMs,
	});
}
