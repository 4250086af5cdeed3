import { z } from "zod";

/** Gigabytes of 1024³ bytes, to hundredths. */
const gb = z.number();

/** When, as ISO 8601 in UTC. */
const time = z.string();

/** The machine's memory; null where it has not been read or the system does not tell. */
export const systemSchema = z.strictObject({
	total_gb: gb.nullable(),
	available_gb: gb.nullable().describe("could be used without swapping"),
	pressure_percent: z.number().nullable().describe("share of the memory that is not available"),
	pressure_level: z
		.enum(["normal", "elevated", "high", "critical"])
		.nullable()
		.describe("how the machine is doing"),
	swap_used_gb: gb.nullable(),
});

/** A model that is loaded now. */
export const loadedModelSchema = z.strictObject({
	name: z.string(),
	size_gb: gb.describe("what it really takes"),
	expires_at: time.nullable().describe("when the engine unloads it by itself; null for never"),
	state: z.enum(["loading", "idle", "busy", "unknown", "draining", "unloading"]),
	size_source: z
		.enum(["measured", "simulated", "learned", "predicted", "reported"])
		.describe("where size_gb comes from"),
	held_gb: gb.nullable().describe("in RAM outside the file cache; null where its process is not seen"),
	reported_gb: gb.describe("what the engine itself says"),
	gpu_percent: z.number().describe("share on the GPU, by the engine's word"),
	num_ctx: z.int().describe("tokens of context"),
	digest: z.string(),
	oddity: z.enum(["ghost", "dead-runner", "stuck"]).nullable().describe("what is wrong with it, if anything"),
	loaded_at: time,
});

/** A process that holds a model and that no engine lists. */
export const strayRunnerSchema = z.strictObject({
	pid: z.int(),
	kind: z
		.enum(["orphan", "left-behind", "other"])
		.describe(
			"orphan: left over, its engine is gone; left-behind: its model left the engine's list, the process has not ended; other: another program's model server",
		),
	model: z.string().nullable().describe("the model it holds, where that could be told"),
	program: z.string(),
	size_gb: gb.nullable().describe("what it really takes; null where that could not be measured"),
});

/** `GET /api/memory/status`. */
export const statusSchema = z.strictObject({
	system: systemSchema,
	ollama: z.strictObject({
		loaded_models: z.array(loadedModelSchema),
		total_loaded_gb: gb,
		stray_runners: z
			.array(strayRunnerSchema)
			.describe("processes that hold a model and that no engine lists"),
	}),
	router: z.strictObject({ active_member: z.null(), last_unload: z.null() }),
});

/** The machine's memory at one moment. */
export const momentSchema = z
	.strictObject({ at: time, total_gb: gb, available_gb: gb, swap_used_gb: gb.nullable() })
	.nullable();

const grade = z
	.enum(["proved", "engine-says-so", "not-confirmed"])
	.describe("proved: its process was seen to end; engine-says-so: no process could be seen");

/** A model whose release is not confirmed. */
export const failedReleaseSchema = z.strictObject({
	name: z.string(),
	because: z.enum(["draining", "still-listed", "process-alive", "engine-unreachable", "ghost"]).nullable(),
	error: z.string(),
});

/** `POST /api/memory/flush`. */
export const flushSchema = z.strictObject({
	success: z.boolean(),
	models_unloaded: z.array(z.string()),
	memory_released_gb: gb.describe("measured just before, of the processes that were seen to end"),
	duration_seconds: z.number(),
	before: momentSchema,
	after: momentSchema,
	failed: z.array(failedReleaseSchema),
	grades: z.record(z.string(), grade).describe("how sure each release is, by name"),
	error: z.string().optional(),
});

/** `DELETE /api/memory/models/{id}`. */
export const unloadSchema = z.strictObject({
	success: z.boolean(),
	status: z.enum(["unloaded", "draining", "not-confirmed"]),
	model: z.string(),
	grade,
	memory_released_gb: gb,
	duration_seconds: z.number(),
	before: momentSchema,
	after: momentSchema,
	error: z.string().optional(),
});

/** `POST /api/memory/models/{id}/load`. */
export const loadSchema = z.strictObject({
	success: z.boolean(),
	model: z.string(),
	already_loaded: z.boolean(),
	size_gb: gb.describe("what it really takes"),
	num_ctx: z.int(),
	duration_seconds: z.number(),
	models_unloaded: z.array(z.string()).describe("what had to leave for it"),
	evictions: z
		.array(z.strictObject({ model: z.string(), step: z.enum(["evict", "trim"]), because: z.string(), grade }))
		.describe("the same with the reason, and how sure it is that they left"),
	memory_released_gb: gb,
	before: momentSchema,
	after: momentSchema,
});

const stepSchema = z.strictObject({
	step: z.enum(["evict", "trim"]),
	model: z.string(),
	gb: gb.describe("what it takes now; a trim: what it has grown by"),
	because: z.enum(["memory", "single", "engine-models", "engine-memory", "reload"]),
});

/** `GET /api/memory/models/{id}/fit`; null everywhere where nothing can be judged. */
export const fitSchema = z.strictObject({
	model: z.string(),
	verdict: z
		.enum(["fits", "fits-after", "split", "over", "unknown"])
		.describe("unknown: the engine does not share this machine's memory"),
	num_ctx: z.int().nullable().describe("tokens it would get"),
	num_ctx_source: z.enum(["request", "modelfile", "server", "tier", "default"]).nullable(),
	footprint: z
		.strictObject({
			weights_gb: gb,
			context_gb: gb,
			overhead_gb: gb,
			loaded_gb: gb.describe("held after the load"),
			working_gb: gb.describe("added by the first large prompt"),
			total_gb: gb.describe("what it is budgeted with: all of it, and a margin where it was never seen"),
			may_grow_gb: gb,
			source: z.enum(["learned", "predicted", "estimate"]),
		})
		.nullable(),
	margin_gb: gb.nullable().describe("budget less footprint and safety; negative where it is over"),
	budget_gb: gb.nullable().describe("what may be loaded after the evictions; may be negative"),
	budget: z
		.strictObject({
			available_gb: gb,
			lacking_gb: gb.describe("what models that stay will still take when they answer"),
			given_back_gb: gb.describe("what the evictions give back"),
			after_plan_gb: gb,
			overhead_gb: gb,
			safety_gb: gb,
			factor: z.number(),
		})
		.nullable(),
	evictions: z.array(stepSchema).describe("what would have to go, in order"),
	wait_for: z.array(z.string()).describe("busy models that are waited for first"),
	gpu_percent: z.number().nullable().describe("share of it that the GPU would take"),
	because: z.enum(["memory", "engine-models", "engine-memory"]).nullable().describe("what stands in the way"),
	help: z
		.array(
			z.strictObject({
				kind: z.enum(["wait", "unpin", "flush", "context", "free"]),
				models: z.array(z.string()).optional(),
				num_ctx: z.int().optional(),
				gb: gb.optional(),
			}),
		)
		.describe("what would make room"),
});

/** `POST /api/memory/models/{id}/trim`. */
export const trimSchema = z.strictObject({
	success: z.boolean(),
	model: z.string(),
	grade,
	before_gb: gb.describe("what its runner took before"),
	after_gb: gb.describe("what the new one takes"),
	memory_released_gb: gb.describe("the difference"),
	duration_seconds: z.number(),
});

/** An event as the API tells it. */
export const eventSchema = z.strictObject({
	id: z.int(),
	at: time,
	kind: z.string(),
	severity: z.enum(["info", "warning", "error"]),
	text: z.string().describe("one English sentence"),
	message: z.strictObject({
		id: z.string(),
		params: z.record(z.string(), z.union([z.string(), z.number()])),
	}),
	data: z.record(z.string(), z.unknown()),
});

/** `GET /api/memory/history`. */
export const historySchema = z.strictObject({
	from: time,
	to: time,
	points: z.array(
		z.strictObject({
			at: time,
			total_gb: gb,
			available_gb: gb,
			pressure_percent: z.number(),
			pressure_level: z.enum(["normal", "elevated", "high", "critical"]),
			swap_used_gb: gb.nullable(),
			loaded_gb: gb,
		}),
	),
	events: z.array(eventSchema),
});

/** `GET /health`. */
export const healthSchema = z.strictObject({
	status: z.enum(["healthy", "degraded"]).describe("degraded: the engine does not answer"),
	timestamp: time,
	phase: z.string(),
	http_client: z.string(),
	version: z.string(),
	engine: z.strictObject({
		kind: z.enum(["ollama", "demo"]),
		url: z.string(),
		state: z.enum(["connecting", "connected", "starting", "unreachable", "not-installed"]),
		version: z.string().nullable(),
	}),
	checks: z
		.array(z.strictObject({ name: z.string(), good: z.boolean(), detail: z.string() }))
		.describe("what was found after the start; empty until it was looked at"),
	watchdog: z.enum(["watching", "paused", "off"]).describe("whether memory pressure is acted on"),
});

/** `GET /`. */
export const rootSchema = z.strictObject({
	name: z.string(),
	version: z.string(),
	models: z.int().describe("installed models"),
	endpoints: z.record(z.string(), z.string()),
	status: z.literal("Ollama is running").describe("what clients of Ollama look for"),
});

/** Every error of Plimsoll's own routes, as application/problem+json. */
export const problemSchema = z.strictObject({
	type: z.string(),
	title: z.string(),
	status: z.int(),
	detail: z.string(),
	code: z.string(),
	next: z.string().describe("what to do about it"),
	figures: z.record(z.string(), z.union([z.string(), z.number()])),
	error: z.string(),
});
