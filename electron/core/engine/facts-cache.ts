import type { InstalledModel } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Log } from "../ports.ts";
import type { Engine, ModelFacts } from "./engine.ts";

/** Answers of `/api/show`, kept for as long as the same engine answers. */
export interface FactsCache {
	/** Facts of the model with that manifest digest, or null where the engine cannot say. */
	get(
		engine: Engine,
		installed: readonly InstalledModel[],
		name: string,
		digest: string,
	): Promise<ModelFacts | null>;
	clear(): void;
}

/**
 * Keys that a footprint is predicted from and that some models give layer by layer. A server says null for every
 * array unless it is asked verbosely.
 */
const PER_LAYER_KEY =
	/\.(?:attention\.(?:head_count|head_count_kv|sliding_window_pattern)|feed_forward_length)$/;

/** Makes an empty cache. */
export function createFactsCache(log: Log): FactsCache {
	const known = new Map<string, Promise<ModelFacts | null>>();

	return {
		get(engine, installed, name, digest) {
			const key = `${digest}@${normalizeModelName(name)}`;
			const cached = known.get(key);
			if (cached !== undefined) return cached;
			const asked = ask(engine, installed, name, digest).catch((error: unknown) => {
				if (known.get(key) === asked) known.delete(key);
				log.debug("no facts", { model: name, problem: String(error) });
				return null;
			});
			known.set(key, asked);
			return asked;
		},
		clear: () => known.clear(),
	};
}

/** One show, and a second, verbose one where a needed key was held back. */
async function ask(
	engine: Engine,
	installed: readonly InstalledModel[],
	name: string,
	digest: string,
): Promise<ModelFacts | null> {
	const runner = runnerToName(installed, name, digest);
	const facts = await engine.show(name, { runner });
	const perLayer = Object.entries(facts.info).some(
		([key, value]) => value === null && PER_LAYER_KEY.test(key),
	);
	if (!perLayer) return facts;
	const verbose = await engine.show(name, { runner, verbose: true });
	return { ...verbose, info: withoutTokenizer(verbose.info) };
}

/** The runner has to be named only where one name stands for several models. */
function runnerToName(installed: readonly InstalledModel[], name: string, digest: string): string | null {
	const same = installed.filter((model) => normalizeModelName(model.name) === normalizeModelName(name));
	return same.length > 1 ? (same.find((model) => model.digest === digest)?.runner ?? null) : null;
}

/** A vocabulary takes megabytes and tells nothing about memory. */
function withoutTokenizer(info: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(info).filter(([key]) => !key.startsWith("tokenizer.")));
}
