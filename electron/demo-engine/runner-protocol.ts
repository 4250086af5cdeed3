import { z } from "zod";

/** Name of the environment variable that tells a runner what it is. */
export const RUNNER_ENVIRONMENT = "PLIMSOLL_DEMO_RUNNER";

/** Contents of that variable. */
export const runnerEnvironmentSchema = z.object({
	model: z.string(),
	/** The command line to show. */
	title: z.array(z.string()),
	scale: z.number(),
	/** File a runner leaves about itself, for a later server to find; `PID` stands for its process id. */
	recordPath: z.string(),
	/** Real bytes to hold from the start. */
	holdBytes: z.number(),
	/** Start the real runner as a child of the system and end. */
	detach: z.boolean(),
	orphanLifetimeMs: z.number(),
});

/** Contents of the runner's environment variable. */
export type RunnerEnvironment = z.infer<typeof runnerEnvironmentSchema>;

/** What a server tells its runner. `bytes` are real ones. */
export type RunnerCommand =
	| { readonly kind: "grow"; readonly id: number; readonly bytes: number; readonly overMs: number }
	| { readonly kind: "busy"; readonly busy: boolean };

/** What a runner tells its server. */
export type RunnerReport =
	| { readonly kind: "ready"; readonly emptyBytes: number }
	| { readonly kind: "done"; readonly id: number };

/** What a runner's file says about it. */
export const runnerRecordSchema = z.object({
	pid: z.number(),
	startedAtMs: z.number(),
	model: z.string(),
	commandLine: z.string(),
	emptyBytes: z.number(),
	scale: z.number(),
});

/** What a runner's file says about it. */
export type RunnerRecord = z.infer<typeof runnerRecordSchema>;
