import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { createRenderer } from "../../../shared/messages/create-renderer.ts";
import type { ApiAnswer, ApiCall, ApiClient } from "../api-client.ts";
import { APP_VERSION } from "../app-version.ts";
import { membersAnswer } from "../commands/answers.ts";

const english = createRenderer("en");

/** Connects to the Plimsoll that runs now; asked anew for every call, since it may have been started meanwhile. */
export type Connect = () => Promise<ApiClient>;

const question = {
	prompt: z.string().min(1).describe("the question or task"),
	temperature: z
		.number()
		.min(0)
		.max(2)
		.optional()
		.describe("0 is dry, 2 is wild; left out, what the member is set to"),
};

type Result = {
	content: { type: "text"; text: string }[];
	structuredContent?: Record<string, unknown>;
	isError?: boolean;
};

function failed(thrown: unknown): Result {
	const error = AppError.wrap(thrown);
	const text = `${english.render(error.said)} ${english.render(error.next)}`;
	return { content: [{ type: "text", text }], isError: true };
}

function told(body: ApiAnswer["body"], text = JSON.stringify(body, null, 2)): Result {
	return { content: [{ type: "text", text }], structuredContent: { ...body } };
}

/** Runs a call of the API for a tool; what goes wrong is told to the model that called, with what to do next. */
async function calling(
	connect: Connect,
	call: ApiCall,
	text?: (body: ApiAnswer["body"]) => string,
): Promise<Result> {
	try {
		const { body } = await (await connect()).call(call);
		return told(body, text?.(body));
	} catch (thrown) {
		return failed(thrown);
	}
}

function answerText(body: ApiAnswer["body"]): string {
	return String(body.response ?? "");
}

/** A tool's name takes letters, digits, `_` and `-`, 64 at most. */
const MOST_OF_A_TOOL_NAME = 64;

/**
 * The MCP server: `smart_route`, one `ask_<member>` for each member that is installed, `system_status` and
 * `optimize_memory`. A Plimsoll that is not running leaves the members' tools out.
 */
export async function createMcpTools(connect: Connect): Promise<McpServer> {
	const server = new McpServer({ name: "plimsoll", version: APP_VERSION }, { capabilities: { tools: {} } });
	server.registerTool(
		"smart_route",
		{
			title: "Ask the local model that fits",
			description:
				"Sends a prompt to the local model that answers it best and fits into the memory now, and returns its answer. With answer=false it only says who would answer, and why.",
			inputSchema: z.object({
				...question,
				images: z.array(z.string()).max(20).optional().describe("pictures, base64"),
				priority: z.string().max(40).optional(),
				answer: z.boolean().default(true),
			}),
			annotations: { readOnlyHint: true, openWorldHint: false },
		},
		({ prompt, temperature, priority, images = [], answer }, ctx) =>
			answer
				? calling(
						connect,
						{
							method: "POST",
							path: "/api/chat",
							body: { prompt, images, context: { temperature, priority } },
							signal: ctx.mcpReq.signal,
						},
						answerText,
					)
				: calling(connect, { method: "POST", path: "/api/route", body: { prompt, images } }),
	);
	for (const [id, member] of Object.entries(await installedMembers(connect)))
		server.registerTool(
			`ask_${id}`.slice(0, MOST_OF_A_TOOL_NAME),
			{
				title: `Ask ${member.name}`,
				description: `Asks ${member.name} (${member.model_id}), a local model${forWhat(member)}.`,
				inputSchema: z.object(question),
				annotations: { readOnlyHint: true, openWorldHint: false },
			},
			({ prompt, temperature }, ctx) =>
				calling(
					connect,
					{
						method: "POST",
						path: "/api/chat",
						body: { prompt, member: id, context: { temperature } },
						signal: ctx.mcpReq.signal,
					},
					answerText,
				),
		);
	server.registerTool(
		"system_status",
		{
			title: "Memory and loaded models",
			description: "The machine's memory, its pressure, and what local models take of it now.",
			inputSchema: z.object({}),
			annotations: { readOnlyHint: true, openWorldHint: false },
		},
		() => calling(connect, { method: "GET", path: "/api/memory/status" }),
	);
	server.registerTool(
		"optimize_memory",
		{
			title: "Free memory",
			description:
				"Says what unloading would give back. With force_unload=true it unloads every local model and returns what came back; models that still answer leave when they have.",
			inputSchema: z.object({ force_unload: z.boolean().default(false) }),
			annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: false },
		},
		({ force_unload }) =>
			force_unload
				? calling(connect, { method: "POST", path: "/api/memory/flush" })
				: calling(connect, { method: "GET", path: "/api/memory/status" }, wouldFree),
	);
	return server;
}

type Members = z.infer<typeof membersAnswer>;

function forWhat({ domains, expertise }: Members[string]): string {
	const words = expertise.length > 0 ? expertise : domains;
	return words.length === 0 ? "" : ` for ${words.join(", ")}`;
}

async function installedMembers(connect: Connect): Promise<Members> {
	try {
		const { body } = await (await connect()).call({ method: "GET", path: "/api/team/members" });
		return Object.fromEntries(
			Object.entries(membersAnswer.parse(body)).filter(([, { installed }]) => installed),
		);
	} catch {
		return {};
	}
}

function wouldFree({ ollama }: ApiAnswer["body"]): string {
	const { loaded_models: models, total_loaded_gb: total } = ollama as {
		readonly loaded_models: readonly {
			readonly name: string;
			readonly size_gb: number;
			readonly state: string;
		}[];
		readonly total_loaded_gb: number;
	};
	if (models.length === 0) return "No model is loaded; there is nothing to unload.";
	const list = models.map(({ name, size_gb, state }) => `${name}: ${size_gb} GB, ${state}`);
	return [`Unloading everything would give back about ${total} GB.`, ...list].join("\n");
}
