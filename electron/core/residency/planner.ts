import type { BudgetProfile, BudgetTerms, FitStep, StepReason } from "../../../shared/fit.ts";
import type { ModelKey } from "../../../shared/model.ts";
import { type BudgetModel, budget } from "./budget.ts";
import { cheapestEnough } from "./cheapest-enough.ts";
import { type EngineCeiling, engineStands, gpuFreeBytes } from "./engine-ceiling.ts";

/** A loaded model as the planner sees it. */
export interface Resident extends BudgetModel {
	readonly name: string;
	/** At work, or not known to be idle, or not to be moved for another reason. */
	readonly busy: boolean;
	readonly pinned: boolean;
	/** Embedding models stay beside a chat model also where one chat model replaces the other. */
	readonly embedding: boolean;
	/** What the engine counts of it on the GPU. */
	readonly gpuBytes: number;
	/** What would be lost by unloading it: expected seconds of loading it again; above zero. */
	readonly evictionCost: number;
}

/** What somebody wants to load. */
export interface Wanted {
	readonly key: ModelKey;
	readonly name: string;
	/** What it is budgeted with. */
	readonly needBytes: number;
	/** What the engine itself expects it to take, or null where it does not look at that. */
	readonly engineNeedBytes: number | null;
	readonly embedding: boolean;
}

/** What a plan is made for. */
export interface PlanQuestion {
	readonly wanted: Wanted;
	readonly residents: readonly Resident[];
	readonly availableBytes: number;
	readonly totalBytes: number;
	readonly profile: BudgetProfile;
	readonly overheadBytes: number;
	readonly safetyBytes: number;
	/** `single`: a chat model replaces the chat model. */
	readonly mode: "single" | "many";
	readonly engine: EngineCeiling;
}

/** What has to be done before a load, or that nothing allowed would do. */
export type Plan =
	| {
			readonly kind: "plan";
			/** In order; empty where it fits as it is. */
			readonly steps: readonly FitStep[];
			/** Busy models that have to be idle before. */
			readonly waitFor: readonly ModelKey[];
			readonly budget: BudgetTerms;
	  }
	| {
			readonly kind: "refusal";
			readonly because: "memory" | "engine-models" | "engine-memory";
			/** Everything that might go, which is not enough. */
			readonly steps: readonly FitStep[];
			readonly waitFor: readonly ModelKey[];
			readonly budget: BudgetTerms;
	  };

type Keys = ReadonlySet<ModelKey>;

const NONE: Keys = new Set();

/** What stands between a wanted model and its load once these are gone or trimmed; null where nothing does. */
export function obstacle(
	question: PlanQuestion,
	gone: Keys,
	trimmed: Keys,
): "memory" | "engine-models" | "engine-memory" | null {
	const { wanted, residents } = question;
	const terms = budgetAfter(question, gone, trimmed);
	if (wanted.needBytes + question.safetyBytes > terms.budgetBytes) return "memory";
	const staying = residents.filter(({ key }) => !gone.has(key));
	const heldBackBytes = residents.reduce(
		(sum, { key, heldBytes }) => sum + (gone.has(key) ? heldBytes : 0),
		0,
	);
	return engineStands(question.engine, {
		stayingModels: staying.length,
		needBytes: wanted.engineNeedBytes,
		freeBytes: Math.min(
			gpuFreeBytes(question.engine, staying),
			Math.max(0, question.availableBytes + heldBackBytes),
		),
	});
}

/** The budget once these are gone or trimmed. */
export function budgetAfter(question: PlanQuestion, gone: Keys, trimmed: Keys): BudgetTerms {
	return budget({ ...question, models: question.residents, evictions: gone, trims: trimmed });
}

/** Models that have to go whatever the memory says, with the reason. */
function required(question: PlanQuestion): ReadonlyMap<ModelKey, StepReason> {
	const { wanted, residents, mode } = question;
	const reasons = new Map<ModelKey, StepReason>();
	for (const resident of residents) {
		if (resident.key === wanted.key) reasons.set(resident.key, "reload");
		else if (mode === "single" && !wanted.embedding && !resident.embedding && !resident.pinned)
			reasons.set(resident.key, "single");
	}
	return reasons;
}

/**
 * Decides what has to go for a load, and in which order. Idle models that have grown are trimmed before another one is
 * unloaded; of those that may be unloaded the cheapest set that is enough goes. A busy or pinned model never goes; a
 * refusal lists what might go although it is not enough. The same question has the same answer.
 */
export function plan(question: PlanQuestion): Plan {
	const { residents, wanted } = question;
	const reasons = required(question);
	const base: Keys = new Set(reasons.keys());
	const waitFor = residents
		.filter(({ key, busy }) => busy && reasons.get(key) === "single")
		.map(({ key }) => key);
	const movable = residents.filter(
		({ key, busy, pinned }) => !busy && !pinned && !reasons.has(key) && key !== wanted.key,
	);
	const grown = movable.filter(({ grownBytes }) => grownBytes > 0);
	const enough = (gone: Keys, trimmed: Keys) => obstacle(question, gone, trimmed) === null;
	const together = (keys: readonly Resident[]): Keys => new Set([...base, ...keys.map(({ key }) => key)]);
	const keysOf = (list: readonly Resident[]): Keys => new Set(list.map(({ key }) => key));

	function answer(gone: Keys, trimmed: Keys, kind: Plan["kind"]): Plan {
		const trims = residents.filter(({ key }) => trimmed.has(key));
		const evictions = residents.filter(
			({ key, busy }) => gone.has(key) && !(busy && reasons.get(key) !== undefined),
		);
		const steps: FitStep[] = [
			...trims.map(({ key, name, grownBytes }) => ({
				kind: "trim" as const,
				key,
				name,
				bytes: grownBytes,
				because: "memory" as const,
			})),
			...inOrder(evictions)
				.filter(({ key }) => reasons.get(key) !== "reload")
				.map(({ key, name, footprintBytes }) => ({
					kind: "evict" as const,
					key,
					name,
					bytes: footprintBytes,
					because: reasons.get(key) ?? reasonFor(question, gone, trimmed, key),
				})),
		];
		const terms = budgetAfter(question, gone, trimmed);
		if (kind === "plan") return { kind, steps, waitFor, budget: terms };
		const because = obstacle(question, gone, trimmed) ?? "memory";
		return { kind, because, steps, waitFor, budget: terms };
	}

	if (enough(base, NONE)) return answer(base, NONE, "plan");
	const allTrims = keysOf(grown);
	if (enough(base, allTrims)) {
		const chosen = cheapestEnough(
			grown,
			({ grownBytes }) => grownBytes,
			(trims) => enough(base, keysOf(trims)),
		);
		return answer(base, keysOf(chosen), "plan");
	}
	const without = (gone: Keys) => grown.filter(({ key }) => !gone.has(key));
	if (!enough(together(movable), NONE)) return answer(together(movable), NONE, "refusal");
	const victims = cheapestEnough(
		movable,
		({ evictionCost }) => evictionCost,
		(list) => enough(together(list), keysOf(without(together(list)))),
	);
	const gone = together(victims);
	const trims = cheapestEnough(
		without(gone),
		({ grownBytes }) => grownBytes,
		(list) => enough(gone, keysOf(list)),
	);
	return answer(gone, keysOf(trims), "plan");
}

/** What is dearest to load again goes last, so that less is lost where the load is called off half way. */
function inOrder(residents: readonly Resident[]): readonly Resident[] {
	return residents.toSorted((a, b) => a.evictionCost - b.evictionCost || (a.key < b.key ? -1 : 1));
}

/** What would stand in the way if this one stayed. */
function reasonFor(question: PlanQuestion, gone: Keys, trimmed: Keys, key: ModelKey): StepReason {
	return obstacle(question, new Set([...gone].filter((each) => each !== key)), trimmed) ?? "memory";
}
