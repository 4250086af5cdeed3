import type { BudgetState, FitVerdict, GpuCeiling } from "../../../shared/fit.ts";
import type { MachineSample, MachineState } from "../../../shared/machine.ts";
import type { InstalledModel, LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { Settings } from "../../../shared/settings.ts";
import { BYTES_PER_GB, fromGb } from "../../../shared/units.ts";
import { readEngineVersion } from "../engine/engine-version.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import { OFFERED_CONTEXTS } from "../footprint/context-choices.ts";
import type { Footprints } from "../footprint/footprints.ts";
import type { LoadFootprint } from "../footprint/load-footprint.ts";
import type { EngineLimits } from "../memory/demo-probes.ts";
import type { MachineWatch } from "../memory/machine-view.ts";
import type { Clock, Stop } from "../ports.ts";
import { budget } from "./budget.ts";
import { type UseHistory, usedAgain } from "./eviction-cost.ts";
import type { Observer } from "./observer.ts";
import type { Resident } from "./planner.ts";
import { type ResidentParts, residents } from "./residents.ts";
import { isEmbedding } from "./touch.ts";
import { judgeFit } from "./verdict.ts";

/** Who wants to load: a person's click moves no more than it must; other loads keep to the mode that is set. */
export type FitAsker = "click" | "program";

/** Judges loads against the machine as it is. */
export interface Fits {
	/** Looks at the machine and judges; null where the engine does not share this machine's memory or it cannot be read. */
	judge(model: InstalledModel, contextLength: number | null, asker: FitAsker): Promise<FitVerdict | null>;
	/** Judges several loads by one look at the machine, each by itself; null where nothing can be judged. */
	judgeEach(
		wanted: readonly { readonly model: InstalledModel; readonly contextLength: number | null }[],
		asker: FitAsker,
	): Promise<readonly FitVerdict[] | null>;
	/**
	 * The budget as it stands now, with a verdict over each of these; null where there is none. Models whose metadata is
	 * not known yet are left out.
	 */
	budgetState(judged: readonly InstalledModel[]): BudgetState | null;
	/** The context a load would get, and the largest smaller one with which it fits now; null where none does. */
	largestContext(
		model: InstalledModel,
		contextLength: number | null,
	): Promise<{ readonly wanted: number; readonly largest: number | null }>;
	/** A load was let through: its bytes count as taken until the returned function is called. */
	reserve(key: ModelKey, name: string, bytes: number): Stop;
	/** By how much a loaded model has grown, bytes. */
	grownBytes(model: LoadedModel): number;
	stop(): void;
}

/** What judging needs. */
export interface FitParts {
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly machine: MachineWatch;
	readonly footprints: Footprints;
	readonly settings: () => Settings;
	readonly clock: Clock;
	/** What the GPU may hold on this machine, or null where the memory has no such limit. */
	readonly gpu: (totalBytes: number) => GpuCeiling | null;
	/** Limits that the engine tells of itself, which count before what its log or habit says. */
	readonly engineLimits?: (() => EngineLimits | null) | undefined;
}

/** Below this size of memory one chat model is kept at a time, unless it is set otherwise. */
const MANY_FROM_BYTES = 32 * BYTES_PER_GB;

/** An Ollama keeps this many models for each GPU where nobody says otherwise. */
const USUAL_MAX_MODELS = 3;

/** Routing looks at every prompt; a reading this young is as good as a new one. */
const FRESH_MS = 1_000;

/** Half of what has to stay free is for the machine, half is the load's own margin. */
const OVERHEAD_SHARE = 0.5;

/** Makes the judge. */
export function createFits(parts: FitParts): Fits {
	const { supervision, observer, machine, footprints, clock } = parts;
	const reservations = new Map<ModelKey, { readonly name: string; readonly bytes: number }>();
	const uses = new Map<ModelKey, UseHistory>();
	let busyBefore = new Set<ModelKey>();

	const residentParts: ResidentParts = {
		observer,
		footprints,
		capabilities: (key) => supervision.installed().find((model) => model.key === key)?.capabilities ?? [],
		isMac: () => machine.state()?.source === "macos",
		reservations: () => reservations,
		uses: (key) => uses.get(key) ?? null,
		now: () => clock.now(),
	};

	/** A use is a model that begins to work. */
	const stopUses = observer.onChange(() => {
		const busy = new Set(
			observer
				.loaded()
				.filter(({ state }) => state === "busy")
				.map(({ key }) => key),
		);
		for (const key of busy)
			if (!busyBefore.has(key)) uses.set(key, usedAgain(uses.get(key) ?? null, clock.now()));
		busyBefore = busy;
	});

	function mode(totalBytes: number): "single" | "many" {
		const { mode: wanted } = parts.settings().residency;
		if (wanted !== "auto") return wanted;
		return supervision.state().kind === "demo" || totalBytes >= MANY_FROM_BYTES ? "many" : "single";
	}

	function judgeNow(
		sample: MachineSample,
		all: readonly Resident[],
		model: InstalledModel,
		load: LoadFootprint,
		asker: FitAsker,
	): FitVerdict {
		const { keepFreeGb, profile } = parts.settings().residency;
		const overheadBytes = fromGb(keepFreeGb * OVERHEAD_SHARE);
		const gpu = parts.gpu(sample.totalBytes);
		const { version } = supervision.state();
		const told = parts.engineLimits?.() ?? null;
		const watchedBytes = gpu?.bytes ?? (told?.gpu === true ? sample.totalBytes : null);
		return judgeFit({
			wanted: {
				key: model.key,
				name: model.name,
				needBytes: load.footprint.totalBytes,
				engineNeedBytes: load.engineNeedBytes,
				embedding: isEmbedding(model),
			},
			residents: all,
			availableBytes: sample.availableBytes,
			totalBytes: sample.totalBytes,
			profile,
			overheadBytes,
			safetyBytes: fromGb(keepFreeGb) - overheadBytes,
			mode: asker === "click" ? "many" : mode(sample.totalBytes),
			engine: {
				maxModels: told?.maxModels ?? footprints.engineLog()?.maxModels ?? USUAL_MAX_MODELS,
				watchedGpuBytes: readEngineVersion(version ?? "").flavour === "0.24" ? null : watchedBytes,
			},
			contextLength: load.contextLength,
			contextSource: load.contextSource,
			footprint: load.footprint,
			gpu,
			smaller: smallerContexts(model, load.contextLength),
		});
	}

	/** What the load would need at the smaller contexts that are offered, largest first. */
	function smallerContexts(
		model: InstalledModel,
		contextLength: number,
	): readonly { readonly contextLength: number; readonly needBytes: number }[] {
		return OFFERED_CONTEXTS.filter((offered) => offered < contextLength)
			.toReversed()
			.flatMap((offered) => {
				const load = footprints.ofLoadNow(model, offered);
				return load === null ? [] : [{ contextLength: offered, needBytes: load.footprint.totalBytes }];
			});
	}

	/** The machine as it was read a moment ago, else as it is now. */
	async function freshState(): Promise<MachineState | null> {
		const state = machine.state();
		if (state !== null && Math.abs(clock.now() - state.sample.at) < FRESH_MS) return state;
		return machine.sampleNow().catch(() => null);
	}

	return {
		async judge(model, contextLength, asker) {
			if (supervision.state().locality !== "local") return null;
			const load = await footprints.ofLoad(model, contextLength);
			const state = await machine.sampleNow().catch(() => null);
			return state === null ? null : judgeNow(state.sample, residents(residentParts), model, load, asker);
		},
		async judgeEach(wanted, asker) {
			if (supervision.state().locality !== "local") return null;
			const loads = await Promise.all(
				wanted.map(({ model, contextLength }) => footprints.ofLoad(model, contextLength)),
			);
			const state = await freshState();
			if (state === null) return null;
			const all = residents(residentParts);
			return wanted.flatMap(({ model }, index) => {
				const load = loads[index];
				return load === undefined ? [] : [judgeNow(state.sample, all, model, load, asker)];
			});
		},
		budgetState(judged) {
			const state = machine.state();
			if (state === null || supervision.state().locality !== "local") return null;
			const { sample } = state;
			const { keepFreeGb, profile } = parts.settings().residency;
			const overheadBytes = fromGb(keepFreeGb * OVERHEAD_SHARE);
			const safetyBytes = fromGb(keepFreeGb) - overheadBytes;
			const all = residents(residentParts);
			const terms = budget({
				availableBytes: sample.availableBytes,
				totalBytes: sample.totalBytes,
				models: all,
				evictions: new Set(),
				trims: new Set(),
				profile,
				overheadBytes,
			});
			const takenBytes = all.reduce((sum, { footprintBytes }) => sum + footprintBytes, 0);
			return {
				loadLineBytes: Math.round(state.otherAppsBytes + takenBytes + terms.budgetBytes - safetyBytes),
				spareBytes: Math.round(terms.budgetBytes - safetyBytes),
				terms,
				safetyBytes,
				mode: mode(sample.totalBytes),
				gpu: parts.gpu(sample.totalBytes),
				models: observer.loaded().map((model) => {
					const { budgetedBytes, grownBytes, mayGrowBytes } = footprints.ofLoaded(
						model,
						observer.processOf(model.key)?.commandLine ?? null,
					);
					return { key: model.key, footprintBytes: budgetedBytes, grownBytes, mayGrowBytes };
				}),
				fits: judged.flatMap((model) => {
					const load = footprints.ofLoadNow(model, null);
					return load === null ? [] : [judgeNow(sample, all, model, load, "click")];
				}),
				accuracy: footprints.accuracy(),
			};
		},
		async largestContext(model, contextLength) {
			const wanted = await footprints.ofLoad(model, contextLength);
			const state = await machine.sampleNow().catch(() => null);
			if (state === null) return { wanted: wanted.contextLength, largest: null };
			const all = residents(residentParts).filter(({ key }) => key !== model.key);
			for (const { contextLength: smaller } of smallerContexts(model, wanted.contextLength)) {
				const load = await footprints.ofLoad(model, smaller);
				if (judgeNow(state.sample, all, model, load, "click").outcome !== "over")
					return { wanted: wanted.contextLength, largest: load.contextLength };
			}
			return { wanted: wanted.contextLength, largest: null };
		},
		reserve(key, name, bytes) {
			const reservation = { name, bytes };
			reservations.set(key, reservation);
			return () => {
				if (reservations.get(key) === reservation) reservations.delete(key);
			};
		},
		grownBytes: (model) =>
			footprints.ofLoaded(model, observer.processOf(model.key)?.commandLine ?? null).grownBytes,
		stop: stopUses,
	};
}
