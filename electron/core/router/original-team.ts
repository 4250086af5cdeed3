import type { Domain, Member, Team, Tier } from "../../../shared/router.ts";

interface Row {
	readonly name: string;
	readonly model: string;
	readonly memoryGb: number;
	readonly contextTokens: number;
	readonly roles: readonly string[];
	readonly expertise: readonly string[];
	readonly rating: number;
	readonly tier: Tier;
	readonly domains: readonly Domain[];
	readonly topics?: readonly string[];
	readonly vision?: boolean;
	readonly tools?: boolean;
}

/**
 * The eleven of the original AI Team Router with their models, sizes, contexts, roles and ratings as they stand there.
 * Domains, topics and tiers put its intentions into rules: what it tested for, not the word lists it shipped.
 */
const ROWS: Readonly<Record<string, Row>> = {
	deepcoder_primary: {
		name: "DeepCoder Prime",
		model: "deepcoder:latest",
		memoryGb: 9,
		contextTokens: 32_768,
		roles: ["senior_engineer", "architect"],
		expertise: ["vuejs", "react", "python", "refactoring"],
		rating: 9,
		tier: "best",
		domains: ["coding", "reasoning", "data"],
		topics: ["vue", "react", "angular", "svelte", "typescript", "javascript", "python", "html", "css"],
	},
	qwen_analyst: {
		name: "Qwen Data Master",
		model: "qwen2.5:14b",
		memoryGb: 9,
		contextTokens: 32_768,
		roles: ["data_scientist", "analyst"],
		expertise: ["excel", "vba", "pandas", "150k_rows"],
		rating: 9,
		tier: "best",
		domains: ["data", "reasoning", "writing", "general", "coding"],
		topics: ["excel", "vba", "pandas", "sql", "statistics", "spreadsheet"],
		tools: true,
	},
	deepseek_legacy: {
		name: "DeepSeek Legacy",
		model: "deepseek-coder-v2:16b",
		memoryGb: 8.9,
		contextTokens: 128_000,
		roles: ["senior_engineer"],
		expertise: ["laravel", "php", "338_languages"],
		rating: 8,
		tier: "best",
		domains: ["coding"],
		topics: ["laravel", "php", "wordpress", "java", "kotlin", "swift", "csharp", "cpp", "rust", "go", "ruby"],
	},
	granite_enterprise: {
		name: "Granite Enterprise",
		model: "granite3.3:8b",
		memoryGb: 4.9,
		contextTokens: 4_096,
		roles: ["enterprise_specialist"],
		expertise: ["enterprise", "production_reports"],
		rating: 7,
		tier: "best",
		domains: ["data", "writing", "general", "reasoning"],
		topics: ["enterprise"],
		tools: true,
	},
	granite_vision: {
		name: "Granite Vision",
		model: "granite3.2-vision:2b",
		memoryGb: 2.4,
		contextTokens: 4_096,
		roles: ["vision_specialist"],
		expertise: ["ocr", "screenshots", "image_analysis"],
		rating: 8,
		tier: "medium",
		domains: ["vision"],
		vision: true,
		tools: true,
	},
	mistral_versatile: {
		name: "Mistral Versatile",
		model: "mistral:latest",
		memoryGb: 4.4,
		contextTokens: 8_192,
		roles: ["junior_engineer", "documentarian"],
		expertise: ["general", "documentation"],
		rating: 7,
		tier: "versatile",
		domains: ["general", "writing", "coding", "smalltalk", "reasoning", "data"],
		topics: ["documentation"],
		tools: true,
	},
	gemma_medium: {
		name: "Gemma Medium",
		model: "gemma3:4b",
		memoryGb: 3.3,
		contextTokens: 8_192,
		roles: ["junior_engineer"],
		expertise: ["general", "quick_tasks"],
		rating: 6,
		tier: "medium",
		domains: ["smalltalk", "general", "coding", "writing", "vision", "data", "reasoning"],
		vision: true,
	},
	granite_moe: {
		name: "Granite MoE",
		model: "granite3.1-moe:3b",
		memoryGb: 2,
		contextTokens: 4_096,
		roles: ["junior_engineer"],
		expertise: ["efficient", "quick_responses"],
		rating: 6,
		tier: "medium",
		domains: ["general", "smalltalk", "writing", "coding"],
		tools: true,
	},
	gemma_tiny: {
		name: "Gemma Tiny",
		model: "gemma3:1b",
		memoryGb: 0.8,
		contextTokens: 8_192,
		roles: ["junior_engineer"],
		expertise: ["simple_tasks", "quick_responses"],
		rating: 5,
		tier: "tiny",
		domains: ["smalltalk", "general", "coding", "writing", "data", "reasoning"],
	},
	// The two without restraint take nothing by domain: nobody should get one without having asked for it.
	deepseek_abliterated: {
		name: "DeepSeek Uncensored",
		model: "huihui_ai/deepseek-r1-abliterated:latest",
		memoryGb: 5,
		contextTokens: 32_768,
		roles: ["senior_engineer"],
		expertise: ["uncensored", "research"],
		rating: 8,
		tier: "best",
		domains: [],
	},
	dolphin_abliterated: {
		name: "Dolphin Uncensored",
		model: "huihui_ai/dolphin3-abliterated:latest",
		memoryGb: 4.9,
		contextTokens: 32_768,
		roles: ["senior_engineer"],
		expertise: ["uncensored", "creative"],
		rating: 7,
		tier: "best",
		domains: [],
	},
};

/** The original team. */
export const ORIGINAL_TEAM: Team = {
	id: "original",
	name: "AI Team Router",
	members: Object.entries(ROWS).map(
		([id, row]): Member => ({
			topics: [],
			vision: false,
			tools: false,
			systemPrompt: null,
			temperature: null,
			numCtx: null,
			keepAliveMinutes: null,
			...row,
			id,
		}),
	),
};
