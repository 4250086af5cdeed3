import { z } from "zod";
import { CANDIDATE_REASONS } from "../../../shared/router.ts";

const gb = z.number();

/** The part of `GET /api/memory/status` that is shown. Unknown keys are left for `--json`. */
export const statusAnswer = z.object({
	system: z.object({
		total_gb: gb.nullable(),
		available_gb: gb.nullable(),
		pressure_level: z.enum(["normal", "elevated", "high", "critical"]).nullable(),
		swap_used_gb: gb.nullable(),
		spare_gb: gb.nullable().default(null),
	}),
	ollama: z.object({
		loaded_models: z.array(
			z.object({
				name: z.string(),
				size_gb: gb,
				expires_at: z.string().nullable(),
				state: z.enum(["loading", "idle", "busy", "unknown", "draining", "unloading"]),
				oddity: z.enum(["ghost", "dead-runner", "stuck"]).nullable().default(null),
				pid: z.number().nullable().default(null),
			}),
		),
		total_loaded_gb: gb,
		stray_runners: z
			.array(
				z.object({
					pid: z.number(),
					kind: z.enum(["orphan", "left-behind", "other"]),
					model: z.string().nullable(),
					program: z.string(),
					size_gb: gb.nullable(),
				}),
			)
			.default([]),
		reload_loops: z
			.array(
				z.object({
					because: z.enum(["contexts", "memory", "single", "engine-models"]),
					models: z.array(z.string()),
					contexts: z.array(z.number()),
					reloads: z.number(),
				}),
			)
			.default([]),
	}),
});

/** The part of `GET /health` that is shown. */
export const healthAnswer = z.object({ engine: z.object({ kind: z.enum(["ollama", "demo"]) }) });

/** The part of a load's answer that is shown. */
export const loadAnswer = z.object({
	model: z.string(),
	already_loaded: z.boolean(),
	size_gb: gb,
	duration_seconds: z.number(),
	models_unloaded: z.array(z.string()),
	memory_released_gb: gb,
});

/** What `GET …/fit` answers, as far as it is shown. */
export const fitAnswer = z.object({
	model: z.string(),
	verdict: z.enum(["fits", "fits-after", "split", "over", "unknown"]),
	num_ctx: z.number().nullable(),
	footprint: z
		.object({
			weights_gb: gb,
			context_gb: gb,
			overhead_gb: gb,
			working_gb: gb,
			total_gb: gb,
			may_grow_gb: gb,
			source: z.enum(["learned", "predicted", "estimate"]),
		})
		.nullable(),
	margin_gb: gb.nullable(),
	budget_gb: gb.nullable(),
	budget: z
		.object({
			available_gb: gb,
			lacking_gb: gb,
			given_back_gb: gb,
			overhead_gb: gb,
			safety_gb: gb,
			factor: z.number(),
		})
		.nullable(),
	evictions: z.array(z.object({ step: z.enum(["evict", "trim"]), model: z.string(), gb })),
	wait_for: z.array(z.string()),
	gpu_percent: z.number().nullable(),
	because: z.string().nullable(),
	help: z.array(
		z.object({
			kind: z.enum(["wait", "unpin", "flush", "context", "free"]),
			models: z.array(z.string()).optional(),
			num_ctx: z.number().optional(),
			gb: gb.optional(),
		}),
	),
});

/** What a trim's answer says. */
export const trimAnswer = z.object({
	model: z.string(),
	before_gb: gb,
	after_gb: gb,
	memory_released_gb: gb,
	duration_seconds: z.number(),
});

/** The part of an unload's answer that is shown. */
export const unloadAnswer = z.object({
	success: z.boolean(),
	model: z.string(),
	status: z.enum(["unloaded", "draining", "not-confirmed", "load-cancelled"]),
	grade: z.enum(["proved", "engine-says-so", "not-confirmed"]),
	memory_released_gb: gb,
	duration_seconds: z.number(),
});

/** The part of a flush's answer that is shown. */
export const flushAnswer = z.object({
	success: z.boolean(),
	models_unloaded: z.array(z.string()),
	memory_released_gb: gb,
	duration_seconds: z.number(),
	failed: z.array(z.object({ name: z.string(), because: z.string().nullable() })),
	grades: z.record(z.string(), z.enum(["proved", "engine-says-so", "not-confirmed"])),
});

/** The part of a routing decision that is shown. */
export const routeAnswer = z.object({
	member: z.string().nullable(),
	name: z.string().nullable(),
	model: z.string().nullable(),
	why: z.string(),
	requirements: z.object({
		plimsoll_domain: z.string(),
		confidence: z.number(),
		topics: z.array(z.string()),
		complexity: z.number(),
		tier: z.string(),
	}),
	candidates: z.array(
		z.object({
			member: z.string(),
			model: z.string(),
			reason: z.enum(CANDIDATE_REASONS),
			loaded: z.boolean(),
			fits: z.boolean().nullable(),
		}),
	),
	steps: z.array(z.object({ step: z.enum(["evict", "trim"]), model: z.string(), gb })),
});

/** Members of the team by id, as far as they are shown. */
export const membersAnswer = z.record(
	z.string(),
	z.object({
		name: z.string(),
		model_id: z.string(),
		installed: z.boolean(),
		expertise: z.array(z.string()),
		domains: z.array(z.string()),
	}),
);
