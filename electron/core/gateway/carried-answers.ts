import type { AppError } from "../../../shared/errors.ts";
import type { Stop } from "../ports.ts";

/** An answer of the engine on its way to a client, or the load that it waits for. */
export interface Carried {
	/** Name as the client wrote it. */
	readonly model: string;
	/** Nothing of the answer is there yet and the request loads its model. */
	loads(): boolean;
	/** Ends it; the client is told in its own dialect. Ending it again does nothing. */
	end(error: AppError): void;
}

/** Everything that is being carried now. */
export interface CarriedAnswers {
	all(): readonly Carried[];
	/** It is under way from now until the returned function is called. */
	add(carried: Carried): Stop;
}

/** Starts with none. */
export function createCarriedAnswers(): CarriedAnswers {
	const under = new Set<Carried>();
	return {
		all: () => [...under],
		add(carried) {
			under.add(carried);
			return () => under.delete(carried);
		},
	};
}
