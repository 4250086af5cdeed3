import { ERROR_TABLE } from "../../../shared/errors.ts";
import { message } from "../../../shared/messages/message.ts";
import { fromGb } from "../../../shared/units.ts";
import { type ApiClient, modelPath } from "../api-client.ts";
import type { Terminal } from "../terminal.ts";
import { flushAnswer, loadAnswer, trimAnswer, unloadAnswer } from "./answers.ts";
import { whileWaiting } from "./while-waiting.ts";

/** Exit code where a release is not confirmed, or not yet. */
const NOT_CONFIRMED = ERROR_TABLE["release-not-confirmed"].exit;

/** What a load may be told. */
export interface LoadFlags {
	/** Tokens. */
	readonly numCtx?: number;
	/** Seconds or a duration such as "10m". */
	readonly keepAlive?: string;
	readonly force?: boolean;
}

/** Loads a model and waits for it. Returns the exit code. */
export async function loadModel(
	client: ApiClient,
	terminal: Terminal,
	model: string,
	flags: LoadFlags,
	json: boolean,
): Promise<number> {
	const keepAlive = flags.keepAlive;
	const body = {
		...(flags.numCtx !== undefined && { num_ctx: flags.numCtx }),
		...(keepAlive !== undefined && { keep_alive: /^-?\d+$/.test(keepAlive) ? Number(keepAlive) : keepAlive }),
		...(flags.force && { force: true }),
	};
	const answer = await whileWaiting(terminal, message("cli.loading", { model }), json, (signal) =>
		client.call({ method: "POST", path: modelPath(model, "load"), body, signal }),
	);
	if (json) terminal.print(JSON.stringify(answer.body, null, 2));
	else {
		const load = loadAnswer.parse(answer.body);
		const bytes = fromGb(load.size_gb);
		if (load.already_loaded) terminal.say(message("cli.load-already", { model: load.model, bytes }));
		else
			terminal.say(
				message("cli.load-done", { model: load.model, bytes, durationMs: load.duration_seconds * 1000 }),
			);
		if (load.models_unloaded.length > 0)
			terminal.say(
				message("cli.load-evicted", {
					models: load.models_unloaded.join(", "),
					bytes: fromGb(load.memory_released_gb),
				}),
			);
	}
	return 0;
}

/** Unloads a model and waits for the proof. Returns the exit code. */
export async function unloadModel(
	client: ApiClient,
	terminal: Terminal,
	model: string,
	json: boolean,
): Promise<number> {
	const answer = await whileWaiting(terminal, message("cli.unloading", { model }), json, (signal) =>
		client.call({ method: "DELETE", path: modelPath(model), signal }),
	);
	const unload = unloadAnswer.parse(answer.body);
	const durationMs = unload.duration_seconds * 1000;
	if (json) terminal.print(JSON.stringify(answer.body, null, 2));
	else if (unload.status === "load-cancelled")
		terminal.say(message("cli.unload-load-cancelled", { model: unload.model }));
	else if (unload.status === "draining")
		terminal.say(message("cli.unload-draining", { model: unload.model }));
	else if (unload.grade === "proved")
		terminal.say(
			message("cli.unload-proved", {
				model: unload.model,
				bytes: fromGb(unload.memory_released_gb),
				durationMs,
			}),
		);
	else if (unload.grade === "engine-says-so")
		terminal.say(message("cli.unload-said", { model: unload.model, durationMs }));
	else terminal.note(message("cli.unload-not-confirmed", { model: unload.model }));
	return unload.success ? 0 : NOT_CONFIRMED;
}

/** Unloads a model whose runner has grown and loads it again. Returns the exit code. */
export async function trimModel(
	client: ApiClient,
	terminal: Terminal,
	model: string,
	json: boolean,
): Promise<number> {
	const answer = await whileWaiting(terminal, message("cli.trimming", { model }), json, (signal) =>
		client.call({ method: "POST", path: modelPath(model, "trim"), signal }),
	);
	if (json) terminal.print(JSON.stringify(answer.body, null, 2));
	else {
		const trim = trimAnswer.parse(answer.body);
		terminal.say(
			message("cli.trim-done", {
				model: trim.model,
				bytes: fromGb(trim.memory_released_gb),
				beforeBytes: fromGb(trim.before_gb),
				afterBytes: fromGb(trim.after_gb),
				durationMs: trim.duration_seconds * 1000,
			}),
		);
	}
	return 0;
}

/** Unloads everything and waits for the proof. Returns the exit code. */
export async function flushModels(client: ApiClient, terminal: Terminal, json: boolean): Promise<number> {
	const answer = await whileWaiting(terminal, message("cli.flushing"), json, (signal) =>
		client.call({ method: "POST", path: "/api/memory/flush", signal }),
	);
	const flush = flushAnswer.parse(answer.body);
	const count = flush.models_unloaded.length;
	const proved = Object.values(flush.grades).includes("proved");
	if (json) terminal.print(JSON.stringify(answer.body, null, 2));
	else {
		if (count === 0 && flush.failed.length === 0) terminal.say(message("cli.flush-nothing"));
		else
			terminal.say(
				message(proved ? "cli.flush-done" : "cli.flush-said", {
					count,
					bytes: fromGb(flush.memory_released_gb),
					durationMs: flush.duration_seconds * 1000,
				}),
			);
		if (flush.failed.length > 0)
			terminal.note(message("cli.flush-failed", { models: flush.failed.map(({ name }) => name).join(", ") }));
	}
	return flush.failed.length === 0 ? 0 : NOT_CONFIRMED;
}
