import type { z } from "zod";
import { type MessageId, message } from "../../../shared/messages/message.ts";
import { formatDuration, formatGb } from "../../../shared/messages/render.ts";
import { loopMessage, loopTip } from "../../../shared/reload-loop.ts";
import { fromGb } from "../../../shared/units.ts";
import type { ApiClient } from "../api-client.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { healthAnswer, statusAnswer } from "./answers.ts";

type Status = z.infer<typeof statusAnswer>;

function sayMemory(terminal: Terminal, { system }: Status): void {
	if (system.total_gb === null || system.available_gb === null || system.pressure_level === null) {
		terminal.say(message("cli.memory-unknown"));
		return;
	}
	const level: MessageId = `cli.level-${system.pressure_level}`;
	terminal.say(
		message("cli.memory", {
			availableBytes: fromGb(system.available_gb),
			totalBytes: fromGb(system.total_gb),
			level: terminal.renderer.render({ id: level, params: {} }),
			swapBytes: fromGb(system.swap_used_gb ?? 0),
		}),
	);
	if (system.spare_gb === null) return;
	const bytes = fromGb(Math.abs(system.spare_gb));
	terminal.say(
		system.spare_gb >= 0 ? message("cli.to-load", { bytes }) : message("cli.over-line", { bytes }),
	);
}

function sayModels(terminal: Terminal, { ollama }: Status, now: number): void {
	const { renderer } = terminal;
	if (ollama.loaded_models.length === 0) {
		terminal.say(message("cli.nothing-loaded"));
		return;
	}
	terminal.say(
		message("cli.loaded", { count: ollama.loaded_models.length, bytes: fromGb(ollama.total_loaded_gb) }),
	);
	terminal.print("");
	const never = renderer.render(message("cli.never"));
	const rows = ollama.loaded_models.map((model) => [
		model.name,
		formatGb(fromGb(model.size_gb), renderer.language),
		renderer.render(
			model.oddity === null ? message(`cli.state-${model.state}`) : message(`cli.oddity-${model.oddity}`),
		),
		model.expires_at === null
			? never
			: formatDuration(Math.max(0, Date.parse(model.expires_at) - now), renderer.language),
	]);
	terminal.print(
		formatTable(
			[
				{ title: renderer.render(message("cli.column-model")), align: "left" },
				{ title: renderer.render(message("cli.column-size")), align: "right" },
				{ title: renderer.render(message("cli.column-state")), align: "left" },
				{ title: renderer.render(message("cli.column-left")), align: "right" },
			],
			rows,
		),
	);
	for (const { name, oddity, pid } of ollama.loaded_models)
		if (pid !== null && (oddity === "stuck" || oddity === "dead-runner"))
			terminal.say(message("cli.end-stuck", { model: name, pid }));
}

/** Processes that hold a model and that no engine lists, each with what it is. */
function sayStrays(terminal: Terminal, { ollama }: Status): void {
	const { renderer } = terminal;
	if (ollama.stray_runners.length === 0) return;
	terminal.print("");
	terminal.say(message("ui.strays"));
	for (const { pid, kind, model, program, size_gb } of ollama.stray_runners) {
		const what =
			kind === "orphan"
				? message("ui.stray-orphan")
				: kind === "left-behind"
					? message("ui.stray-left")
					: message("ui.stray-other", { program });
		terminal.say(
			message("cli.stray", {
				pid,
				model: model ?? program,
				size: size_gb === null ? "–" : formatGb(fromGb(size_gb), renderer.language),
				what: renderer.render(what),
			}),
		);
		if (kind !== "other") terminal.say(message("cli.end-hint", { pid }));
	}
}

/** Models that are loaded over and over, each loop with what ends it. */
function sayLoops(terminal: Terminal, { ollama }: Status): void {
	for (const loop of ollama.reload_loops) {
		terminal.print("");
		terminal.say(loopMessage(loop));
		terminal.say(loopTip(loop));
	}
}

/** Shows memory, loaded models, stray runners and reload loops once. */
export async function showStatus(client: ApiClient, terminal: Terminal, json: boolean): Promise<number> {
	const { body } = await client.call({ method: "GET", path: "/api/memory/status" });
	if (json) {
		terminal.print(JSON.stringify(body, null, 2));
		return 0;
	}
	const status = statusAnswer.parse(body);
	const health = healthAnswer.safeParse((await client.call({ method: "GET", path: "/health" })).body);
	if (health.data?.engine.kind === "demo") terminal.say(message("cli.engine-demo"));
	sayMemory(terminal, status);
	sayModels(terminal, status, Date.now());
	sayStrays(terminal, status);
	sayLoops(terminal, status);
	return 0;
}
