import { createInterface } from "node:readline/promises";
import { AppError } from "../../../shared/errors.ts";
import { message } from "../../../shared/messages/message.ts";
import { fromGb } from "../../../shared/units.ts";
import { systemClock } from "../../core/clock.ts";
import { type EndRunnerParts, endRunner } from "../../core/memory/end-runner.ts";
import type { ApiClient } from "../api-client.ts";
import type { Terminal } from "../terminal.ts";
import { statusAnswer } from "./answers.ts";
import { whileWaiting } from "./while-waiting.ts";

/**
 * Ends the process of a stuck, dead or stray runner that Plimsoll names, from here and not over HTTP, after a person has
 * said yes at the terminal or with `--yes`. Returns the exit code.
 */
export async function endRunnerProcess(
	client: ApiClient,
	terminal: Terminal,
	pid: number,
	parts: Pick<EndRunnerParts, "processes">,
	flags: { readonly yes?: boolean; readonly json?: boolean },
): Promise<number> {
	const status = statusAnswer.parse((await client.call({ method: "GET", path: "/api/memory/status" })).body);
	const { loaded_models: models, stray_runners: strays } = status.ollama;
	const stray = strays.find((each) => each.pid === pid && each.kind !== "other");
	const model = models.find(
		(each) => each.pid === pid && (each.oddity === "stuck" || each.oddity === "dead-runner"),
	);
	const shown = (await parts.processes.list()).find((process) => process.pid === pid);
	if ((stray === undefined && model === undefined) || shown === undefined)
		throw AppError.of("process-changed", { pid });
	const name = model?.name ?? stray?.model ?? stray?.program ?? String(pid);
	if (!flags.yes && !(await agreed(terminal, pid, name))) {
		terminal.note(message("cli.end-kept"));
		return 1;
	}
	const ended = await whileWaiting(terminal, message("cli.ending", { pid }), flags.json === true, () =>
		endRunner(
			{ ...parts, clock: systemClock, kill: (target, signal) => void process.kill(target, signal) },
			{ pid, startedAt: shown.startedAt },
		),
	);
	if (flags.json) terminal.print(JSON.stringify(ended, null, 2));
	else {
		// What was listed, since on the demo's machine a process holds less than it stands for.
		const listedGb = model?.size_gb ?? stray?.size_gb ?? null;
		const bytes = listedGb === null ? (ended.releasedBytes ?? 0) : fromGb(listedGb);
		terminal.say(message("cli.end-done", { pid, bytes }));
	}
	return 0;
}

/** Throws `invalid-argument` where nobody sits at the terminal. */
async function agreed(terminal: Terminal, pid: number, model: string): Promise<boolean> {
	if (!process.stdin.isTTY)
		throw AppError.of("invalid-argument", { what: "--yes", problem: "is needed where nobody can be asked" });
	const asking = createInterface({ input: process.stdin, output: process.stderr });
	try {
		const answer = await asking.question(
			terminal.renderer.render(message("cli.end-question", { pid, model })),
		);
		return /^[yj]/i.test(answer.trim());
	} finally {
		asking.close();
	}
}
