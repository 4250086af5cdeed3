import { readFileSync } from "node:fs";

/** A prompt of the day. */
export interface DayPrompt {
	readonly prompt: string;
	/** What it is about, by the one who wrote it. */
	readonly domain: string;
}

/** How a day goes: what people sit at, one after the other, and for how many prompts each time. */
const SITTINGS: readonly (readonly [string, number])[] = [
	["smalltalk", 2],
	["coding", 18],
	["general", 4],
	["data", 8],
	["writing", 10],
	["coding", 14],
	["vision", 5],
	["smalltalk", 2],
	["general", 9],
	["reasoning", 9],
	["data", 7],
	["coding", 16],
	["writing", 9],
	["enterprise", 4],
	["vision", 4],
	["coding", 15],
	["general", 8],
	["reasoning", 8],
	["php", 6],
	["coding", 12],
	["smalltalk", 3],
	["writing", 9],
	["general", 9],
	["vision", 4],
	["smalltalk", 5],
];

/** What the probe has too little of; the trades that the original team has its specialists for. */
const TRADES: Readonly<Record<string, readonly string[]>> = {
	data: [
		"Group this pandas DataFrame by customer and month and sum the revenue",
		"An Excel formula that looks up the price by article number and date",
		"Why does my VBA macro stop at row 65536?",
		"SQL query for the ten customers with the most returns last year",
		"Join two CSV files on an id column with pandas and keep the unmatched rows",
		"Pivot table in Excel that counts orders per week and region",
		"Speed up a pandas loop over two million rows",
		"VBA that mails every sheet of a workbook as a PDF",
	],
	enterprise: [
		"Enterprise report of production figures for the board",
		"Outline of a quarterly report with business logic for discounts in an ERP",
		"Inventory report for the whole enterprise, by plant",
		"Compliance report template for an enterprise with three plants",
	],
	php: [
		"Laravel migration that splits a name column into two",
		"PHP function that validates an IBAN",
		"Eloquent relation for orders that belong to many customers",
		"Laravel queue job that retries three times",
		"WordPress plugin that adds a field to the checkout",
		"Symfony route with a locale prefix in PHP",
	],
};

/** Prompts by what they are about, from the probe that no classifier was trained on. */
function probe(): ReadonlyMap<string, readonly string[]> {
	const byDomain = new Map<string, string[]>();
	for (const name of ["a", "b"]) {
		for (const line of readFileSync(`build/router/probe/${name}.jsonl`, "utf8").split("\n")) {
			if (line === "") continue;
			const { prompt, domain } = JSON.parse(line) as DayPrompt;
			byDomain.set(domain, [...(byDomain.get(domain) ?? []), prompt]);
		}
	}
	return byDomain;
}

/** The 200 prompts of a day, always the same ones. */
export function dayPrompts(): readonly DayPrompt[] {
	const pool = probe();
	const taken = new Map<string, number>();
	return SITTINGS.flatMap(([domain, count]) => {
		const prompts = TRADES[domain] ?? pool.get(domain) ?? [];
		const from = taken.get(domain) ?? 0;
		taken.set(domain, from + count);
		return Array.from({ length: count }, (_, index) => ({
			prompt: prompts[(from + index) % prompts.length] ?? "",
			domain,
		}));
	});
}
