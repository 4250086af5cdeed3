import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Member } from "../../../shared/router.ts";
import { originalDomain } from "../gateway/route-words.ts";
import { readClassifier } from "./classifier/read-classifier.ts";
import { ORIGINAL_TEAM } from "./original-team.ts";
import { createRequirementsOf } from "./requirements/requirements.ts";
import { route } from "./route.ts";

const file = (path: string) => new URL(`../../../${path}`, import.meta.url);

interface Case {
	readonly case: string;
	readonly prompt: string;
	readonly member: string;
}

/** Prompts of the original project's own tests, with the member that each is meant for. */
const phase4 = JSON.parse(readFileSync(file("e2e/fixtures/routing/phase4.json"), "utf8")) as {
	readonly phase4a: readonly Case[];
	readonly phase4b: readonly Case[];
	readonly original_domains: readonly { readonly prompt: string; readonly original_domain: string }[];
};

const paraphrases = readFileSync(file("build/router/probe/phase4-paraphrases.jsonl"), "utf8")
	.split("\n")
	.filter((line) => line !== "")
	.map((line) => JSON.parse(line) as { readonly prompt: string; readonly of: string })
	.map(({ prompt, of }) => ({ prompt, member: memberOf(of) }));

/** The member that a case such as `4a1` is meant for. */
function memberOf(which: string): string | undefined {
	const cases = which.startsWith("4a") ? phase4.phase4a : phase4.phase4b;
	return cases[Number(which.slice(2)) - 1]?.member;
}

const requirementsOf = createRequirementsOf(
	readClassifier(file("build/router/weights/router-weights.bin").pathname),
);

function required(prompt: string) {
	return requirementsOf({ prompt, imageCount: 0, context: { tokens: 0, tools: false }, corrections: [] });
}

/** Nothing is loaded, everything is installed and fits, pressure is normal. */
function memberFor(prompt: string): Member | null {
	return route({
		requirements: required(prompt),
		team: ORIGINAL_TEAM,
		standing: () => ({ installed: true, loaded: false, fit: { fits: true, edge: false, steps: [] } }),
		level: "normal",
		loadedPoints: 1,
		stickyPoints: 2,
		lastMember: null,
		override: null,
	}).member;
}

describe("the original project's own tests", () => {
	it.each([...phase4.phase4a, ...phase4.phase4b])("$case: $prompt", ({ prompt, member }) => {
		expect(memberFor(prompt)?.id).toBe(member);
	});

	it.each(phase4.original_domains)("says $original_domain of: $prompt", ({ prompt, original_domain }) => {
		expect(originalDomain(required(prompt))).toBe(original_domain);
	});

	it("gives at least 85 % of prompts that say the same in other words to the same members", () => {
		const wrong = paraphrases.flatMap(({ prompt, member }) => {
			const got = memberFor(prompt)?.id;
			return got === member ? [] : [`${member} ← ${got}: ${prompt}`];
		});
		expect(paraphrases.length).toBeGreaterThanOrEqual(60);
		const share = 1 - wrong.length / paraphrases.length;
		console.log(
			`${Math.round(share * 1000) / 10} % of ${paraphrases.length} paraphrases\n${wrong.join("\n")}`,
		);
		expect(share).toBeGreaterThanOrEqual(0.85);
	});
});
