import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ListeningProcess, startDemoProcess, startHeadless } from "../fixtures/cli-process.ts";

const CLI = fileURLToPath(new URL("../../out/headless/cli.js", import.meta.url));

let dataDir: string;
let demo: ListeningProcess;
let plimsoll: ListeningProcess;
let client: Client;

async function connect(folder: string): Promise<Client> {
	const connected = new Client({ name: "test", version: "1.0.0" });
	await connected.connect(
		new StdioClientTransport({ command: process.execPath, args: [CLI, "mcp", "--data-dir", folder] }),
	);
	return connected;
}

async function callTool(name: string, given: Record<string, unknown> = {}) {
	const result = await client.callTool({ name, arguments: given });
	const [first] = result.content as readonly { readonly type: string; readonly text: string }[];
	return {
		...result,
		text: first?.text ?? "",
		data: (result.structuredContent ?? {}) as Record<string, unknown>,
	};
}

beforeAll(async () => {
	dataDir = await mkdtemp(join(tmpdir(), "plimsoll-mcp-"));
	demo = await startDemoProcess([
		"--runners",
		"simulated",
		"--load-gb-per-second",
		"50",
		"--tokens-per-second",
		"500",
	]);
	plimsoll = await startHeadless({ engine: demo.url, dataDir });
	await vi.waitFor(
		async () => {
			const status = await (await fetch(`${plimsoll.url}/api/team/status`)).json();
			expect((status as { missing: readonly string[] }).missing).toEqual([]);
		},
		{ timeout: 20_000 },
	);
	client = await connect(dataDir);
});

afterAll(async () => {
	await client.close();
	await plimsoll.stop();
	await demo.stop();
	await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

describe("plimsoll mcp, spoken to by the SDK's own client", () => {
	it("lists a tool for every member, and three more", async () => {
		const { tools } = await client.listTools();
		const names = tools.map(({ name }) => name);
		expect(names).toHaveLength(14);
		expect(names).toContain("ask_deepcoder_primary");
		expect(names).toEqual(expect.arrayContaining(["smart_route", "system_status", "optimize_memory"]));
		const smart = tools.find(({ name }) => name === "smart_route");
		expect(smart?.inputSchema).toMatchObject({ required: ["prompt"] });
	});

	it("smart_route answers with the member that fits, and says which", async () => {
		const result = await callTool("smart_route", { prompt: "Simple Python function to add two numbers" });
		expect(result.isError).not.toBe(true);
		expect(result.text.length).toBeGreaterThan(0);
		expect(result.data.metadata).toMatchObject({ member: "Gemma Medium" });
	});

	it("smart_route can say who would answer without asking", async () => {
		const { data } = await callTool("smart_route", {
			prompt: "Generate VBA macro for Excel inventory management with 150k rows",
			answer: false,
		});
		expect(data).toMatchObject({ member: "qwen_analyst" });
	});

	it("ask_<member> asks that member and no other", async () => {
		const { data } = await callTool("ask_gemma_tiny", { prompt: "Generate VBA for Excel" });
		expect(data.metadata).toMatchObject({ member_id: "gemma_tiny", model: "gemma3:1b" });
	});

	it("system_status and optimize_memory tell the memory, and free it only when told to", async () => {
		expect((await callTool("system_status")).data).toMatchObject({ system: { total_gb: 18 } });
		expect((await callTool("optimize_memory")).text).toContain("gemma3:1b");
		const { data } = await callTool("optimize_memory", { force_unload: true });
		expect(data).toMatchObject({ success: true });
		const { ollama } = (await callTool("system_status")).data as { ollama: { loaded_models: unknown[] } };
		expect(ollama.loaded_models).toEqual([]);
	});

	it("refuses a call without its prompt, and goes on", async () => {
		const refused = await callTool("smart_route", {}).catch((thrown: unknown) => ({
			isError: true,
			text: String(thrown),
		}));
		expect(refused.isError).toBe(true);
		expect((await client.listTools()).tools.length).toBeGreaterThan(3);
	});

	it("says what to do where no Plimsoll runs", async () => {
		const empty = await mkdtemp(join(tmpdir(), "plimsoll-mcp-none-"));
		const alone = await connect(empty);
		const { tools } = await alone.listTools();
		expect(tools.map(({ name }) => name)).toEqual(["smart_route", "system_status", "optimize_memory"]);
		const result = await alone.callTool({ name: "system_status", arguments: {} });
		expect(result.isError).toBe(true);
		expect(JSON.stringify(result.content)).toContain("No Plimsoll");
		await alone.close();
		await rm(empty, { recursive: true, force: true });
	});
});
