import { AppError } from "../../../shared/errors.ts";
import { message } from "../../../shared/messages/message.ts";
import { type DemoEngineInput, startDemoEngine } from "../../demo-engine/start.ts";
import type { Terminal } from "../terminal.ts";

/** Resolves with the first request to end: a signal, or the end of the process that started this one. */
function askedToEnd(): Promise<void> {
	return new Promise((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
		process.once("disconnect", () => resolve());
	});
}

/**
 * Runs a demo engine until it is asked to end, and prints its address. Started with an IPC channel it also tells
 * its address there and ends with its parent, so that a killed Plimsoll leaves none behind. Throws `port-taken`.
 */
export async function runDemoEngine(terminal: Terminal, input: DemoEngineInput): Promise<void> {
	const engine = await startDemoEngine(input).catch((thrown: NodeJS.ErrnoException) => {
		if (thrown.code === "EADDRINUSE") throw AppError.of("port-taken", { port: input.port ?? 0 }, thrown);
		throw thrown;
	});
	const end = askedToEnd();
	terminal.say(message("cli.demo-listening", { url: engine.url }));
	process.send?.({ url: engine.url });
	await end;
	await engine.close();
	if (process.connected) process.disconnect();
}
