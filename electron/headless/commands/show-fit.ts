import type { z } from "zod";
import { ERROR_TABLE } from "../../../shared/errors.ts";
import { type Message, message } from "../../../shared/messages/message.ts";
import { fromGb } from "../../../shared/units.ts";
import { type ApiClient, modelPath } from "../api-client.ts";
import type { Terminal } from "../terminal.ts";
import { fitAnswer } from "./answers.ts";

type Fit = z.infer<typeof fitAnswer>;

function verdictOf(fit: Fit): Message {
	const { model, margin_gb, gpu_percent } = fit;
	const bytes = fromGb(fit.footprint?.total_gb ?? 0);
	const spareBytes = fromGb(margin_gb ?? 0);
	switch (fit.verdict) {
		case "fits":
			return message("cli.fit-fits", { model, bytes, spareBytes });
		case "fits-after":
			return message("cli.fit-after", { model, bytes, spareBytes });
		case "split":
			return message("cli.fit-split", { model, bytes, percent: gpu_percent ?? 0 });
		case "over":
			return fit.because === "memory"
				? message("cli.fit-over", { model, bytes, overBytes: -spareBytes })
				: message("cli.fit-ceiling", { model });
		case "unknown":
			return message("cli.fit-unknown", { model });
	}
}

function helpOf(help: Fit["help"][number]): Message {
	const models = help.models?.join(", ") ?? "";
	const bytes = fromGb(help.gb ?? 0);
	switch (help.kind) {
		case "wait":
			return message("cli.fit-help-wait", { models });
		case "unpin":
			return message("cli.fit-help-unpin", { models });
		case "flush":
			return message("cli.fit-help-flush", { bytes });
		case "context":
			return message("cli.fit-help-context", { context: help.num_ctx ?? 0 });
		case "free":
			return message("cli.fit-help-free", { bytes });
	}
}

function sayTerms(
	terminal: Terminal,
	{ footprint, budget, budget_gb, num_ctx }: Fit,
	wantedContext: number | undefined,
): void {
	if (footprint === null || budget === null) return;
	terminal.print("");
	terminal.say(
		message(`cli.fit-takes-${footprint.source}`, {
			weightsBytes: fromGb(footprint.weights_gb),
			contextBytes: fromGb(footprint.context_gb),
			context: num_ctx ?? 0,
			overheadBytes: fromGb(footprint.overhead_gb),
			workingBytes: fromGb(footprint.working_gb),
		}),
	);
	if (num_ctx !== null && wantedContext !== undefined && wantedContext > num_ctx)
		terminal.say(message("cli.fit-capped", { context: num_ctx }));
	if (footprint.may_grow_gb > 0)
		terminal.say(message("cli.fit-may-grow", { bytes: fromGb(footprint.may_grow_gb) }));
	terminal.say(
		message("cli.fit-budget", {
			budgetBytes: fromGb(budget_gb ?? 0),
			availableBytes: fromGb(budget.available_gb),
			lackingBytes: fromGb(budget.lacking_gb),
			backBytes: fromGb(budget.given_back_gb),
			freeBytes: fromGb(budget.overhead_gb + budget.safety_gb),
			percent: Math.round(budget.factor * 100),
		}),
	);
}

/** Says whether a model fits, with every term. Returns 5 where it does not. */
export async function showFit(
	client: ApiClient,
	terminal: Terminal,
	model: string,
	flags: { readonly numCtx?: number },
	json: boolean,
): Promise<number> {
	const query = flags.numCtx === undefined ? "" : `?num_ctx=${String(flags.numCtx)}`;
	const { body } = await client.call({ method: "GET", path: `${modelPath(model, "fit")}${query}` });
	const fit = fitAnswer.parse(body);
	if (json) terminal.print(JSON.stringify(body, null, 2));
	else {
		terminal.say(verdictOf(fit));
		for (const step of fit.evictions)
			terminal.say(message(`cli.fit-${step.step}`, { model: step.model, bytes: fromGb(step.gb) }));
		for (const each of fit.wait_for) terminal.say(message("cli.fit-waits", { model: each }));
		for (const help of fit.help) terminal.say(helpOf(help));
		sayTerms(terminal, fit, flags.numCtx);
	}
	return fit.verdict === "over" ? ERROR_TABLE["memory-too-low"].exit : 0;
}
