import { budget } from "../../electron/core/residency/budget.ts";
import type { Resident } from "../../electron/core/residency/planner.ts";
import { judgeFit } from "../../electron/core/residency/verdict.ts";
import type { BudgetState, FitVerdict } from "../../shared/fit.ts";
import type { AppState } from "../../shared/state.ts";
import { fromGb } from "../../shared/units.ts";

/** Kept free for the machine, and by every load: half of a GB each. */
const HALF_GB = fromGb(0.5);

function residentOf(model: AppState["loaded"][number], grownBytes: number): Resident {
	return {
		key: model.key,
		name: model.name,
		footprintBytes: model.footprintBytes,
		heldBytes: model.heldBytes ?? model.footprintBytes,
		grownBytes,
		busy: model.state !== "idle" || model.oddity !== null,
		pinned: model.pinned,
		embedding: false,
		gpuBytes: 0,
		evictionCost: 1 / model.footprintBytes,
	};
}

/** What budget and verdicts are worked out from. */
type Judged = Pick<AppState, "machine" | "loaded" | "installed" | "engine">;

/** The machine's side of a question in a state. */
function questionIn({ machine, loaded }: Judged, grownBytes: (name: string) => number) {
	return {
		availableBytes: machine?.sample.availableBytes ?? 0,
		totalBytes: machine?.sample.totalBytes ?? 0,
		profile: "balanced" as const,
		overheadBytes: HALF_GB,
		residents: loaded.map((model) => residentOf(model, grownBytes(model.name))),
	};
}

/** The verdict that core would give over a model of `needBytes` with a context, by the same rules. */
export function fitIn(
	state: Judged,
	model: Pick<AppState["installed"][number], "key" | "name" | "sizeBytes">,
	contextLength: number,
	needBytes: number,
	grownBytes: (name: string) => number = () => 0,
): FitVerdict {
	return judgeFit({
		...questionIn(state, grownBytes),
		wanted: { key: model.key, name: model.name, needBytes, engineNeedBytes: null, embedding: false },
		safetyBytes: HALF_GB,
		mode: "many",
		engine: { maxModels: 9, watchedGpuBytes: null },
		contextLength,
		contextSource: "tier",
		footprint: {
			weightsBytes: model.sizeBytes,
			contextBytes: Math.round(model.sizeBytes * 0.05),
			overheadBytes: 0,
			loadedBytes: Math.round(model.sizeBytes * 1.05),
			workingBytes: Math.round(model.sizeBytes * 0.05),
			totalBytes: needBytes,
			mayGrowBytes: fromGb(8),
			source: "predicted",
		},
		gpu: null,
		smaller: [],
	});
}

/** The budget that core would show in a state, by the same rules; `grown` says by how many GB models have grown. */
export function budgetIn(state: Judged, grown: Readonly<Record<string, number>> = {}): BudgetState | null {
	if (state.machine === null || state.engine.locality !== "local") return null;
	const grownBytes = (name: string) => fromGb(grown[name] ?? 0);
	const { residents, ...base } = questionIn(state, grownBytes);
	const terms = budget({ ...base, models: residents, evictions: new Set(), trims: new Set() });
	const takenBytes = residents.reduce((sum, { footprintBytes }) => sum + footprintBytes, 0);
	const others = state.installed.filter(
		({ key, location }) => location === "local" && !state.loaded.some((model) => model.key === key),
	);
	return {
		loadLineBytes: state.machine.otherAppsBytes + takenBytes + terms.budgetBytes - HALF_GB,
		spareBytes: terms.budgetBytes - HALF_GB,
		terms,
		safetyBytes: HALF_GB,
		mode: "many",
		gpu: null,
		models: state.loaded.map(({ key, name, footprintBytes }) => ({
			key,
			footprintBytes,
			grownBytes: grownBytes(name),
			mayGrowBytes: fromGb(8),
		})),
		fits: others.map((model) => fitIn(state, model, 8192, Math.round(model.sizeBytes * 1.1), grownBytes)),
		accuracy: { loads: 34, meanErrorPercent: 1.2 },
	};
}
