import { createHash } from "node:crypto";

/** What an answer is made from. */
export interface AnswerPlan {
	readonly model: string;
	/** The last thing the user said. */
	readonly prompt: string;
	readonly imageCount: number;
	/** `json`, a JSON schema, or nothing. */
	readonly format: unknown;
	/** Whether the answer thinks aloud first. */
	readonly thinks: boolean;
}

/** An answer as a model gives it: pieces of thinking, then pieces of text. */
export interface Answer {
	readonly thinking: readonly string[];
	readonly content: readonly string[];
}

const LABEL = "This is the demo engine of Plimsoll: no model ran, the text is made up from your prompt.";

const CODE_WORDS =
	/\b(code|function|class|script|python|typescript|javascript|rust|java|php|laravel|vue|react|sql|vba|regex|bug|refactor|compile|api|endpoint|component)\b/i;
const GREETING = /^\s*(hi|hello|hey|good (morning|evening|afternoon)|thanks|thank you)\b/i;

/** The same prompt to the same model always gives the same answer. */
export function composeAnswer(plan: AnswerPlan): Answer {
	const choose = chooser(`${plan.model}\n${plan.prompt}`);
	const topic = topicOf(plan.prompt);
	const thinking = plan.thinks
		? pieces(
				`The user asks about ${topic}. ${choose([
					"I should first settle what is really wanted, then answer in a few steps.",
					"A short answer will do; I check the terms once before I write it.",
					"Let me weigh two ways to go about it and take the simpler one.",
				])}`,
			)
		: [];
	if (plan.format !== undefined && plan.format !== "" && plan.format !== null)
		return { thinking, content: pieces(JSON.stringify(valueFor(plan.format, topic), null, 1)) };
	return { thinking, content: pieces(atLength(textFor(plan, topic, choose), plan.prompt)) };
}

/** Rough number of tokens in a text: words and marks. */
export function countTokens(text: string): number {
	return text.match(/\w{1,8}|[^\w\s]/g)?.length ?? 0;
}

/** Deterministic unit vector for a text. */
export function embeddingOf(text: string, dimensions: number): readonly number[] {
	const values: number[] = [];
	for (let block = 0; values.length < dimensions; block += 1) {
		const hash = createHash("sha256").update(`${block}\n${text}`).digest();
		for (let at = 0; at < hash.length && values.length < dimensions; at += 2)
			values.push(hash.readInt16LE(at) / 32_768);
	}
	const length = Math.hypot(...values) || 1;
	return values.map((value) => Math.fround(value / length));
}

function textFor(plan: AnswerPlan, topic: string, choose: (from: readonly string[]) => string): string {
	const seen =
		plan.imageCount === 0
			? ""
			: `I was given ${plan.imageCount === 1 ? "one image" : `${plan.imageCount} images`}; a real vision model would now describe what is in ${plan.imageCount === 1 ? "it" : "them"}.\n\n`;
	if (GREETING.test(plan.prompt) && plan.prompt.length < 80)
		return `${seen}Hello! ${LABEL} Ask me anything to see how a streamed answer looks.`;
	if (CODE_WORDS.test(plan.prompt)) return `${seen}${LABEL}\n\n${codeFor(plan.prompt, topic)}`;
	const opening = choose([
		`About ${topic}: three points usually matter.`,
		`A real answer about ${topic} would begin with what is known and end with what to do.`,
		`Here is how an answer about ${topic} might be laid out.`,
	]);
	const points = [
		choose([
			"First, say what the question is really about.",
			"First, name the terms and how they hang together.",
		]),
		choose([
			"Second, give one example that can be checked.",
			"Second, compare two ways and say which costs less.",
		]),
		choose(["Third, end with the next step.", "Third, say what would change the answer."]),
	];
	return `${seen}${LABEL}\n\n${opening}\n\n${points.map((point, index) => `${index + 1}. ${point}`).join("\n")}`;
}

/** A prompt that asks for so many words gets about as many; the text begins again until they are there. */
function atLength(text: string, prompt: string): string {
	const wanted = Number(/\b(\d{1,6}) words\b/i.exec(prompt)?.[1] ?? 0);
	const own = text.split(/\s+/).length;
	return wanted <= own ? text : Array.from({ length: Math.ceil(wanted / own) }, () => text).join("\n\n");
}

function codeFor(prompt: string, topic: string): string {
	const name = identifierOf(topic);
	if (/\bsql\b/i.test(prompt))
		return `\`\`\`sql\n-- ${topic}\nSELECT id, name, total\nFROM ${name}\nWHERE total > 100\nORDER BY total DESC;\n\`\`\`\n\nThe query keeps rows over a hundred, largest first.`;
	if (/\b(vue|react|typescript|javascript)\b/i.test(prompt))
		return `\`\`\`ts\n// ${topic}\nexport function ${name}(items: readonly string[]): string[] {\n  return [...items].sort((a, b) => a.localeCompare(b));\n}\n\`\`\`\n\nIt leaves its argument as it was and returns a sorted copy.`;
	if (/\b(php|laravel)\b/i.test(prompt))
		return `\`\`\`php\n// ${topic}\nfunction ${name}(array $items): array\n{\n    sort($items);\n    return $items;\n}\n\`\`\`\n\nArrays are passed by value, so the caller's stays as it was.`;
	if (/\bvba\b/i.test(prompt))
		return `\`\`\`vb\n' ${topic}\nSub ${name}()\n    Dim row As Long\n    For row = 2 To 100\n        Cells(row, 3).Value = Cells(row, 1).Value - Cells(row, 2).Value\n    Next row\nEnd Sub\n\`\`\`\n\nThe third column holds the difference of the first two.`;
	return `\`\`\`python\n# ${topic}\ndef ${name}(items):\n    return sorted(items, key=str)\n\`\`\`\n\nIt returns a sorted copy and leaves the list it was given alone.`;
}

/** The prompt's own first words, short enough for a sentence. */
function topicOf(prompt: string): string {
	const words = prompt.replace(/\s+/g, " ").trim().split(" ").slice(0, 10).join(" ");
	const clean = words.replace(/["“”`]/g, "").replace(/[.?!,:;]+$/, "");
	return clean === "" ? "nothing in particular" : clean.slice(0, 80);
}

function identifierOf(topic: string): string {
	const words = (topic.toLowerCase().match(/[a-z]{3,}/g) ?? []).slice(-2).join("_");
	return words === "" ? "answer" : words;
}

/** A value that has the shape of a JSON schema, or a small object for plain `json`. */
function valueFor(format: unknown, topic: string): unknown {
	if (typeof format !== "object" || format === null) return { demo: true, answer: topic };
	const schema = format as {
		type?: unknown;
		properties?: Record<string, unknown>;
		items?: unknown;
		enum?: unknown[];
	};
	if (Array.isArray(schema.enum)) return schema.enum[0];
	switch (schema.type) {
		case "object":
			return Object.fromEntries(
				Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, valueFor(inner, topic)]),
			);
		case "array":
			return [valueFor(schema.items ?? {}, topic)];
		case "number":
		case "integer":
			return 1;
		case "boolean":
			return true;
		case "string":
			return topic;
		default:
			return { demo: true, answer: topic };
	}
}

function pieces(text: string): readonly string[] {
	const parts = text.match(/\s*\S{1,7}/g) ?? [];
	return parts;
}

function chooser(seed: string): (from: readonly string[]) => string {
	const hash = createHash("sha256").update(seed).digest();
	let at = 0;
	return (from) => {
		const byte = hash[at % hash.length] ?? 0;
		at += 1;
		return from[byte % from.length] ?? "";
	};
}
