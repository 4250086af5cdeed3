import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import type { AdmissionTicket } from "../residency/admission.ts";
import { leaveFor, routeAndAdmit } from "./admit.ts";
import type { FlatHeaders } from "./answer-headers.ts";
import type { CarriedAnswers } from "./carried-answers.ts";
import type { EnginePipe, Passing } from "./engine-pipe.ts";
import type { GatewayDeps, GatewayLimits } from "./gateway-deps.ts";
import { embeds, type Fields, loadIntent, mayLoad, parseObject } from "./load-request.ts";
import { promptOf } from "./prompt-of.ts";
import { readBody } from "./request-body.ts";
import { createRoutedChat } from "./routed-chat.ts";
import { type RoutedName, routedName } from "./routed-name.ts";
import { bodyFor } from "./routed-request.ts";
import { sendError } from "./send-answer.ts";

/** A request on a passed-on path, found good by the security chain. */
export interface PassedOn {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	/** Added to the answer: instance, CORS. */
	readonly headers: FlatHeaders;
	readonly dropCredentials: boolean;
}

/** For a request that holds no place in the queue of loads. */
function nothing(): void {}

/** Passes requests on to the engine; those that would load a model pass the gate of admission first. */
export function createPassThrough(
	deps: Pick<
		GatewayDeps,
		"admit" | "inFlight" | "clock" | "log" | "router" | "chat" | "keepAliveMs" | "state"
	>,
	limits: Pick<GatewayLimits, "loadBodyBytes">,
	pipe: EnginePipe,
	carried: Pick<CarriedAnswers, "add">,
): (passed: PassedOn) => void {
	const routedChat = createRoutedChat(deps, carried);

	/** Passes on what may use the model now. */
	function use(passing: Passing, model: string, ticket: AdmissionTicket): void {
		const { response } = passing;
		if (response.destroyed) {
			ticket.release();
			return;
		}
		const ended = deps.inFlight(model);
		let loads = ticket.basis === "load" || ticket.basis === "joined";
		const passage = pipe.pass({
			...passing,
			onHead() {
				loads = false;
				ticket.release();
			},
		});
		const arrived = carried.add({ model, loads: () => loads, end: passage.end });
		response.once("close", () => {
			ticket.release();
			ended();
			arrived();
		});
	}

	/** Chooses who answers, and passes the request on with that one's model in it. */
	async function passRouted(passing: Passing, fields: Fields, name: RoutedName): Promise<void> {
		const { request, response } = passing;
		const { conversation, ...asked } = promptOf(fields);
		const routed = await routeAndAdmit(deps, response, {
			...asked,
			conversation: { id: conversation, lastMember: null },
			override: name.member,
			...(name.domain === null ? {} : { domain: name.domain }),
		});
		const { member } = routed.decision;
		response.once("finish", () => {
			if (response.statusCode < 400) deps.router.noteAnswered({ member: member.id, conversation });
		});
		const headers = [...passing.headers, "Plimsoll-Member", member.id];
		const body = bodyFor(request.url ?? "/", fields, { member, contextLength: routed.contextLength });
		use({ ...passing, body, headers }, member.model, routed.ticket);
	}

	async function passLoading(passed: PassedOn): Promise<void> {
		const { request, response } = passed;
		const body = await readBody(request, { limitBytes: limits.loadBodyBytes, withinMs: null }, deps.clock);
		const passing: Passing = { ...passed, body, onHead: nothing };
		const target = request.url ?? "/";
		const intent = loadIntent(target, body);
		if (intent.kind === "routed-chat") await routedChat(passed, parseObject(body) ?? {});
		else if (intent.kind === "use") {
			const { model, contextLength } = intent;
			const name = routedName(model, deps.router.team().team, deps.state().installed);
			if (name === null || embeds(target))
				use(passing, model, await leaveFor(deps, response, { model, contextLength }));
			else await passRouted(passing, parseObject(body) ?? {}, name);
		} else pipe.pass(passing);
	}

	return (passed) => {
		const { request, response, headers } = passed;
		if (!mayLoad(request.method, request.url ?? "/")) {
			pipe.pass({ ...passed, body: null, onHead: nothing });
			return;
		}
		passLoading(passed).catch((thrown: unknown) => {
			if (response.destroyed) return;
			const error = AppError.wrap(thrown);
			if (error.code === "internal")
				deps.log.error("passing a request on failed", { problem: error.message });
			sendError(request, response, error, headers, deps.clock);
		});
	};
}
