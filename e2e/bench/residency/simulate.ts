import { budget } from "../../../electron/core/residency/budget.ts";
import {
	evictionCost,
	expectedLoadSeconds,
	expectedWaitMs,
	type UseHistory,
	usedAgain,
} from "../../../electron/core/residency/eviction-cost.ts";
import {
	obstacle,
	type PlanQuestion,
	plan,
	type Resident,
} from "../../../electron/core/residency/planner.ts";
import { fromGb } from "../../../shared/units.ts";
import { LIBRARY, type SimulatedModel, type Trace } from "./traces.ts";

/** A loaded model of the simulation; times in seconds since the beginning. */
interface Loaded {
	readonly model: SimulatedModel;
	busyUntil: number;
	lastUsedAt: number;
	keepAliveSeconds: number;
}

/** Chooses what goes for a load: names in order, or null where nothing that may go is enough now. */
export type EvictionRule = (question: PlanQuestion, loaded: readonly Loaded[]) => readonly string[] | null;

/** What came of a trace under a rule. */
export interface SimulationResult {
	readonly loads: number;
	/** Seconds spent on loading. */
	readonly loadSeconds: number;
	/** Loads after which the budget was exceeded. */
	readonly overBudget: number;
	/** Requests that could not be served because nothing would ever make room. */
	readonly refused: number;
}

const HALF_GB = fromGb(0.5);

function keysOf(names: readonly string[]): ReadonlySet<string> {
	return new Set(names);
}

/** Ours: the planner's steps. */
export const ours: EvictionRule = (question) => {
	const planned = plan(question);
	return planned.kind === "refusal" || planned.waitFor.length > 0
		? null
		: planned.steps.map(({ key }) => key);
};

/** One after the other in an order, until it is enough. */
function inOrderUntilEnough(order: (a: Loaded, b: Loaded) => number): EvictionRule {
	return (question, loaded) => {
		const idle = new Set(question.residents.filter(({ busy }) => !busy).map(({ key }) => key));
		const victims: string[] = [];
		for (const { model } of loaded.filter((each) => idle.has(each.model.name)).toSorted(order)) {
			if (obstacle(question, keysOf(victims), new Set()) === null) break;
			victims.push(model.name);
		}
		return obstacle(question, keysOf(victims), new Set()) === null ? victims : null;
	};
}

/** The least recently used goes first. */
export const leastRecentlyUsed = inOrderUntilEnough((a, b) => a.lastUsedAt - b.lastUsedAt);

/** Ollama's own: of the idle ones the shortest keep-alive goes first, then by name. */
export const shortestKeepAlive = inOrderUntilEnough(
	(a, b) => a.keepAliveSeconds - b.keepAliveSeconds || (a.model.name < b.model.name ? -1 : 1),
);

/** How long a load takes on the simulated machine, seconds. */
function loadSeconds(model: SimulatedModel): number {
	return expectedLoadSeconds(null, fromGb(model.gb));
}

/** Runs a trace under a rule. */
export function simulate(trace: Trace, rule: EvictionRule): SimulationResult {
	const loaded = new Map<string, Loaded>();
	const uses = new Map<string, UseHistory>();
	let clock = 0;
	let loads = 0;
	let seconds = 0;
	let overBudget = 0;
	let refused = 0;

	function othersBytes(at: number): number {
		return fromGb(trace.others.findLast((each) => each.at <= at)?.gb ?? 0);
	}

	/** The engine unloads by itself what nobody has used for its keep-alive. */
	function expire(at: number): void {
		for (const [name, { busyUntil, keepAliveSeconds }] of loaded)
			if (busyUntil + keepAliveSeconds <= at) loaded.delete(name);
	}

	function residentOf(each: Loaded, at: number): Resident {
		const bytes = fromGb(each.model.gb);
		return {
			key: each.model.name,
			name: each.model.name,
			footprintBytes: bytes,
			heldBytes: bytes,
			grownBytes: 0,
			busy: each.busyUntil > at,
			pinned: false,
			embedding: each.model.embedding,
			gpuBytes: 0,
			evictionCost: evictionCost(
				loadSeconds(each.model),
				expectedWaitMs(uses.get(each.model.name) ?? usedAgain(null, each.lastUsedAt * 1000), at * 1000),
			),
		};
	}

	function questionFor(model: SimulatedModel, at: number): PlanQuestion {
		const all = [...loaded.values()].map((each) => residentOf(each, at));
		const heldBytes = all.reduce((sum, resident) => sum + resident.heldBytes, 0);
		return {
			wanted: {
				key: model.name,
				name: model.name,
				needBytes: fromGb(model.gb),
				engineNeedBytes: null,
				embedding: model.embedding,
			},
			residents: all,
			availableBytes: fromGb(trace.totalGb) - othersBytes(at) - heldBytes,
			totalBytes: fromGb(trace.totalGb),
			profile: "balanced",
			overheadBytes: HALF_GB,
			safetyBytes: HALF_GB,
			mode: "many",
			engine: { maxModels: 9, watchedGpuBytes: null },
		};
	}

	/** The first busy model to become idle, or null. */
	function nextIdleAt(at: number): number | null {
		const ends = [...loaded.values()].map(({ busyUntil }) => busyUntil).filter((end) => end > at);
		return ends.length === 0 ? null : Math.min(...ends);
	}

	for (const request of trace.requests) {
		const model = LIBRARY.find(({ name }) => name === request.model);
		if (model === undefined) throw new Error(`${request.model} is not in the library`);
		clock = Math.max(clock, request.at);
		expire(clock);
		let there = loaded.get(model.name);
		while (there === undefined) {
			const question = questionFor(model, clock);
			const victims = rule(question, [...loaded.values()]);
			if (victims === null) {
				const idleAt = nextIdleAt(clock);
				if (idleAt === null) break;
				clock = idleAt;
				continue;
			}
			for (const name of victims) loaded.delete(name);
			const took = loadSeconds(model);
			loads += 1;
			seconds += took;
			const after = questionFor(model, clock);
			const terms = budget({ ...after, models: after.residents, evictions: new Set(), trims: new Set() });
			if (after.wanted.needBytes + HALF_GB > terms.budgetBytes) overBudget += 1;
			clock += took;
			there = { model, busyUntil: clock, lastUsedAt: clock, keepAliveSeconds: request.keepAliveSeconds };
			loaded.set(model.name, there);
		}
		if (there === undefined) {
			refused += 1;
			continue;
		}
		uses.set(model.name, usedAgain(uses.get(model.name) ?? null, clock * 1000));
		there.busyUntil = Math.max(there.busyUntil, clock) + request.answerSeconds;
		there.lastUsedAt = there.busyUntil;
		there.keepAliveSeconds = request.keepAliveSeconds;
	}
	return { loads, loadSeconds: seconds, overBudget, refused };
}
