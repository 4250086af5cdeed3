/** A model counts as idle once it has been quiet for this long. */
export const IDLE_AFTER_MS = 5_000;

/** What is remembered about whether a model works. Times are wall clock. */
export interface Activity {
	/** When it was last seen at work. */
	readonly lastBusyAt: number | null;
	/** Since when it is known to be quiet; null while it works or nothing can be known. */
	readonly quietSinceAt: number | null;
}

/** What one look says about a model's work. */
export interface ActivityLook {
	readonly at: number;
	/** A request of ours is under way for it. */
	readonly inFlight: boolean;
	/** Its process used a notable share of a core between two looks; null where that is not known. */
	readonly processActive: boolean | null;
	/** It is listed past its expiry and nobody here asked it to leave. */
	readonly pastExpiry: boolean;
}

/** Nothing known yet. */
export const NO_ACTIVITY: Activity = { lastBusyAt: null, quietSinceAt: null };

/** Takes one look into account. */
export function nextActivity(previous: Activity, look: ActivityLook): Activity {
	if (look.inFlight || look.processActive === true || look.pastExpiry)
		return { lastBusyAt: look.at, quietSinceAt: null };
	if (look.processActive === null) return { ...previous, quietSinceAt: null };
	return { ...previous, quietSinceAt: previous.quietSinceAt ?? previous.lastBusyAt ?? look.at };
}

/** What the looks so far amount to now. A model that has just fallen quiet still counts as busy. */
export function activityState(activity: Activity, now: number): "idle" | "busy" | "unknown" {
	const { lastBusyAt, quietSinceAt } = activity;
	if (quietSinceAt !== null && now - quietSinceAt >= IDLE_AFTER_MS) return "idle";
	if (lastBusyAt !== null && (quietSinceAt !== null || now - lastBusyAt < IDLE_AFTER_MS)) return "busy";
	return "unknown";
}
