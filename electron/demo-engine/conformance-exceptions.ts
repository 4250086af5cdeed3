/** A recorded request whose answer the demo engine does not reproduce, and why that is right. */
export interface ConformanceException {
	/** Version folder, or `*` for both. */
	readonly version: string;
	readonly scenario: string;
	/** Id of the request, or a beginning that ends in `*`. */
	readonly request: string;
	/** `not-replayed`: cannot be sent again. `differs`: is sent, and the answer is known to differ. */
	readonly kind: "not-replayed" | "differs";
	readonly reason: string;
}

/** Every exception there is. The conformance test fails for one that is no longer needed. */
export const CONFORMANCE_EXCEPTIONS: readonly ConformanceException[] = [
	{
		version: "*",
		scenario: "create",
		request: "upload *",
		kind: "not-replayed",
		reason: "The recording holds the length of the uploaded files and not their bytes.",
	},
	{
		version: "*",
		scenario: "server-killed",
		request: "*",
		kind: "not-replayed",
		reason: "The server's process itself is killed; runner-processes.test.ts does that with real processes.",
	},
	{
		version: "*",
		scenario: "server-stopped",
		request: "*",
		kind: "not-replayed",
		reason: "The server's process itself is stopped; runner-processes.test.ts does that with real processes.",
	},
];
