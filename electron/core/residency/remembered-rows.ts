import type { ModelKey } from "../../../shared/model.ts";
import type { LoadedRow } from "../engine/engine.ts";
import type { RunnerView, TimedFootprint } from "../memory/machine-view.ts";
import type { ProcessInfo } from "../ports.ts";
import { type Activity, NO_ACTIVITY, nextActivity } from "./model-activity.ts";

/** A row whose process should be there is called dead only after it was missing for this long. */
const MISSING_FOR_MS = 1_000;

/**
 * Processor time is measured between looks at least this far apart, so a figure that comes sooner after the first look
 * is about the time before it, when the model was loading.
 */
const MEASURED_AFTER_MS = 500;

/** What is kept about one listed row between looks; changed in place by {@link RememberedRows} alone. */
export interface RememberedRow {
	row: LoadedRow;
	firstSeenAt: number;
	/** When its process was first looked at since it is listed; null before. */
	firstLookAt: number | null;
	activity: Activity;
	askedAt: number | null;
	/** The earliest expiry seen since it was asked to leave; a later one means that somebody called it off. */
	askedExpiresAt: number | null;
	process: ProcessInfo | null;
	processEnded: boolean;
	missingSinceAt: number | null;
	footprint: TimedFootprint | null;
	pinned: boolean | null;
}

/** What a look at the processes is taken into account with. */
export interface LookContext {
	/** Wall clock. */
	readonly now: number;
	/** An engine that is seen is this one for certain; else it takes one of its runners to know that it is here. */
	readonly certain: boolean;
	/** The view was made with this row's blob or model name known, so a runner of it would have been matched. */
	matchable(row: LoadedRow): boolean;
	inFlight(row: LoadedRow): boolean;
	isAlive(process: ProcessInfo): Promise<boolean>;
	measure(process: ProcessInfo, fresh: boolean): Promise<TimedFootprint | null>;
}

/** The rows that the engine lists, each with what was seen of it. */
export interface RememberedRows {
	all(): readonly RememberedRow[];
	get(key: ModelKey): RememberedRow | undefined;
	/** Takes a new list; says which rows came. Rows that are gone are forgotten. */
	take(rows: readonly LoadedRow[], now: number): readonly RememberedRow[];
	/** Takes a look at the processes into account. */
	look(view: RunnerView, context: LookContext): Promise<void>;
	forget(): void;
}

/** Starts with nothing listed. */
export function createRememberedRows(): RememberedRows {
	const rows = new Map<ModelKey, RememberedRow>();
	/** A process of this machine was seen to hold a row, so the engine is here. */
	let proven = false;

	async function lookAt(entry: RememberedRow, view: RunnerView, context: LookContext): Promise<void> {
		const matched = view.runners.get(entry.row.key);
		if (matched !== undefined) {
			const other = !sameProcess(entry.process, matched.process);
			if (other) {
				entry.footprint = null;
				entry.firstLookAt = null;
				if (entry.process !== null) entry.firstSeenAt = context.now;
			}
			// Also where its process is known from its load: that was before it was listed.
			entry.firstLookAt ??= view.at;
			entry.process = matched.process;
			entry.processEnded = false;
			entry.missingSinceAt = null;
			entry.footprint = (await context.measure(matched.process, other)) ?? entry.footprint;
		} else if (entry.process !== null) {
			if (!(await context.isAlive(entry.process))) entry.processEnded = true;
			else entry.footprint = (await context.measure(entry.process, false)) ?? entry.footprint;
		} else if (view.engineSeen && (proven || context.certain) && context.matchable(entry.row)) {
			entry.missingSinceAt ??= view.at;
			if (view.at - entry.missingSinceAt >= MISSING_FOR_MS) entry.processEnded = true;
		}
		entry.activity = nextActivity(entry.activity, {
			at: context.now,
			inFlight: context.inFlight(entry.row),
			processActive: entry.processEnded ? false : activeSince(entry, view, matched?.active ?? null),
			pastExpiry:
				entry.askedAt === null &&
				!entry.processEnded &&
				entry.row.expiresAt !== null &&
				entry.row.expiresAt < context.now,
		});
	}

	/** Work since the model is listed; the processor time of its own load is no answer. */
	function activeSince(entry: RememberedRow, view: RunnerView, active: boolean | null): boolean | null {
		const { firstLookAt } = entry;
		return firstLookAt !== null && view.at - firstLookAt >= MEASURED_AFTER_MS ? active : null;
	}

	/**
	 * A row whose weights cannot be asked for any more (its name is gone from disk) and a runner of the engine that no
	 * row explains belong together where there is one of each and the runner is the older one.
	 */
	function adoptUnexplained(view: RunnerView, context: LookContext): void {
		const entries = [...rows.values()];
		const held = new Set(entries.map((entry) => entry.process?.pid));
		const lonely = entries.filter((entry) => entry.process === null && !context.matchable(entry.row));
		const spare = view.unmatched.filter(({ kind, process }) => kind === "loading" && !held.has(process.pid));
		const [entry, runner] = [lonely[0], spare[0]];
		if (entry === undefined || runner === undefined || lonely.length > 1 || spare.length > 1) return;
		if ((runner.process.startedAt ?? 0) <= entry.firstSeenAt) entry.process = runner.process;
	}

	return {
		all: () => [...rows.values()],
		get: (key) => rows.get(key),
		take(list, now) {
			const keys = new Set(list.map((row) => row.key));
			for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
			const came: RememberedRow[] = [];
			for (const row of list) {
				const entry = rows.get(row.key);
				if (entry !== undefined) {
					entry.row = row;
					noteCalledOff(entry);
					if (entry.pinned === (row.expiresAt === null)) entry.pinned = null;
					continue;
				}
				const fresh: RememberedRow = {
					row,
					firstSeenAt: now,
					firstLookAt: null,
					activity: NO_ACTIVITY,
					askedAt: null,
					askedExpiresAt: null,
					process: null,
					processEnded: false,
					missingSinceAt: null,
					footprint: null,
					pinned: null,
				};
				rows.set(row.key, fresh);
				came.push(fresh);
			}
			return came;
		},
		async look(view, context) {
			proven ||= view.runners.size > 0;
			await Promise.all([...rows.values()].map((entry) => lookAt(entry, view, context)));
			adoptUnexplained(view, context);
		},
		forget() {
			rows.clear();
			proven = false;
		},
	};
}

/** An expiry that moves on by more than this was moved by a request. */
const MOVED_BY_MS = 1_000;

/** A request that brings a keep-alive calls a drain off; the list shows it by an expiry that moves on. */
function noteCalledOff(entry: RememberedRow): void {
	if (entry.askedAt === null) return;
	const expiresAt = entry.row.expiresAt ?? Infinity;
	const earliest = entry.askedExpiresAt ?? Infinity;
	if (expiresAt > earliest + MOVED_BY_MS) {
		entry.askedAt = null;
		entry.askedExpiresAt = null;
	} else if (expiresAt < earliest) entry.askedExpiresAt = expiresAt;
}

/** True for one and the same process; a reused pid is another one. */
export function sameProcess(a: ProcessInfo | null, b: ProcessInfo | null): boolean {
	return a !== null && b !== null && a.pid === b.pid && a.startedAt === b.startedAt;
}
