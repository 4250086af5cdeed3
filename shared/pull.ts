import type { SerializedError } from "./errors.ts";

/** A model on its way from the registry. Ended ones stay until they are dismissed or an hour has passed. */
export interface Pull {
	readonly id: string;
	readonly name: string;
	readonly state: "running" | "done" | "failed" | "cancelled";
	/** The engine's own word for what it does: "pulling 6a0746a1ec1a", "verifying sha256 digest". */
	readonly status: string;
	readonly doneBytes: number;
	/** Null while the size is not known. */
	readonly totalBytes: number | null;
	readonly startedAt: number;
	readonly endedAt: number | null;
	readonly error: SerializedError | null;
}
