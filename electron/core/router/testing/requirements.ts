import type { Requirements } from "../../../../shared/router.ts";

/** What a plain coding question asks for, changed where a test says so. */
export function requirements(change: Partial<Requirements> = {}): Requirements {
	return {
		domain: "coding",
		confidence: 0.9,
		runnerUp: "reasoning",
		domainSource: "classifier",
		topics: [],
		complexity: 3,
		tier: "best",
		needs: { vision: false, tools: false, contextTokens: 1_200, language: "en" },
		...change,
	};
}
