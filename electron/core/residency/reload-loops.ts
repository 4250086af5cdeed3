import type { StepReason } from "../../../shared/fit.ts";
import type { ModelKey } from "../../../shared/model.ts";
import { RELOAD_LOOP_WINDOW_MS, type ReloadLoop } from "../../../shared/reload-loop.ts";

/** A model that has to load again so often within the window is caught in a loop; */
const LOOP_RELOADS = 3;

/** those that take turns with it have had to load again at least so often. */
const PARTNER_RELOADS = 2;

/** A loop that has stopped is shown this long, so that somebody who looks later still learns of it. */
const SHOWN_FOR_MS = 10 * 60_000;

/** Why a model was no longer there when it was loaded again. */
export type LeftBecause =
	/** Room was made for another one, by Plimsoll's plan or by the engine, which gives no reason. */
	| { readonly kind: "pushed"; readonly because: StepReason | null }
	/** Somebody asked for it, or its time was over: its next load is no loop. */
	| { readonly kind: "let-go" };

/** Follows what loads and leaves, and tells which models are caught in a loop. Times are the wall clock's. */
export interface ReloadLoops {
	/** A model is loaded, or loaded anew with another context. `byHand`: a person wanted this very load. */
	loaded(load: ModelLoad): void;
	/** A model is no longer loaded; told again where the reason is known only later. */
	left(key: ModelKey, because: LeftBecause): void;
	/** The loops of now, and those that stopped a moment ago. */
	at(now: number): readonly ReloadLoop[];
}

/** One load that has come to its end. */
export interface ModelLoad {
	readonly at: number;
	readonly key: ModelKey;
	readonly name: string;
	readonly contextLength: number;
	readonly byHand: boolean;
}

/** A load of a model that had been loaded before and was not wanted gone. */
interface Reload {
	readonly at: number;
	readonly key: ModelKey;
	readonly name: string;
	/** Context before and now where it changed, else null. */
	readonly contexts: readonly [number, number] | null;
	readonly because: StepReason | null;
}

/** Tells loops apart. There is one of models that take turns, however many join it, and one for each model's contexts. */
export function loopId({ because, models }: Pick<ReloadLoop, "because" | "models">): string {
	return because === "contexts" ? `contexts ${models.join()}` : "turns";
}

/** Makes one that has seen nothing. */
export function createReloadLoops(): ReloadLoops {
	const lastContext = new Map<ModelKey, number>();
	const gone = new Map<ModelKey, LeftBecause>();
	const known = new Map<string, ReloadLoop>();
	let reloads: readonly Reload[] = [];

	return {
		loaded({ at, key, name, contextLength, byHand }) {
			const before = lastContext.get(key);
			const left = gone.get(key) ?? null;
			lastContext.set(key, contextLength);
			gone.delete(key);
			if (byHand || before === undefined || left?.kind === "let-go") return;
			const because = left?.because ?? null;
			const contexts = before === contextLength ? null : ([before, contextLength] as const);
			const since = at - RELOAD_LOOP_WINDOW_MS;
			reloads = [...reloads.filter((each) => each.at > since), { at, key, name, contexts, because }];
			for (const loop of loopsIn(reloads)) known.set(loopId(loop), loop);
		},
		left(key, because) {
			gone.set(key, because);
		},
		at(now) {
			for (const [id, { lastAt }] of known) if (now - lastAt > SHOWN_FOR_MS) known.delete(id);
			return [...known.values()];
		},
	};
}

function loopsIn(reloads: readonly Reload[]): readonly ReloadLoop[] {
	const loops: ReloadLoop[] = [];
	const turns: Reload[][] = [];
	for (const key of new Set(reloads.map((each) => each.key))) {
		const all = reloads.filter((each) => each.key === key);
		const changed = all.filter(({ contexts }) => contexts !== null);
		if (changed.length >= LOOP_RELOADS) loops.push(contextLoop(changed));
		const pushed = all.filter(({ contexts }) => contexts === null);
		if (pushed.length >= PARTNER_RELOADS) turns.push(pushed);
	}
	if (turns.length > 1 && turns.some(({ length }) => length >= LOOP_RELOADS)) loops.push(turnLoop(turns));
	return loops;
}

function contextLoop(changed: readonly Reload[]): ReloadLoop {
	return {
		because: "contexts",
		models: namesOf(changed),
		contexts: [...new Set(changed.flatMap(({ contexts }) => contexts ?? []))].sort((a, b) => a - b),
		reloads: changed.length,
		lastAt: Math.max(...changed.map(({ at }) => at)),
	};
}

function turnLoop(turns: readonly (readonly Reload[])[]): ReloadLoop {
	const all = turns.flat();
	const reasons = new Set(all.map(({ because }) => because));
	return {
		because: reasons.has("single") ? "single" : reasons.has("engine-models") ? "engine-models" : "memory",
		models: namesOf(all),
		contexts: [],
		reloads: Math.max(...turns.map(({ length }) => length)),
		lastAt: Math.max(...all.map(({ at }) => at)),
	};
}

function namesOf(reloads: readonly Reload[]): readonly string[] {
	return [...new Set(reloads.map(({ name }) => name))].sort();
}
