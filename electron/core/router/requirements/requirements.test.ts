import { describe, expect, it } from "vitest";
import { readClassifier } from "../classifier/read-classifier.ts";
import { type Asked, createRequirementsOf } from "./requirements.ts";

const weights = new URL("../../../../build/router/weights/router-weights.bin", import.meta.url).pathname;
const requirementsOf = createRequirementsOf(readClassifier(weights));

function ask(prompt: string, more: Partial<Omit<Asked, "prompt">> = {}) {
	return requirementsOf({
		prompt,
		imageCount: 0,
		context: { tokens: 0, tools: false },
		corrections: [],
		...more,
	});
}

describe("what a prompt needs", () => {
	it.each([
		["Write a Python function to sort a list of dictionaries by a key", "coding", "versatile", ["python"]],
		["Create a Vue 3 component with reactive data and computed properties", "coding", "best", ["vue"]],
		[
			"Generate VBA code for Excel inventory reconciliation with 150,000 rows",
			"data",
			"best",
			["excel", "vba"],
		],
		["Build a Laravel API endpoint with validation and authentication", "coding", "best", ["php", "laravel"]],
		["Analyze this screenshot for UI elements and layout structure", "vision", "best", []],
		[
			"Create a Vue 3 component with TypeScript for user authentication",
			"coding",
			"best",
			["vue", "typescript"],
		],
		["Generate VBA macro for Excel inventory management with 150k rows", "data", "best", ["excel", "vba"]],
		["Build Laravel API with Eloquent ORM and JWT authentication", "coding", "best", ["php", "laravel"]],
		["Analyze this UI screenshot and suggest CSS improvements", "vision", "best", []],
		["Simple Python function to calculate fibonacci sequence", "coding", "medium", ["python"]],
		["Optimize pandas DataFrame processing for large dataset", "data", "best", ["pandas", "statistics"]],
		["Quick fix: add error handling to existing function", "coding", "tiny", []],
	])("tells of the original test “%s”: %s, %s", (prompt, domain, tier, topics) => {
		expect(ask(prompt)).toMatchObject({ domain, tier, topics });
	});

	it.each([
		["Enterprise report generation with complex business logic", "enterprise"],
		["Enterprise inventory report", "enterprise"],
		["VBA Excel automation", "vba"],
		["Laravel Eloquent model", "laravel"],
		["React component with hooks", "react"],
	])("names the topic of “%s”: %s", (prompt, topic) => {
		expect(ask(prompt).topics).toContain(topic);
	});

	it("takes an attached image as vision whatever the text says", () => {
		expect(ask("fix the bug in this function", { imageCount: 1 })).toMatchObject({
			domain: "vision",
			confidence: 1,
			domainSource: "image",
			runnerUp: "coding",
			needs: { vision: true },
		});
	});

	it("counts the conversation, the prompt, images and room for an answer", () => {
		const alone = ask("hello there, how are you").needs.contextTokens;
		const more = ask("hello there, how are you", { imageCount: 2, context: { tokens: 5_000, tools: true } });
		expect(alone).toBeGreaterThan(1_024);
		expect(more.needs.contextTokens).toBe(alone + 5_000 + 2 * 768);
		expect(more.needs.tools).toBe(true);
	});

	it("passes on what is likely next, never the same domain twice", () => {
		const told = ask("Group the rows of a pandas dataframe by month and sum the sales column");
		expect(told.domain).toBe("data");
		expect(told.runnerUp).not.toBe("data");
		expect(told.confidence).toBeGreaterThan(0.5);
	});

	it("lets a correction win for a similar prompt, and for no other", () => {
		const corrections = [{ prompt: "plan the sprint for team Orca", domain: "coding" as const }];
		expect(ask("plan the sprint for team Heron", { corrections })).toMatchObject({
			domain: "coding",
			domainSource: "correction",
		});
		const other = ask("Plan a weekend in Lisbon for two", { corrections });
		expect(other.domainSource).toBe("classifier");
		expect(other).toEqual(ask("Plan a weekend in Lisbon for two"));
	});

	it("lets a correction decide the domain of a prompt with an image, which still needs vision", () => {
		const corrections = [{ prompt: "why does this crash", domain: "coding" as const }];
		expect(ask("why does this crash?", { corrections, imageCount: 1 })).toMatchObject({
			domain: "coding",
			domainSource: "correction",
			needs: { vision: true },
		});
	});

	it("answers the same to the same prompt, whatever was asked between", () => {
		const first = ask("How do I reverse a linked list in C?");
		ask("hola, ¿qué tal?");
		expect(ask("How do I reverse a linked list in C?")).toEqual(first);
	});

	it("copes with nothing, with noise and with a megabyte", () => {
		for (const prompt of ["", " \n", "🙂", "\u0000\ud800", "ـــ", "?".repeat(50), "word ".repeat(200_000)])
			expect(ask(prompt).confidence).toBeGreaterThan(0);
	});
});
