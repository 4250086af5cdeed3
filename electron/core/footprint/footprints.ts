import type { InstalledModel, LoadedModel } from "../../../shared/model.ts";
import type { ModelFacts } from "../engine/engine.ts";
import type { EngineLogFacts, EngineLogReader } from "../engine/engine-log.ts";
import { readEngineVersion } from "../engine/engine-version.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { HistoryStore, LearnedFootprint, LoadIdentity, Stop } from "../ports.ts";
import { grownBy, identityText } from "./learned.ts";
import { type EngineKnowledge, type LoadFootprint, loadFootprint } from "./load-footprint.ts";
import { parallelOf } from "./runner-settings.ts";

/** A loaded model's footprint as it is budgeted, bytes. */
export interface LoadedFootprint {
	/** The larger of what was measured and what weights and context take. */
	readonly budgetedBytes: number;
	readonly grownBytes: number;
	readonly mayGrowBytes: number;
	/** What its load would be; null while too little is known of it. */
	readonly load: LoadFootprint | null;
}

/** Says what loads would take and what loaded models should be budgeted with. */
export interface Footprints {
	/** What a load would take; asks the engine where its metadata is not known yet. */
	ofLoad(model: InstalledModel, contextLength: number | null): Promise<LoadFootprint>;
	/** The same from what is known now; null, and asked for in the background, where too little is known. */
	ofLoadNow(model: InstalledModel, contextLength: number | null): LoadFootprint | null;
	/** `commandLine` is its runner's, or null where it is not seen. */
	ofLoaded(model: LoadedModel, commandLine: string | null): LoadedFootprint;
	/** What was learned of a kind of load, or null. */
	learned(identity: LoadIdentity): LearnedFootprint | null;
	learn(footprint: LearnedFootprint): void;
	/** How well the formula held over all loads that were compared; null before the first. */
	accuracy(): { readonly loads: number; readonly meanErrorPercent: number } | null;
	/** What the engine's log tells, where it was found. */
	engineLog(): EngineLogFacts | null;
	/** Something that was asked for in the background is known now. */
	onKnown(listener: () => void): Stop;
	stop(): void;
}

/** What the footprints need. */
export interface FootprintParts {
	readonly supervision: EngineSupervision;
	readonly history: Pick<HistoryStore, "learned" | "learn">;
	readonly engineLog: EngineLogReader;
	/** What the GPU may hold where no log tells, bytes; null where there is none. */
	readonly gpuBytes: () => number | null;
	/** Command lines of runners that are seen now. */
	readonly commandLines: () => readonly string[];
}

/** Makes them; the engine's log is read whenever another engine answers. */
export function createFootprints(parts: FootprintParts): Footprints {
	const { supervision, history } = parts;
	const facts = new Map<string, ModelFacts | null>();
	const asking = new Set<string>();
	const listeners = new Set<() => void>();
	const known = new Map(history.learned().map((learned) => [identityText(learned), learned]));
	let log: EngineLogFacts | null = null;
	let logOf = "";

	function tell(): void {
		for (const listener of listeners) listener();
	}

	function knowledge(): EngineKnowledge {
		const { kind, version } = supervision.state();
		return {
			engine: `${kind} ${version ?? "unknown"}`,
			flavour: readEngineVersion(version ?? "").flavour,
			log,
			gpuBytes: parts.gpuBytes(),
			parallel: parallelOf(parts.commandLines()),
		};
	}

	const factsKey = ({ name, digest }: Pick<InstalledModel, "name" | "digest">) => `${digest}@${name}`;

	/** Asks once; a model without facts is asked again only after the engine has changed. */
	async function learnFacts(model: Pick<InstalledModel, "name" | "digest">): Promise<ModelFacts | null> {
		const key = factsKey(model);
		const found = await supervision.facts(model.name, model.digest);
		if (!facts.has(key)) {
			facts.set(key, found);
			tell();
		}
		return found;
	}

	function factsNow(model: Pick<InstalledModel, "name" | "digest">): ModelFacts | null | undefined {
		const key = factsKey(model);
		if (!facts.has(key) && !asking.has(key)) {
			asking.add(key);
			void learnFacts(model).finally(() => asking.delete(key));
		}
		return facts.get(key);
	}

	const learned = (identity: LoadIdentity) => known.get(identityText(identity)) ?? null;

	function footprintOf(
		model: Pick<InstalledModel, "key" | "sizeBytes" | "runner">,
		modelFacts: ModelFacts | null,
		contextLength: number | null,
		commandLine: string | null = null,
	): LoadFootprint {
		return loadFootprint({
			model,
			facts: modelFacts,
			engine: knowledge(),
			contextLength,
			commandLine,
			learned,
		});
	}

	async function readLog(): Promise<void> {
		const { id, kind, locality, version, connection } = supervision.state();
		if (connection.state !== "connected") return;
		const of = `${id} ${kind} ${locality} ${version ?? ""}`;
		if (of === logOf) return;
		if (logOf.split(" ", 1)[0] !== id) facts.clear();
		logOf = of;
		const found =
			kind === "ollama" && locality === "local" && version !== null
				? await parts.engineLog.facts(version)
				: null;
		if (of !== logOf) return;
		log = found;
		tell();
	}

	const stops = [supervision.onState(() => void readLog())];
	void readLog();

	return {
		async ofLoad(model, contextLength) {
			return footprintOf(model, await learnFacts(model), contextLength);
		},
		ofLoadNow(model, contextLength) {
			const modelFacts = factsNow(model);
			return modelFacts === undefined ? null : footprintOf(model, modelFacts, contextLength);
		},
		ofLoaded(model, commandLine) {
			const measured = model.footprintSource === "measured" || model.footprintSource === "simulated";
			const installed = supervision.installed().find(({ key }) => key === model.key);
			const modelFacts = installed === undefined ? undefined : factsNow(installed);
			if (installed === undefined || modelFacts === undefined || model.oddity?.kind === "dead-runner")
				return { budgetedBytes: model.footprintBytes, grownBytes: 0, mayGrowBytes: 0, load: null };
			const contextLength = model.contextLength > 0 ? model.contextLength : null;
			const load = footprintOf(installed, modelFacts, contextLength, commandLine);
			const { weightsBytes, contextBytes, mayGrowBytes } = load.footprint;
			if (model.state === "loading")
				return {
					budgetedBytes: Math.max(model.footprintBytes, load.footprint.totalBytes),
					grownBytes: 0,
					mayGrowBytes,
					load,
				};
			const workingBytes = Math.max(
				learned(load.identity)?.workingBytes ?? 0,
				(load.formulaBytes ?? installed.sizeBytes) + load.formulaWorkingBytes,
			);
			return {
				budgetedBytes: Math.max(model.footprintBytes, weightsBytes + contextBytes),
				grownBytes: measured && load.formulaBytes !== null ? grownBy(model.footprintBytes, workingBytes) : 0,
				mayGrowBytes,
				load,
			};
		},
		learned,
		learn(footprint) {
			known.set(identityText(footprint), footprint);
			history.learn(footprint);
		},
		accuracy() {
			let loads = 0;
			let error = 0;
			for (const { predictedBytes, loadedBytes, loads: count } of known.values()) {
				if (predictedBytes === null || loadedBytes <= 0) continue;
				loads += count;
				error += (count * Math.abs(predictedBytes - loadedBytes)) / loadedBytes;
			}
			return loads === 0 ? null : { loads, meanErrorPercent: Math.round((error / loads) * 1000) / 10 };
		},
		engineLog: () => log,
		onKnown(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		stop() {
			for (const stop of stops) stop();
		},
	};
}
