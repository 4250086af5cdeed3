import { z } from "zod";

const point = z.strictObject({
	/** Seconds from the beginning; figures between two points lie on the straight line. */
	at: z.number().min(0),
	othersGb: z.number().optional(),
	cacheGb: z.number().optional(),
	/** Replaces what the simulated kernel would say, until a point says otherwise. */
	kernelLevel: z
		.union([z.literal(1), z.literal(2), z.literal(4)])
		.nullable()
		.optional(),
	/** Linux: percent of time lost to memory. */
	psiSome: z.number().optional(),
	psiFull: z.number().optional(),
	/** The machine sleeps here for so long; what it wrote to disk meanwhile is counted as swapped. */
	sleepsForSeconds: z.number().optional(),
	wroteGb: z.number().optional(),
});

/** A stretch of a machine's life in which memory gets short, or only seems to. */
export const episodeSchema = z.strictObject({
	name: z.string(),
	/** What happens, as a sentence. */
	what: z.string(),
	/** What becomes of it: with models in the way it freezes; it is harmless; it freezes whatever models do. */
	ends: z.enum(["freezes", "harmless", "not-our-doing"]),
	machine: z.strictObject({
		kind: z.enum(["mac", "linux"]),
		totalGb: z.number(),
		/** Wired by the system itself. */
		systemGb: z.number().default(2.5),
	}),
	popoverOpen: z.boolean().default(false),
	models: z.array(
		z.strictObject({
			name: z.string(),
			gb: z.number(),
			pinned: z.boolean().default(false),
			/** How long it has been idle at the beginning; after three minutes its weights count as files. */
			idleMinutes: z.number().default(10),
			answers: z.enum(["chat", "carried", "elsewhere"]).nullable().default(null),
			/** Loads from this second on, by another program unless said otherwise. */
			loadsAt: z.number().nullable().default(null),
			gbPerSecond: z.number().default(2),
		}),
	),
	seconds: z.number(),
	course: z.array(point).min(1),
	/** Text of the tools as they print, at times, in place of a course. */
	captures: z.string().optional(),
});

/** An episode with its defaults filled in. */
export type Episode = z.output<typeof episodeSchema>;
/** A point of its course. */
export type CoursePoint = z.output<typeof point>;

/** The figure of a course at a moment, on the line between the points that name it; `otherwise` where none does. */
export function figureAt(
	course: readonly CoursePoint[],
	name: "othersGb" | "cacheGb" | "psiSome" | "psiFull",
	seconds: number,
	otherwise: number,
): number {
	const points = course.flatMap((each) => {
		const value = each[name];
		return value === undefined ? [] : [{ at: each.at, value }];
	});
	const next = points.findIndex(({ at }) => at > seconds);
	const before = next === -1 ? points.at(-1) : points[next - 1];
	const after = next === -1 ? undefined : points[next];
	if (before === undefined) return after?.value ?? otherwise;
	if (after === undefined) return before.value;
	return before.value + ((after.value - before.value) * (seconds - before.at)) / (after.at - before.at);
}
