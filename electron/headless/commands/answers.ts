import { z } from "zod";

const gb = z.number();

/** The part of `GET /api/memory/status` that is shown. Unknown keys are left for `--json`. */
export const statusAnswer = z.object({
	system: z.object({
		total_gb: gb.nullable(),
		available_gb: gb.nullable(),
		pressure_level: z.enum(["normal", "elevated", "high", "critical"]).nullable(),
		swap_used_gb: gb.nullable(),
	}),
	ollama: z.object({
		loaded_models: z.array(
			z.object({
				name: z.string(),
				size_gb: gb,
				expires_at: z.string().nullable(),
				state: z.string(),
				oddity: z.string().nullable().default(null),
			}),
		),
		total_loaded_gb: gb,
		stray_runners: z
			.array(
				z.object({
					pid: z.number(),
					kind: z.enum(["orphan", "other"]),
					model: z.string().nullable(),
					program: z.string(),
					size_gb: gb.nullable(),
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
});

/** The part of an unload's answer that is shown. */
export const unloadAnswer = z.object({
	model: z.string(),
	status: z.enum(["unloaded", "draining", "not-confirmed"]),
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
});
