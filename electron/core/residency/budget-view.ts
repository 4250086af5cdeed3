import type { BudgetState } from "../../../shared/fit.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { Observer } from "./observer.ts";
import type { Residency } from "./residency.ts";

/** Figures are shown in these steps, so that not every breath of the machine redraws every row. */
const STEP_BYTES = 8 * 1024 ** 2;

/** What the view is made from. */
export interface BudgetViewParts {
	readonly residency: Pick<Residency, "budgetState">;
	readonly observer: Pick<Observer, "find">;
	readonly supervision: Pick<EngineSupervision, "installed">;
	/** Verdicts over what is installed are worked out only while somebody looks. */
	readonly popoverOpen: () => boolean;
	readonly current: () => BudgetState | null;
	readonly show: (budget: BudgetState | null) => void;
}

/** Makes the function that brings the shown budget up to date. */
export function createBudgetView(parts: BudgetViewParts): () => void {
	let shown = JSON.stringify(parts.current());
	return () => {
		const judged = parts.popoverOpen()
			? parts.supervision
					.installed()
					.filter((model) => model.location === "local" && parts.observer.find(model.key) === null)
			: [];
		const budget = coarse(parts.residency.budgetState(judged)) as BudgetState | null;
		const text = JSON.stringify(budget);
		if (text === shown) return;
		shown = text;
		parts.show(budget);
	};
}

/** The same value with every amount of bytes in steps. */
function coarse(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(coarse);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([name, each]) => [
			name,
			typeof each === "number" && /[bB]ytes$/.test(name)
				? Math.round(each / STEP_BYTES) * STEP_BYTES
				: coarse(each),
		]),
	);
}
