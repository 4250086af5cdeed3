import { ERROR_TABLE } from "../../../shared/errors.ts";
import { message } from "../../../shared/messages/message.ts";
import { fromGb } from "../../../shared/units.ts";
import type { ApiClient } from "../api-client.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { routeAnswer } from "./answers.ts";

/** Flags of `plimsoll route`. */
export interface RouteFlags {
	readonly images?: number;
	readonly originalTeam?: boolean;
}

/** Says who would answer a prompt, and how every member was judged. Returns 5 where nobody can. */
export async function showRoute(
	client: ApiClient,
	terminal: Terminal,
	prompt: string,
	flags: RouteFlags,
	json: boolean,
): Promise<number> {
	const { body } = await client.call({
		method: "POST",
		path: "/api/route",
		body: {
			prompt,
			images: flags.images ?? 0,
			...(flags.originalTeam === true ? { team: "original", assume_installed: true } : {}),
		},
	});
	const decision = routeAnswer.parse(body);
	const exitCode = decision.member === null ? ERROR_TABLE["no-member-fits"].exit : 0;
	if (json) {
		terminal.print(JSON.stringify(body, null, 2));
		return exitCode;
	}
	const { renderer } = terminal;
	const { requirements } = decision;
	if (decision.member === null) terminal.say(message("cli.route-nobody"));
	else terminal.print(`${decision.name ?? decision.member} (${decision.model ?? ""})`);
	terminal.print(decision.why);
	for (const { model, gb } of decision.steps)
		terminal.say(message("cli.route-first", { model, bytes: fromGb(gb) }));
	terminal.say(
		message("cli.route-asks", {
			domain: requirements.plimsoll_domain,
			percent: Math.round(requirements.confidence * 100),
			complexity: requirements.complexity,
			topics: requirements.topics.length === 0 ? "" : `, ${requirements.topics.join(", ")}`,
		}),
	);
	terminal.print("");
	terminal.print(
		formatTable(
			[
				{ title: renderer.render(message("cli.column-member")), align: "left" },
				{ title: renderer.render(message("cli.column-model")), align: "left" },
				{ title: renderer.render(message("cli.column-reason")), align: "left" },
			],
			decision.candidates.map(({ member, model, reason }) => [
				member,
				model,
				renderer.render(message(`chat.reason-${reason}`)),
			]),
		),
	);
	return exitCode;
}
