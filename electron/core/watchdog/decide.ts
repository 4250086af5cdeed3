import type { PressureLevel } from "../../../shared/machine.ts";
import type { LoadedModelState, ModelKey } from "../../../shared/model.ts";
import type { WatchdogSettings } from "../../../shared/settings.ts";
import { asksForSmall, type EmergencyStep } from "../../../shared/watchdog.ts";

/** A loaded model as the watchdog weighs it. */
export interface WatchedModel {
	readonly key: ModelKey;
	readonly name: string;
	readonly state: LoadedModelState;
	readonly footprintBytes: number;
	/** Bytes in RAM outside the file cache; null where its process cannot be seen. */
	readonly heldBytes: number | null;
	/** How long ago it was last used or loaded. */
	readonly unusedForMs: number;
	readonly pinned: boolean;
	/** Plimsoll's own chat is being answered by it. */
	readonly answersChat: boolean;
	/** An answer that the gateway carries comes from it. */
	readonly answersCarried: boolean;
}

/** A reading of the machine as the watchdog judges it. */
export interface WatchedSample {
	readonly level: PressureLevel;
	/** What this sample alone calls for: whether it is still that bad, without the time it takes to leave a level. */
	readonly calledFor: PressureLevel;
	readonly kernelLevel: 1 | 2 | 4 | null;
	readonly totalBytes: number;
}

/** One turn of the decision. */
export interface WatchdogTurn {
	/** A clock that never jumps. */
	readonly nowMs: number;
	/** Neither off, paused nor without say over the engine. */
	readonly active: boolean;
	readonly sample: WatchedSample;
	/** Local models that the engine lists or loads. */
	readonly models: readonly WatchedModel[];
	readonly settings: WatchdogSettings;
}

/** What is to be done, in this order. */
export type WatchdogAction =
	/** One idle model goes, for high pressure. */
	| { readonly kind: "unload"; readonly key: ModelKey }
	| { readonly kind: "emergency-begins" }
	/** Admission is closed and the running loads of chat, API and gateway are ended. */
	| { readonly kind: "end-loads" }
	| { readonly kind: "step"; readonly step: EmergencyStep }
	/** Answers of Plimsoll's own chat by these models end. */
	| { readonly kind: "end-chat"; readonly keys: readonly ModelKey[] }
	/** Answers carried for other programs by these models end. */
	| { readonly kind: "end-carried"; readonly keys: readonly ModelKey[] }
	/** These are asked to leave now, in this order, without waiting for any of them. */
	| { readonly kind: "ask"; readonly keys: readonly ModelKey[] }
	| { readonly kind: "emergency-ends" }
	/** It is critical, and models hold too little for unloading them to help. */
	| { readonly kind: "others-pressure"; readonly heldBytes: number }
	| { readonly kind: "others-pressure-over" };

/** What is remembered from turn to turn; plain data. */
export interface WatchdogMemory {
	readonly lastUnloadMs: number | null;
	readonly emergency: {
		readonly step: EmergencyStep;
		readonly stepMs: number;
		/** Samples in a row since the step that were still critical. */
		readonly critical: number;
		/** In which step each model was last asked. */
		readonly asked: ReadonlyMap<ModelKey, EmergencyStep>;
	} | null;
	readonly emergencyEndedMs: number | null;
	readonly othersTold: boolean;
}

/** Nothing has happened yet. */
export const FIRST_WATCHDOG_MEMORY: WatchdogMemory = {
	lastUnloadMs: null,
	emergency: null,
	emergencyEndedMs: null,
	othersTold: false,
};

/** What came of a turn. */
export interface WatchdogDecision {
	readonly memory: WatchdogMemory;
	readonly actions: readonly WatchdogAction[];
}

/**
 * Decides what a sample leads to. Pure: the same turns give the same decisions. It is asked once for every sample.
 *
 * At high one idle model goes at a time, never a pinned one and never one used a moment ago. At critical an emergency
 * runs through its three steps; each model is asked at most once a step, so it always comes to an end.
 */
export function decide(memory: WatchdogMemory, turn: WatchdogTurn): WatchdogDecision {
	const { sample, settings, nowMs } = turn;
	const critical = sample.level === "critical";
	const still = critical && sample.calledFor === "critical";
	const mayAct = turn.active && settings.emergencyAtCritical;
	if (memory.emergency !== null) {
		if (!mayAct || !critical)
			return {
				memory: { ...memory, emergency: null, emergencyEndedMs: nowMs },
				actions: [{ kind: "emergency-ends" }],
			};
		return still ? goOn(memory, memory.emergency, turn) : { memory: calmer(memory), actions: [] };
	}
	const told = memory.othersTold && critical && turn.active;
	const actions: WatchdogAction[] = memory.othersTold && !told ? [{ kind: "others-pressure-over" }] : [];
	const base = { ...memory, othersTold: told };
	if (still && mayAct) {
		const heldBytes = turn.models.reduce((sum, model) => sum + bytesOf(model), 0);
		if (heldBytes * 100 < settings.leastHeldPercent * sample.totalBytes) {
			if (!told) actions.push({ kind: "others-pressure", heldBytes });
			return { memory: { ...base, othersTold: true }, actions };
		}
		const cooledDown =
			memory.emergencyEndedMs === null || nowMs - memory.emergencyEndedMs >= settings.coolDownSeconds * 1000;
		if (cooledDown || sample.kernelLevel === 4) {
			const over: readonly WatchdogAction[] = told ? [{ kind: "others-pressure-over" }] : [];
			const begun = takeStep({ ...base, othersTold: false }, 1, turn, new Map());
			return {
				memory: begun.memory,
				actions: [...actions, ...over, { kind: "emergency-begins" }, ...begun.actions],
			};
		}
	}
	const victim = victimAtHigh(base, turn);
	if (victim === null) return { memory: base, actions };
	actions.push({ kind: "unload", key: victim.key });
	return { memory: { ...base, lastUnloadMs: nowMs }, actions };
}

/**
 * What a model takes out of memory now: what it holds, and while it works all of it, since mapped weights that are
 * being read cannot be dropped.
 */
export function bytesOf(model: WatchedModel): number {
	const works = model.state !== "idle" && model.state !== "unloading";
	return works ? model.footprintBytes : (model.heldBytes ?? model.footprintBytes);
}

function calmer(memory: WatchdogMemory): WatchdogMemory {
	return memory.emergency === null ? memory : { ...memory, emergency: { ...memory.emergency, critical: 0 } };
}

/** A sample of a running emergency that is still critical. */
function goOn(
	memory: WatchdogMemory,
	emergency: NonNullable<WatchdogMemory["emergency"]>,
	turn: WatchdogTurn,
): WatchdogDecision {
	const { settings, nowMs } = turn;
	const counted = emergency.critical + 1;
	const due =
		counted >= settings.stepAfterSamples && nowMs - emergency.stepMs >= settings.stepAfterSeconds * 1000;
	if (due && emergency.step < 3)
		return takeStep(memory, (emergency.step + 1) as EmergencyStep, turn, emergency.asked);
	const more = reached(turn.models, emergency.step).filter(({ key }) => !emergency.asked.has(key));
	return {
		memory: {
			...memory,
			emergency: { ...emergency, critical: counted, asked: withAsked(emergency.asked, more, emergency.step) },
		},
		actions: askActions(more),
	};
}

function takeStep(
	memory: WatchdogMemory,
	step: EmergencyStep,
	turn: WatchdogTurn,
	asked: ReadonlyMap<ModelKey, EmergencyStep>,
): WatchdogDecision {
	const models = reached(turn.models, step);
	return {
		memory: {
			...memory,
			emergency: { step, stepMs: turn.nowMs, critical: 0, asked: withAsked(asked, models, step) },
		},
		actions: [
			{ kind: "step", step },
			...(step === 1 ? [{ kind: "end-loads" } as const] : []),
			...askActions(models),
		],
	};
}

/** Answers end before their models are asked, so that nothing is left to wait for. */
function askActions(models: readonly WatchedModel[]): readonly WatchdogAction[] {
	const keysOf = (chosen: readonly WatchedModel[]) => chosen.map(({ key }) => key);
	const chat = models.filter((model) => model.answersChat);
	const carried = models.filter((model) => model.answersCarried);
	return [
		...(chat.length === 0 ? [] : [{ kind: "end-chat", keys: keysOf(chat) } as const]),
		...(carried.length === 0 ? [] : [{ kind: "end-carried", keys: keysOf(carried) } as const]),
		...(models.length === 0 ? [] : [{ kind: "ask", keys: keysOf(models) } as const]),
	];
}

function withAsked(
	asked: ReadonlyMap<ModelKey, EmergencyStep>,
	models: readonly WatchedModel[],
	step: EmergencyStep,
): ReadonlyMap<ModelKey, EmergencyStep> {
	return new Map([...asked, ...models.map(({ key }) => [key, step] as const)]);
}

/**
 * In which step a model's turn comes; null while asking it is of no use: an engine ignores an unload while it loads
 * the model, and one that leaves already needs no second word unless an answer of ours holds it back.
 */
function stepOf(model: WatchedModel): EmergencyStep | null {
	if (model.state === "loading") return null;
	if (model.answersCarried) return 3;
	if (model.answersChat) return 2;
	if (model.state === "unloading" || model.state === "draining") return null;
	return model.state === "busy" ? 2 : 1;
}

/** Models whose turn has come, in the order they are asked: pinned ones last, the largest first. */
function reached(models: readonly WatchedModel[], step: EmergencyStep): readonly WatchedModel[] {
	return models
		.filter((model) => (stepOf(model) ?? 4) <= step)
		.sort(
			(a, b) =>
				Number(a.pinned) - Number(b.pinned) ||
				b.footprintBytes - a.footprintBytes ||
				a.key.localeCompare(b.key),
		);
}

/** The idle model that goes next at high: the one whose bytes lie idle the longest. */
function victimAtHigh(memory: WatchdogMemory, turn: WatchdogTurn): WatchedModel | null {
	const { sample, settings, nowMs } = turn;
	const bad = asksForSmall(sample.level) && asksForSmall(sample.calledFor);
	if (!turn.active || !settings.unloadsAtHigh || !bad) return null;
	const { lastUnloadMs } = memory;
	if (lastUnloadMs !== null && nowMs - lastUnloadMs < settings.highEverySeconds * 1000) return null;
	const spared = settings.highSparesUsedWithinSeconds * 1000;
	const [first] = turn.models
		.filter((model) => model.state === "idle" && !model.pinned && model.unusedForMs >= spared)
		.filter((model) => !model.answersChat && !model.answersCarried)
		.sort(
			(a, b) =>
				b.unusedForMs * b.footprintBytes - a.unusedForMs * a.footprintBytes || a.key.localeCompare(b.key),
		);
	return first ?? null;
}
