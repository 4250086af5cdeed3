import type { InstalledModel } from "../../../shared/model.ts";
import { isCloudName, normalizeModelName } from "../../../shared/model-name.ts";
import type { EngineSupervision } from "../engine/supervision.ts";

/**
 * Knows which weights blob stands behind a name, as far as it was asked. Two names may share one blob and then
 * share one runner, which the engine lists under the first name only.
 */
export interface WeightsBlobs {
	/** The blob (64 hex digits), null where the engine names none, undefined while it is not known. */
	of(name: string, digest: string): string | null | undefined;
	/** Asks for what is not known yet; true where something new was learned. */
	learn(models: readonly { readonly name: string; readonly digest: string }[]): Promise<boolean>;
	/** The installed model that a blob belongs to, among those known. */
	installedWith(blob: string): InstalledModel | null;
	/** A name that a blob had when it was last asked for; outlives the engine that said it. */
	nameOf(blob: string): string | null;
}

/** Keeps blobs by name and digest for as long as this Plimsoll runs. */
export function createWeightsBlobs(
	supervision: Pick<EngineSupervision, "facts" | "installed">,
): WeightsBlobs {
	const known = new Map<string, string | null>();
	const names = new Map<string, string>();
	const asking = new Map<string, Promise<void>>();

	/** The engine answers by name, so a name that means another model by now would give the wrong blob. */
	const meansThis = (name: string, digest: string) =>
		supervision
			.installed()
			.some(
				(model) =>
					model.digest === digest &&
					model.location === "local" &&
					normalizeModelName(model.name) === normalizeModelName(name),
			);

	async function ask(name: string, digest: string): Promise<void> {
		const facts = await supervision.facts(name, digest);
		if (facts === null) return;
		known.set(idOf(name, digest), facts.weightsBlob);
		if (facts.weightsBlob !== null) names.set(facts.weightsBlob, name);
	}

	return {
		of: (name, digest) => known.get(idOf(name, digest)),
		async learn(models) {
			const before = known.size;
			const asked = models
				.filter(
					({ name, digest }) =>
						!known.has(idOf(name, digest)) && !isCloudName(name) && meansThis(name, digest),
				)
				.map(({ name, digest }) => {
					const id = idOf(name, digest);
					const running = asking.get(id) ?? ask(name, digest).catch(() => undefined);
					asking.set(id, running);
					return running.finally(() => asking.delete(id));
				});
			await Promise.all(asked);
			return known.size > before;
		},
		nameOf: (blob) => names.get(blob) ?? null,
		installedWith: (blob) =>
			supervision.installed().find((model) => known.get(idOf(model.name, model.digest)) === blob) ?? null,
	};
}

function idOf(name: string, digest: string): string {
	return `${normalizeModelName(name)}@${digest}`;
}
