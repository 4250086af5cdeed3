import type { InstalledModel, LoadedModel } from "../../../shared/model.ts";
import { fromGb } from "../../../shared/units.ts";

/** What a load is weighed against. */
export interface FitQuestion {
	readonly model: InstalledModel;
	readonly availableBytes: number;
	/** GB that must stay free besides the model. */
	readonly keepFreeGb: number;
	readonly loaded: readonly LoadedModel[];
	/** To know what a model that still loads will take. */
	readonly installed: readonly InstalledModel[];
}

/** Whether a load fits, with the figures that decided it. */
export interface FitVerdict {
	readonly fits: boolean;
	/** Weights file and what must stay free. */
	readonly neededBytes: number;
	/** Available, less what loaded models still lack, plus what the same model gives back by loading anew. */
	readonly availableBytes: number;
}

/** A load is over when its weights file and what must stay free exceed what is available. */
export function fitVerdict(question: FitQuestion): FitVerdict {
	const { model, loaded, installed } = question;
	let availableBytes = question.availableBytes;
	for (const other of loaded)
		if (other.key === model.key) availableBytes += other.heldBytes ?? 0;
		else availableBytes -= lacks(other, installed);
	const neededBytes = model.sizeBytes + fromGb(question.keepFreeGb);
	return { fits: neededBytes <= availableBytes, neededBytes, availableBytes: Math.max(0, availableBytes) };
}

/** Bytes that a loaded model has not taken out of what is available yet, but will once it works. */
function lacks(model: LoadedModel, installed: readonly InstalledModel[]): number {
	if (model.state !== "loading")
		return Math.max(0, model.footprintBytes - (model.heldBytes ?? model.footprintBytes));
	const weightsBytes = installed.find((candidate) => candidate.key === model.key)?.sizeBytes ?? 0;
	return Math.max(0, Math.max(weightsBytes, model.footprintBytes) - (model.heldBytes ?? 0));
}
