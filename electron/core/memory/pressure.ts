import type { MachineSample, PressureLevel } from "../../../shared/machine.ts";
import type { PressureSettings } from "../../../shared/settings.ts";
import { BYTES_PER_MB } from "../../../shared/units.ts";
import { addSwapPoint, type SwapHistory, swapGrowth } from "./swap-growth.ts";

/** A level that has to be entered and left; `normal` is what remains. */
export type RaisedLevel = Exclude<PressureLevel, "normal">;

/** Raised levels, the worst first. */
const RAISED_LEVELS: readonly RaisedLevel[] = ["critical", "high", "elevated"];

/** How one raised level stands. */
export interface LevelState {
	/** It was entered and not yet left. */
	readonly held: boolean;
	/** Since when everything that calls for it has cleared, or null. */
	readonly clearSinceAt: number | null;
}

/** Everything that is known about pressure after a sample; plain data, so that an episode can be replayed. */
export interface PressureState {
	readonly level: PressureLevel;
	readonly levelSinceAt: number;
	/** What the newest sample alone calls for, counts completed, hysteresis aside: whether it is *still* that bad. */
	readonly calledFor: PressureLevel;
	/** Growth of swap over the window, bytes a second; null until two samples tell. Never altered by being ignored. */
	readonly growthBytesPerSecond: number | null;
	/** Consecutive samples that met a condition, by its name. */
	readonly counts: Readonly<Record<string, number>>;
	/** A condition is met and needs further samples. */
	readonly counting: boolean;
	readonly levels: Readonly<Record<RaisedLevel, LevelState>>;
	readonly swap: SwapHistory;
}

/** What a sample does not tell. */
export interface PressureContext {
	/** Which table applies; the demo machine behaves like a Mac. */
	readonly table: "macos" | "linux";
	/** Just woken, or a load runs that was admitted as fitting: growth of swap neither raises nor holds a level. */
	readonly growthIgnored: boolean;
}

interface Condition {
	readonly name: string;
	readonly level: RaisedLevel;
	readonly met: boolean;
	/** Consecutive samples it takes. */
	readonly needed: number;
}

interface Judgement {
	readonly conditions: readonly Condition[];
	/** For each level: percentages clear by the margin, rates under the share, kernel level lower. */
	readonly clear: Readonly<Record<RaisedLevel, boolean>>;
}

/**
 * Takes the next sample into account. Pure: the same samples, settings and contexts give the same states.
 *
 * A level is entered when one of its conditions was met in as many consecutive samples as it takes, and left when
 * all that calls for it has been clear for the set time. Levels are entered and left independently of each other;
 * the worst one that is held is the level. What a sample does not tell (null) calls for nothing.
 */
export function nextPressure(
	previous: PressureState | null,
	sample: MachineSample,
	settings: PressureSettings,
	context: PressureContext,
): PressureState {
	const windowMs = settings.growthWindowSeconds * 1000;
	const swap = addSwapPoint(previous?.swap ?? [], sample, windowMs);
	const growthBytesPerSecond = swapGrowth(swap, windowMs);
	const growthMb = context.growthIgnored ? 0 : (growthBytesPerSecond ?? 0) / BYTES_PER_MB;
	const { conditions, clear } =
		context.table === "macos" ? judgeMac(sample, growthMb, settings) : judgeLinux(sample, settings);

	const counts: Record<string, number> = {};
	const reached = new Set<RaisedLevel>();
	let counting = false;
	for (const { name, level, met, needed } of conditions) {
		const count = met ? Math.min(needed, (previous?.counts[name] ?? 0) + 1) : 0;
		counts[name] = count;
		if (count >= needed) reached.add(level);
		else if (count > 0) counting = true;
	}

	const levelAfter = (level: RaisedLevel): LevelState =>
		nextLevel(previous?.levels[level], reached.has(level), clear[level], sample.at, settings);
	const levels = {
		elevated: levelAfter("elevated"),
		high: levelAfter("high"),
		critical: levelAfter("critical"),
	};
	const level = RAISED_LEVELS.find((raised) => levels[raised].held) ?? "normal";
	return {
		level,
		levelSinceAt: previous?.level === level ? previous.levelSinceAt : sample.at,
		calledFor: RAISED_LEVELS.find((raised) => reached.has(raised)) ?? "normal",
		growthBytesPerSecond,
		counts,
		counting,
		levels,
		swap,
	};
}

function withoutClearTime({ held }: LevelState): LevelState {
	return { held, clearSinceAt: null };
}

/** Forgets what must not be carried over a gap in which nothing was sampled; levels stay held. */
export function afterGap(state: PressureState): PressureState {
	return {
		...state,
		swap: [],
		growthBytesPerSecond: null,
		counts: {},
		counting: false,
		levels: {
			elevated: withoutClearTime(state.levels.elevated),
			high: withoutClearTime(state.levels.high),
			critical: withoutClearTime(state.levels.critical),
		},
	};
}

function nextLevel(
	before: LevelState | undefined,
	reached: boolean,
	clear: boolean,
	at: number,
	settings: PressureSettings,
): LevelState {
	if (reached) return { held: true, clearSinceAt: null };
	if (before?.held !== true) return { held: false, clearSinceAt: null };
	if (!clear) return { held: true, clearSinceAt: null };
	// A clock that was set back starts the time anew.
	const since = before.clearSinceAt === null || before.clearSinceAt > at ? at : before.clearSinceAt;
	const over = at - since >= settings.leaveAfterSeconds * 1000;
	return over ? { held: false, clearSinceAt: null } : { held: true, clearSinceAt: since };
}

/** A machine that does not know its own size calls for nothing. */
function availablePercent({ availableBytes, totalBytes }: MachineSample): number {
	const percent = (availableBytes / totalBytes) * 100;
	return totalBytes > 0 && Number.isFinite(percent) ? percent : 100;
}

/**
 * macOS: kernel level and available memory, both only together with growth of swap, because some Macs live at
 * kernel level 2 or with little available for hours. For the same reason the kernel's warning does not hold `high`
 * once swap is quiet.
 */
function judgeMac(sample: MachineSample, growthMb: number, settings: PressureSettings): Judgement {
	const numbers = settings.macos;
	const available = availablePercent(sample);
	const kernel = sample.kernelLevel ?? 1;
	const margin = settings.leaveMarginPercent;
	const share = settings.leaveRatePercent / 100;
	const growsHigh = growthMb > numbers.highGrowthMbPerSecond;
	const growsCritical = growthMb > numbers.criticalGrowthMbPerSecond;
	return {
		conditions: [
			{
				level: "elevated",
				name: "elevated",
				needed: 1,
				met: available < numbers.elevatedAvailablePercent || kernel >= 2,
			},
			{
				level: "high",
				name: "high-growth",
				needed: numbers.highSamples,
				met: growsHigh && (kernel >= 2 || available < numbers.highAvailablePercent),
			},
			{
				level: "critical",
				name: "critical-kernel",
				needed: numbers.criticalSamples,
				met: kernel === 4,
			},
			{
				level: "critical",
				name: "critical-growth",
				needed: numbers.criticalSamples,
				met: growsCritical && available < numbers.criticalAvailablePercent,
			},
			{
				level: "critical",
				name: "critical-floor",
				needed: numbers.criticalSamples,
				met: available < numbers.criticalFloorPercent,
			},
		],
		clear: {
			elevated: kernel < 2 && available >= numbers.elevatedAvailablePercent + margin,
			high:
				available >= numbers.highAvailablePercent + margin &&
				growthMb < numbers.highGrowthMbPerSecond * share,
			critical:
				kernel < 4 &&
				available >= Math.max(numbers.criticalAvailablePercent, numbers.criticalFloorPercent) + margin &&
				growthMb < numbers.criticalGrowthMbPerSecond * share,
		},
	};
}

/** Linux: the share in use means what it says; stalls are the only sign of thrashing over mapped weights. */
function judgeLinux(sample: MachineSample, settings: PressureSettings): Judgement {
	const numbers = settings.linux;
	const available = availablePercent(sample);
	const used = 100 - available;
	const some = sample.psiSomeAvg10 ?? 0;
	const full = sample.psiFullAvg10 ?? 0;
	const margin = settings.leaveMarginPercent;
	const share = settings.leaveRatePercent / 100;
	return {
		conditions: [
			{ level: "elevated", name: "elevated", needed: 1, met: used > numbers.elevatedUsedPercent },
			{
				level: "high",
				name: "high-used",
				needed: numbers.highSamples,
				met: used > numbers.highUsedPercent,
			},
			{ level: "high", name: "high-stall", needed: 1, met: some > numbers.highPsiSome },
			{
				level: "critical",
				name: "critical-used",
				needed: numbers.criticalSamples,
				met: used > numbers.criticalUsedPercent,
			},
			{
				level: "critical",
				name: "critical-stall",
				needed: 1,
				met: full > numbers.criticalPsiFull && available < numbers.criticalPsiAvailablePercent,
			},
		],
		clear: {
			elevated: used <= numbers.elevatedUsedPercent - margin,
			high: used <= numbers.highUsedPercent - margin && some < numbers.highPsiSome * share,
			critical: used <= numbers.criticalUsedPercent - margin && full < numbers.criticalPsiFull * share,
		},
	};
}
