import { z } from "zod";
import { CANDIDATE_REASONS, DOMAINS } from "../../../shared/router.ts";

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
	budget_gb: gb
		.nullable()
		.describe("what may still be loaded, with what a load must leave free; negative where it is over"),
	spare_gb: gb
		.nullable()
		.describe("what a load may take without anything going: budget_gb less what it must leave free"),
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
	pid: z.int().nullable().describe("its runner's process; null where that is not seen"),
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

/** Models that are loaded over and over by requests in turn. */
const reloadLoopSchema = z.strictObject({
	because: z
		.enum(["contexts", "memory", "single", "engine-models"])
		.describe(
			"contexts: one model is asked for with different contexts; else these push each other out: they do not fit together, one chat model is kept at a time, or the engine keeps no more models",
		),
	models: z.array(z.string()),
	contexts: z.array(z.int()).describe("tokens it was loaded with; empty unless it is about contexts"),
	reloads: z.int().describe("how often one of them was loaded anew within 5 minutes"),
	last_at: time,
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
		reload_loops: z
			.array(reloadLoopSchema)
			.describe("models that are loaded over and over, now or within the last 10 minutes"),
	}),
	router: z.strictObject({
		active_member: z.string().nullable().describe("who answered last, while its model is loaded"),
		last_unload: time.nullable().describe("when a model left the memory last"),
	}),
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
	because: z
		.enum(["draining", "still-listed", "process-alive", "engine-unreachable", "ghost", "load-cancelled"])
		.nullable(),
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
	status: z
		.enum(["unloaded", "draining", "not-confirmed", "load-cancelled"])
		.describe("load-cancelled: it was not loaded yet, and its load was taken back"),
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

/** One step before a load. */
export const stepSchema = z.strictObject({
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

const tier = z.enum(["tiny", "medium", "versatile", "best"]);
const domain = z.enum(DOMAINS);

/** What a prompt needs, with the keys of the original API. */
export const requirementsSchema = z.strictObject({
	complexity: z.int().describe("1 to 5"),
	domain: z.enum(["coding", "enterprise", "data", "visual"]).describe("in the original's words"),
	needs_vision: z.boolean(),
	needs_uncensored: z.boolean().describe("always false: nobody is taken for that by Plimsoll"),
	needs_large_context: z.boolean(),
	needs_338_languages: z.boolean().describe("always false"),
	tool_requirements: z.record(z.string(), z.unknown()),
	priority: z.string(),
	prompt: z.string(),
	plimsoll_domain: domain,
	confidence: z.number(),
	runner_up: domain.nullable(),
	domain_source: z.enum(["classifier", "image", "correction", "fallback", "user"]),
	topics: z.array(z.string()),
	tier,
	needs_tools: z.boolean(),
	context_tokens: z.int().describe("what question and conversation take, with room for the answer"),
	language: z.string().nullable(),
});

/** `POST /api/route`. */
export const decisionSchema = z.strictObject({
	member: z.string().nullable().describe("id of who answers; null where nobody can"),
	name: z.string().nullable(),
	model: z.string().nullable(),
	team: z.string(),
	requirements: requirementsSchema,
	candidates: z.array(
		z.strictObject({
			member: z.string(),
			model: z.string(),
			reason: z.enum(CANDIDATE_REASONS).describe("why it was taken or passed over"),
			rank: z.int().nullable().describe("place in the order of preference before memory was looked at"),
			loaded: z.boolean(),
			fits: z.boolean().nullable(),
		}),
	),
	steps: z.array(stepSchema).describe("what would be unloaded or trimmed first"),
	loads: z.boolean(),
	edge: z.boolean().describe("it goes a little over the budget, because nothing else fits"),
	why: z.string(),
	took_ms: z.number(),
});

/** `GET /api/team/members`: by id. */
export const membersSchema = z.record(
	z.string(),
	z.strictObject({
		name: z.string(),
		model_id: z.string(),
		memory_gb: gb,
		context_tokens: z.int(),
		roles: z.array(z.string()),
		expertise: z.array(z.string()),
		performance_rating: z.number(),
		is_abliterated: z.boolean(),
		domains: z.array(domain),
		topics: z.array(z.string()),
		tier,
		vision: z.boolean(),
		tools: z.boolean(),
		installed: z.boolean(),
		loaded: z.boolean(),
	}),
);

/** `GET /api/team/status`. */
export const teamStatusSchema = z.strictObject({
	active_member: z.string().nullable(),
	team_size: z.int(),
	system: z.strictObject({
		platform: z.string(),
		total_memory_gb: gb.nullable(),
		available_memory_gb: gb.nullable().describe("could be used without swapping; nothing is taken off"),
		memory_pressure: z.number().nullable().describe("share of the memory that is not available"),
	}),
	phase: z.string(),
	http_client: z.string(),
	version: z.string(),
	team: z.string(),
	source: z.enum(["original", "derived", "own"]),
	missing: z.array(z.string()).describe("models of members that are not installed"),
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
