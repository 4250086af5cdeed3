import type { ContextChoice } from "../../../shared/ipc.ts";
import type { ModelFacts } from "../engine/engine.ts";
import type { EngineFlavour } from "../engine/engine-version.ts";
import { modelShape } from "./model-shape.ts";
import { predictFootprint } from "./predict.ts";
import { defaultRunnerSettings } from "./runner-settings.ts";

/** Contexts that are offered, tokens, smallest first; those beyond the trained one are left out. */
export const OFFERED_CONTEXTS = [4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144];

/** What Ollama takes on a small machine where nobody says otherwise. */
const DEFAULT_CONTEXT = 4096;

/**
 * What a model would hold after loading, at the contexts that can be chosen, smallest first. Empty where its metadata
 * says too little.
 */
export function contextChoices(
	facts: ModelFacts,
	sizeBytes: number,
	engine: {
		readonly flavour: EngineFlavour;
		readonly runner: string | null;
		/** Tokens it gets where nobody asks for a context, where that is known. */
		readonly usualContext?: number;
	},
): readonly ContextChoice[] {
	const shape = modelShape(facts);
	if (shape === null) return [];
	const trained = shape.trainedContext > 0 ? shape.trainedContext : DEFAULT_CONTEXT;
	const usual = Math.min(engine.usualContext ?? facts.modelfileContextLength ?? DEFAULT_CONTEXT, trained);
	const lengths = [
		...new Set([...OFFERED_CONTEXTS.filter((length) => length < trained), trained, usual]),
	].sort((a, b) => a - b);
	return lengths.flatMap((contextLength) => {
		const settings = defaultRunnerSettings(shape, { ...engine, contextLength });
		const footprint = predictFootprint(facts, sizeBytes, settings);
		return footprint === null
			? []
			: [
					{
						contextLength,
						footprintBytes: Math.round(footprint.loadedBytes),
						isDefault: contextLength === usual,
					},
				];
	});
}
