import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import { sleep } from "../clock.ts";
import type { Clock, HistoryStore, Log } from "../ports.ts";
import type { Observer } from "./observer.ts";
import type { Residency } from "./residency.ts";

/** What unloading at the end needs. */
export interface LeaveAtExitParts {
	readonly atExit: Settings["residency"]["atExit"];
	readonly observer: Pick<Observer, "loaded">;
	readonly residency: Pick<Residency, "unload">;
	readonly history: Pick<HistoryStore, "ownLoads">;
	/** The end waits no longer than this for the releases. */
	readonly withinMs: number;
	readonly clock: Clock;
	readonly log: Log;
}

/** Unloads at the end of Plimsoll what the setting says. Never rejects. */
export async function leaveAtExit(parts: LeaveAtExitParts): Promise<void> {
	const { atExit, observer, residency, history, withinMs, clock, log } = parts;
	// What is shown may not know yet that a load which ended just now was Plimsoll's.
	const own = new Set(history.ownLoads());
	const leaving = observer
		.loaded()
		.filter(({ key }) => atExit === "all" || (atExit === "own" && own.has(key)));
	if (leaving.length === 0) return;
	const released = leaving.map((model) =>
		residency
			.unload(model.name, { requestedBy: "plimsoll", untilDrainingMs: withinMs })
			.catch((thrown: unknown) => {
				log.warn("not unloaded at exit", { model: model.name, problem: AppError.wrap(thrown).code });
			}),
	);
	await Promise.race([Promise.all(released), sleep(clock, withinMs)]);
}
