import { message } from "../messages/message.ts";
import type { Member } from "../router.ts";
import type { TeamState } from "../team.ts";

/** A member with what a test or a scene says of it. */
export function member(id: string, change: Partial<Member> = {}): Member {
	return {
		id,
		name: id,
		model: id,
		domains: ["general"],
		topics: [],
		tier: "versatile",
		rating: 7,
		vision: false,
		tools: false,
		contextTokens: 8_192,
		memoryGb: 4.4,
		roles: [],
		expertise: [],
		systemPrompt: null,
		temperature: null,
		numCtx: null,
		keepAliveMinutes: null,
		...change,
	};
}

/** A derived team of four, one of which cannot be installed any more. */
export const derivedTeam: TeamState = {
	source: "derived",
	team: {
		id: "derived",
		name: "Installed",
		members: [
			member("deepcoder_14b", {
				name: "deepcoder:14b",
				model: "deepcoder:14b",
				domains: ["coding", "data", "reasoning"],
				tier: "best",
				rating: 8,
				contextTokens: 131_072,
				memoryGb: 9.7,
			}),
			member("llama3_1_8b", {
				name: "llama3.1:8b",
				model: "llama3.1:8b",
				domains: ["general", "writing", "smalltalk", "reasoning", "coding", "data"],
				tools: true,
				contextTokens: 131_072,
				memoryGb: 5.3,
			}),
			member("granite3_2_vision_2b", {
				name: "granite3.2-vision:2b",
				model: "granite3.2-vision:2b",
				domains: ["vision", "general", "smalltalk"],
				tier: "medium",
				rating: 5,
				vision: true,
				contextTokens: 16_384,
				memoryGb: 2.6,
			}),
			member("qwen2_5_14b", {
				name: "qwen2.5:14b",
				model: "qwen2.5:14b",
				domains: ["data", "reasoning", "writing", "general"],
				topics: ["excel", "pandas"],
				tier: "best",
				rating: 9,
				tools: true,
				contextTokens: 32_768,
				memoryGb: 9,
			}),
		],
	},
	lines: {
		deepcoder_14b: [message("team.kind-coding"), message("team.tier-best", { parameters: "14.8 B" })],
		llama3_1_8b: [
			message("team.kind-general"),
			message("team.tier-versatile", { parameters: "8 B" }),
			message("team.tools"),
		],
		granite3_2_vision_2b: [
			message("team.kind-vision"),
			message("team.tier-medium", { parameters: "2.5 B" }),
			message("team.sees"),
		],
		qwen2_5_14b: [message("team.kind-general"), message("team.tier-best", { parameters: "14.8 B" })],
	},
};
