import { z } from "zod";
import type { Message } from "./messages/message.ts";
import { DOMAINS, type Member, type Team } from "./router.ts";

const line = z.string().trim().min(1).max(200);
const lines = z.array(line).max(40);

/** A member as it stands in files, settings and calls. What can be left out takes a harmless default. */
export const memberSchema = z.strictObject({
	id: z
		.string()
		.regex(/^[a-z0-9_-]{1,60}$/, "takes lower-case letters, digits, _ and -")
		// They would be mistaken for what they are elsewhere: `auto` routes, and a tool is called `ask_<id>`.
		.refine((id) => id !== "auto", "must not be “auto”"),
	name: line,
	model: z.string().trim().min(1).max(512),
	domains: z.array(z.enum(DOMAINS)).max(DOMAINS.length).default([]),
	topics: lines.default([]),
	tier: z.enum(["tiny", "medium", "versatile", "best"]),
	rating: z.number().min(1).max(10),
	vision: z.boolean().default(false),
	tools: z.boolean().default(false),
	contextTokens: z.int().min(256).max(16_777_216),
	memoryGb: z.number().min(0).max(4096),
	roles: lines.default([]),
	expertise: lines.default([]),
	systemPrompt: z.string().max(100_000).nullable().default(null),
	temperature: z.number().min(0).max(2).nullable().default(null),
	numCtx: z.int().min(256).max(16_777_216).nullable().default(null),
	keepAliveMinutes: z.number().min(-1).max(525_600).nullable().default(null),
}) satisfies z.ZodType<Member>;

/** A team as it stands in files, settings and calls. */
export const teamSchema = z.strictObject({
	id: z.string().regex(/^[a-z0-9_-]{1,60}$/, "takes lower-case letters, digits, _ and -"),
	name: line,
	members: z
		.array(memberSchema)
		.max(100)
		.refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "have an id twice"),
}) satisfies z.ZodType<Team>;

/** Where a team is from: the original eleven, what is installed, or a person's own list. */
export type TeamSource = "original" | "derived" | "own";

/** The team in force, as shown. */
export interface TeamState {
	readonly source: TeamSource;
	readonly team: Team;
	/** Why each member is what it is, by its id; only for a derived team. */
	readonly lines: Readonly<Record<string, readonly Message[]>>;
}
