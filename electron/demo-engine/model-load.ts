import type { DemoEngineOptions } from "./command.ts";
import { requestCanceled } from "./engine-error.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { Misbehaviours } from "./misbehaviour.ts";
import type { ModelDescription } from "./model-description.ts";
import {
	architectureNumber,
	type NominalFootprint,
	nominalFootprint,
	usesOllamaEngine,
} from "./nominal-footprint.ts";
import { runnerArguments } from "./runner-command-line.ts";
import type { RunnerStart } from "./runner-handle.ts";

/** A real server looks at its runner about so often while it loads: a cancelled or failed load ends then. */
export const LOAD_POLL_MS = 200;
/** Start of a runner before it reads its first weights. */
const START_UP_MS = 150;
/** Longest delay a Node timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a load comes to. */
export interface LoadPlan {
	/** Context of one slot, after the server's choice and the model's limit. */
	readonly contextLength: number;
	readonly footprint: NominalFootprint;
}

/** What a model would hold; `askedContext` null takes the model's own context or the server's. */
export function planLoad(
	options: DemoEngineOptions,
	description: ModelDescription,
	askedContext: number | null,
): LoadPlan {
	const trained = architectureNumber(description, "context_length") ?? Number.POSITIVE_INFINITY;
	const own = description.parameters["num_ctx"];
	const wanted = askedContext ?? (typeof own === "number" ? own : automaticContext(options));
	const contextLength = Math.max(1, Math.min(wanted, trained));
	const settings = { flavour: options.flavour, contextLength, parallel: options.numParallel };
	return { contextLength, footprint: nominalFootprint(description, settings) };
}

/** The command line a load gives its runner. */
export function runnerStart(
	options: DemoEngineOptions,
	load: LoadPlan & { readonly description: ModelDescription; readonly port: number },
): RunnerStart {
	const { description, contextLength, footprint, port } = load;
	return {
		model: description.name,
		arguments: runnerArguments(description, {
			flavour: options.flavour,
			modelsPath: options.modelsPath,
			port,
			contextLength,
			parallel: description.capabilities.includes("embedding") ? 1 : options.numParallel,
			batch: footprint.batch,
		}),
	};
}

/**
 * Lets a runner grow to its size. Rejects with `request canceled` when the client leaves, after the time a server
 * takes to see it, and with `RunnerExited` when the runner ends.
 */
export async function fillRunner(
	model: LoadedModel,
	options: DemoEngineOptions,
	misbehaviours: Misbehaviours,
	signal: AbortSignal,
): Promise<void> {
	const { description, footprint, runner } = model;
	const overMs = loadTimeMs(model, options, misbehaviours);
	const early = options.flavour === "0.24" && usesOllamaEngine(description);
	const listing = early ? setTimeout(() => (model.listedEarly = true), overMs / 4) : null;
	const stop = new AbortController();
	const leaves = new Promise<never>((_resolve, reject) => {
		const left = (): void => {
			setTimeout(() => reject(requestCanceled()), LOAD_POLL_MS);
		};
		if (signal.aborted) left();
		else signal.addEventListener("abort", left, { once: true, signal: stop.signal });
	});
	try {
		await Promise.race([runner.load(footprint.loadedBytes, overMs), leaves]);
	} finally {
		if (listing !== null) clearTimeout(listing);
		stop.abort();
	}
}

function loadTimeMs(model: LoadedModel, options: DemoEngineOptions, misbehaviours: Misbehaviours): number {
	const { name } = model.description;
	if (misbehaviours.of(name, "hang-load") !== null) return MAX_TIMER_MS;
	const slowSeconds = misbehaviours.of(name, "slow-load");
	if (slowSeconds !== null) return slowSeconds * 1000;
	return START_UP_MS + (model.footprint.loadedBytes / (options.loadGbPerSecond * 1024 ** 3)) * 1000;
}

/** Context by the GPU's memory, taken as three quarters of the machine's. */
function automaticContext(options: DemoEngineOptions): number {
	if (options.contextLength > 0) return options.contextLength;
	const gpuGb = options.gpu ? options.machineGb * 0.75 : 0;
	return gpuGb >= 47 ? 262_144 : gpuGb >= 23 ? 32_768 : 4096;
}
