import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embeddingOf } from "./answers.ts";
import { type DemoEngine, startDemoEngine } from "./start.ts";
import { clientOf, linesOf } from "./testing/engine-client.ts";

let engine: DemoEngine;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
	engine = await startDemoEngine({ port: 0, loadGbPerSecond: 200, tokensPerSecond: 100_000, machineGb: 64 });
	client = clientOf(engine.url);
});
afterAll(() => engine.close());

async function chat(
	model: string,
	content: string,
	more: object = {},
): Promise<Readonly<Record<string, unknown>>> {
	const { json } = await client.post("/api/chat", {
		model,
		stream: false,
		messages: [{ role: "user", content, ...("images" in more ? { images: more.images } : {}) }],
		...more,
	});
	return json;
}

const messageOf = (json: Readonly<Record<string, unknown>>) =>
	json["message"] as {
		content: string;
		thinking?: string;
		tool_calls?: { function: { name: string; arguments: object } }[];
	};

describe("an answer of the demo engine", () => {
	test("says that it is one, on every answer's headers and in its text", async () => {
		const { headers, json } = await client.post("/api/generate", {
			model: "mistral",
			prompt: "Explain tides",
			stream: false,
		});
		expect(headers.get("plimsoll-demo")).toBe("1");
		expect(json["response"]).toContain("demo engine");
		expect(json["response"]).toContain("Explain tides");
	});

	test("is the same for the same prompt and another for another model", async () => {
		const [first, again, other] = await Promise.all([
			chat("mistral", "Plan a week of meals"),
			chat("mistral", "Plan a week of meals"),
			chat("mistral", "Plan a week of walks"),
		]);
		expect(messageOf(again).content).toBe(messageOf(first).content);
		expect(messageOf(other).content).not.toBe(messageOf(first).content);
	});

	test("to a coding prompt holds code in its language", async () => {
		expect(messageOf(await chat("mistral", "Write a Python function to sort a list")).content).toContain(
			"```python",
		);
		expect(messageOf(await chat("mistral", "Generate VBA code for Excel")).content).toContain("```vb");
	});

	test("of a thinking model thinks first, unless told not to", async () => {
		expect(messageOf(await chat("qwen3:8b", "Why is the sky blue?")).thinking).toContain("sky blue");
		expect(
			messageOf(await chat("qwen3:8b", "Why is the sky blue?", { think: false })).thinking,
		).toBeUndefined();
	});

	test("of a vision model acknowledges the images", async () => {
		const images = ["iVBORw0KGgo="];
		expect(messageOf(await chat("gemma3:4b", "What is this?", { images })).content).toContain("one image");
	});

	test("is JSON where JSON was asked for, of the schema's shape", async () => {
		const schema = { type: "object", properties: { city: { type: "string" }, size: { type: "integer" } } };
		const { content } = messageOf(await chat("mistral", "Name a city", { format: schema }));
		expect(JSON.parse(content)).toEqual({ city: "Name a city", size: 1 });
	});

	test("is about as long as the prompt asks for", async () => {
		const { content } = messageOf(await chat("mistral", "Describe the sea in 800 words"));
		expect(content.split(/\s+/).length).toBeGreaterThan(780);
		expect(content.split(/\s+/).length).toBeLessThan(960);
	});

	test("calls a tool that the prompt names, with arguments as an object", async () => {
		const tools = [
			{
				type: "function",
				function: { name: "get_weather", parameters: { properties: { days: { type: "integer" } } } },
			},
		];
		const call = messageOf(await chat("mistral", "Use get_weather for Oslo", { tools })).tool_calls?.[0];
		expect(call?.function).toMatchObject({ name: "get_weather", arguments: { days: 1 } });
	});

	test("counts the pieces it streams, and stops at the limit", async () => {
		const { text } = await client.post("/api/generate", {
			model: "mistral",
			prompt: "Explain tides",
			options: { num_predict: 7 },
		});
		const lines = linesOf(text);
		expect(lines).toHaveLength(8);
		expect(lines.at(-1)).toMatchObject({ done: true, done_reason: "length", eval_count: 7 });
	});
});

describe("a pull", () => {
	test("shows progress and installs the model", async () => {
		const { text } = await client.post("/api/pull", { model: "bge-m3" });
		const lines = linesOf(text);
		expect(lines[0]).toEqual({ status: "pulling manifest" });
		expect(lines.at(-1)).toEqual({ status: "success" });
		expect(lines.filter(({ completed }) => completed !== undefined).length).toBeGreaterThan(1);
		expect((await client.post("/api/show", { model: "bge-m3" })).status).toBe(200);
	});

	test("of an unknown name ends in an error under 200", async () => {
		const { status, text } = await client.post("/api/pull", { model: "nobody/knows-this" });
		expect(status).toBe(200);
		expect(linesOf(text).at(-1)).toEqual({ error: "pull model manifest: file does not exist" });
	});

	test("installs nothing when it is broken off", async () => {
		const leave = AbortSignal.timeout(150);
		await expect(client.post("/api/pull", { model: "mistral-small:24b" }, leave)).rejects.toThrow();
		expect((await client.post("/api/show", { model: "mistral-small:24b" })).status).toBe(404);
	});
});

describe("an embedding", () => {
	test("is a unit vector that depends on the text alone", () => {
		const vector = embeddingOf("hello", 768);
		expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
		expect(embeddingOf("hello", 768)).toEqual(vector);
		expect(embeddingOf("world", 768)).not.toEqual(vector);
	});
});

test("a cloud stub is listed apart and does not answer", async () => {
	const { models } = await client.get<{ models: { name: string; remote_host?: string }[] }>("/api/tags");
	expect(models.find(({ name }) => name === "gpt-oss:120b-cloud")?.remote_host).toContain("ollama.com");
	expect((await client.load("gpt-oss:120b-cloud")).status).toBe(403);
});
