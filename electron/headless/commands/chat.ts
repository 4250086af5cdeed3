import { createInterface } from "node:readline";
import { AppError } from "../../../shared/errors.ts";
import { message } from "../../../shared/messages/message.ts";
import type { ApiClient } from "../api-client.ts";
import type { Terminal } from "../terminal.ts";

interface Turn {
	readonly role: "user" | "assistant";
	readonly content: string;
}

/** Asks with everything said before; the answer goes to standard output as it comes. */
async function ask(client: ApiClient, turns: readonly Turn[], member: string | undefined): Promise<string> {
	const abort = new AbortController();
	const interrupt = (): void => abort.abort();
	process.once("SIGINT", interrupt);
	let answer = "";
	let model = "";
	try {
		const headers = await client.stream(
			{
				method: "POST",
				path: "/api/chat",
				body: { model: member ?? "auto", messages: turns, stream: true },
				signal: abort.signal,
			},
			(line) => {
				const said = line.message as { readonly content?: unknown } | undefined;
				if (typeof line.model === "string") model = line.model;
				if (typeof said?.content !== "string") return;
				answer += said.content;
				process.stdout.write(said.content);
			},
		);
		process.stdout.write(answer.endsWith("\n") ? "" : "\n");
		process.stderr.write(`— ${String(headers["plimsoll-member"] ?? "")} (${model})\n`);
	} finally {
		process.off("SIGINT", interrupt);
	}
	return answer;
}

/**
 * Asks one prompt, or, without one, goes on from line to line with what was said before. Ctrl-C stops an answer. With
 * `json` the answer of the original API's chat is printed.
 */
export async function chat(
	client: ApiClient,
	terminal: Terminal,
	prompt: string | null,
	{ member }: { readonly member?: string },
	json: boolean,
): Promise<number> {
	if (member !== undefined) {
		const { body } = await client.call({ method: "GET", path: "/api/team/members" });
		if (!Object.hasOwn(body, member))
			throw AppError.of("invalid-argument", { what: "--member", problem: `the team has no “${member}”` });
	}
	if (prompt !== null && json) {
		const { body } = await client.call({
			method: "POST",
			path: "/api/chat",
			body: { prompt, ...(member === undefined ? {} : { member }) },
		});
		terminal.print(JSON.stringify(body, null, 2));
		return 0;
	}
	if (prompt !== null) {
		await ask(client, [{ role: "user", content: prompt }], member);
		return 0;
	}
	const turns: Turn[] = [];
	if (process.stdin.isTTY) terminal.note(message("cli.chat-hint"));
	for await (const line of createInterface({ input: process.stdin })) {
		if (line.trim() === "") break;
		turns.push({ role: "user", content: line });
		turns.push({ role: "assistant", content: await ask(client, turns, member) });
	}
	return 0;
}
