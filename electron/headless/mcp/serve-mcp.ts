import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Paths } from "../../core/ports.ts";
import { connectToPlimsoll } from "../api-client.ts";
import { createMcpTools } from "./tools.ts";

/** Serves MCP over standard input and output until the client closes it, for the Plimsoll that runs with these files. */
export async function serveMcp(paths: Paths): Promise<number> {
	const closed = new Promise<void>((resolve) => process.stdin.once("close", resolve));
	const handle = serveStdio(() => createMcpTools(() => connectToPlimsoll(paths)));
	await closed;
	await handle.close();
	return 0;
}
