import type { InstalledModel } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { RunnerView, TimedFootprint, UnmatchedRunner } from "../memory/machine-view.ts";
import type { ProcessInfo } from "../ports.ts";
import type { RunnerReader } from "./runner-reader.ts";
import type { WeightsBlobs } from "./weights-blobs.ts";

/** What is kept about one runner that no row explains. */
export interface UnlistedRunner {
	readonly runner: UnmatchedRunner;
	readonly firstSeenAt: number;
	readonly footprint: TimedFootprint | null;
	/** The engine listed its model before: it does not load, it was left when the model went. */
	readonly wasListed: boolean;
}

/** Runners that the engine does not list: still loading, left behind, or of another program. */
export interface UnlistedRunners {
	all(): readonly UnlistedRunner[];
	/** Takes a look into account and measures each. */
	look(view: RunnerView): Promise<void>;
	/** The installed model whose weights it holds; where several names share them, one of the preferred. */
	modelOf(runner: UnmatchedRunner, preferred: (model: InstalledModel) => boolean): InstalledModel | null;
	/** What it is called, also after the engine that knew it is gone. */
	nameOf(runner: UnmatchedRunner): string | null;
	forget(): void;
}

/** Starts with none. */
export function createUnlistedRunners(
	reader: Pick<RunnerReader, "footprint">,
	blobs: WeightsBlobs,
	installed: () => readonly InstalledModel[],
): UnlistedRunners {
	let known: ReadonlyMap<string, UnlistedRunner> = new Map();
	/** Processes that live and have held a listed model. */
	let heldListed: ReadonlySet<string> = new Set();
	function modelOf(
		{ modelName, weightsBlob }: UnmatchedRunner,
		preferred: (model: InstalledModel) => boolean,
	): InstalledModel | null {
		if (modelName !== null) {
			const name = normalizeModelName(modelName);
			const named = installed().find((model) => normalizeModelName(model.name) === name);
			if (named !== undefined) return named;
		}
		if (weightsBlob === null) return null;
		const wanted = installed().find(
			(model) => preferred(model) && blobs.of(model.name, model.digest) === weightsBlob,
		);
		return wanted ?? blobs.installedWith(weightsBlob);
	}

	return {
		all: () => [...known.values()],
		async look(view) {
			const entries = await Promise.all(
				view.unmatched.map(async (runner) => {
					const id = processId(runner.process);
					const reason = runner.kind === "loading" ? "loading" : "turn";
					// A runner is there also where what it takes cannot be told just now.
					const footprint = await reader.footprint(runner.process, reason).catch(() => null);
					const kept = known.get(id);
					return [
						id,
						{
							runner,
							firstSeenAt: kept?.firstSeenAt ?? view.at,
							footprint: footprint ?? kept?.footprint ?? null,
							wasListed: heldListed.has(id),
						},
					] as const;
				}),
			);
			known = new Map(entries);
			heldListed = new Set([
				...[...view.runners.values()].map(({ process }) => processId(process)),
				...entries.filter(([, { wasListed }]) => wasListed).map(([id]) => id),
			]);
		},
		modelOf,
		nameOf(runner) {
			const lastName = runner.weightsBlob === null ? null : blobs.nameOf(runner.weightsBlob);
			return modelOf(runner, () => false)?.name ?? lastName ?? runner.modelName;
		},
		forget() {
			known = new Map();
			heldListed = new Set();
		},
	};
}

function processId(process: ProcessInfo): string {
	return `${process.pid}@${process.startedAt}`;
}
