import type {
	BudgetTerms,
	ContextSource,
	FitFootprint,
	FitHelp,
	FitVerdict,
	GpuCeiling,
} from "../../../shared/fit.ts";
import type { ModelKey } from "../../../shared/model.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { budgetAfter, obstacle, type Plan, type PlanQuestion, plan, type Resident } from "./planner.ts";

/** What a verdict is asked for. */
export interface FitQuestion extends PlanQuestion {
	readonly contextLength: number;
	readonly contextSource: ContextSource;
	readonly footprint: FitFootprint;
	/** Null where there is no GPU with memory of its own limit. */
	readonly gpu: GpuCeiling | null;
	/** What it would be budgeted with at smaller contexts, largest first. */
	readonly smaller: readonly { readonly contextLength: number; readonly needBytes: number }[];
}

const NONE: ReadonlySet<ModelKey> = new Set();

/** Share of a load that the GPU can take beside the models that stay, whole percent. */
export function gpuPercent(
	ceiling: GpuCeiling | null,
	staying: readonly Pick<Resident, "gpuBytes">[],
	needBytes: number,
): number {
	if (ceiling === null || needBytes <= 0) return 100;
	const freeBytes = staying.reduce((free, { gpuBytes }) => free - gpuBytes, ceiling.bytes);
	return Math.floor(100 * Math.min(1, Math.max(0, freeBytes / needBytes)));
}

/** Judges a load: whether it fits, what has to go before, and where it is over what would make room. */
export function judgeFit(question: FitQuestion): FitVerdict {
	const { wanted, residents, safetyBytes } = question;
	const planned = plan(question);
	const leaving = new Set([
		...planned.steps.filter(({ kind }) => kind === "evict").map(({ key }) => key),
		...planned.waitFor,
		wanted.key,
	]);
	const staying = residents.filter(({ key }) => !leaving.has(key));
	const percent = gpuPercent(question.gpu, staying, wanted.needBytes);
	const over = planned.kind === "refusal";
	return {
		key: wanted.key,
		name: wanted.name,
		outcome: over ? "over" : percent < 100 ? "split" : hasSteps(planned) ? "fits-after" : "fits",
		contextLength: question.contextLength,
		contextSource: question.contextSource,
		footprint: question.footprint,
		safetyBytes,
		budget: planned.budget,
		marginBytes: planned.budget.budgetBytes - wanted.needBytes - safetyBytes,
		steps: planned.steps,
		waitFor: residents.filter(({ key }) => planned.waitFor.includes(key)).map(({ name }) => name),
		gpuPercent: percent,
		because: over ? planned.because : null,
		help: over ? whatHelps(question, planned) : [],
	};
}

function hasSteps(planned: Plan): boolean {
	return planned.steps.length > 0 || planned.waitFor.length > 0;
}

function whatHelps(question: FitQuestion, planned: Plan): readonly FitHelp[] {
	const { residents, wanted, safetyBytes } = question;
	const help: FitHelp[] = [];
	const allowed = new Set([...planned.steps.map(({ key }) => key), wanted.key]);
	const fitsWithout = (more: readonly Resident[]) =>
		more.length > 0 &&
		obstacle(question, new Set([...allowed, ...more.map(({ key }) => key)]), NONE) === null;
	const others = residents.filter(({ key }) => !allowed.has(key));
	const busy = others.filter((resident) => resident.busy && !resident.pinned);
	const pinned = others.filter((resident) => resident.pinned && !resident.busy);
	if (fitsWithout(busy)) help.push({ kind: "wait", names: busy.map(({ name }) => name) });
	if (fitsWithout(pinned)) help.push({ kind: "unpin", names: pinned.map(({ name }) => name) });
	const everything = new Set(residents.map(({ key }) => key));
	if (others.length > 0 && obstacle(question, everything, NONE) === null) {
		const terms = budgetAfter(question, everything, NONE);
		help.push({ kind: "flush", spareBytes: terms.budgetBytes - wanted.needBytes - safetyBytes });
	}
	const smaller = question.smaller.find(
		({ needBytes }) =>
			plan({ ...question, wanted: { ...wanted, needBytes, engineNeedBytes: null } }).kind === "plan",
	);
	if (smaller !== undefined) help.push({ kind: "context", contextLength: smaller.contextLength });
	const lackingBytes = wanted.needBytes + safetyBytes - planned.budget.budgetBytes;
	if (lackingBytes > 0) help.push({ kind: "free", bytes: lackingBytes });
	return help;
}

/** How far over the budget the router may go, and how much must be left after it. */
const EDGE_MOST_BYTES = 4 * BYTES_PER_GB;
const EDGE_AFTER_SHARE = 0.15;

/**
 * Whether the router may take a load that is over: a small deficit, still swap, and memory left over. For the router
 * alone; a click or a call that is over is refused unless it is forced.
 */
export function edgeAllows(
	verdict: Pick<FitVerdict, "because" | "marginBytes"> & { readonly budget: BudgetTerms },
	swapGrows: boolean,
): boolean {
	const { totalBytes, afterPlanBytes } = verdict.budget;
	return (
		verdict.because === "memory" &&
		!swapGrows &&
		-verdict.marginBytes <= Math.min(EDGE_MOST_BYTES, totalBytes / 4) &&
		afterPlanBytes >= EDGE_AFTER_SHARE * totalBytes
	);
}
