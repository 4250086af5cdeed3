import type { Message } from "./messages/message.ts";

/** One thing that was looked at after the start. */
export interface HealthCheck {
	readonly name: "engine" | "memory" | "settings" | "leftovers";
	readonly good: boolean;
	/** What was found, for a person. */
	readonly message: Message;
}

/** What the check after the start found. */
export interface HealthReport {
	/** Wall clock. */
	readonly at: number;
	/** Everything is well. */
	readonly good: boolean;
	readonly checks: readonly HealthCheck[];
}
