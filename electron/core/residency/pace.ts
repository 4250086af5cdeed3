import type { EngineSupervision } from "../engine/supervision.ts";
import type { Stop } from "../ports.ts";

/** Lets several parties ask for the engine to be looked at every second; it rests when the last one lets go. */
export interface Pace {
	/** Holds the fast pace until stopped. */
	hold(): Stop;
}

/** Counts who wants the fast pace and tells the supervision. */
export function createPace(supervision: Pick<EngineSupervision, "setPace">): Pace {
	let holders = 0;
	return {
		hold() {
			holders += 1;
			if (holders === 1) supervision.setPace("fast");
			let held = true;
			return () => {
				if (!held) return;
				held = false;
				holders -= 1;
				if (holders === 0) supervision.setPace("slow");
			};
		},
	};
}
