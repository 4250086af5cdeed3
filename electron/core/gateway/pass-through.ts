import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import type { AdmissionTicket } from "../residency/admission.ts";
import type { FlatHeaders } from "./answer-headers.ts";
import type { CarriedAnswers } from "./carried-answers.ts";
import type { EnginePipe, Passing } from "./engine-pipe.ts";
import type { GatewayDeps, GatewayLimits } from "./gateway-deps.ts";
import { loadIntent, mayLoad } from "./load-request.ts";
import { readBody } from "./request-body.ts";
import { answerRoutedChat } from "./routed-chat.ts";
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
	deps: Pick<GatewayDeps, "admit" | "inFlight" | "clock" | "log">,
	limits: Pick<GatewayLimits, "loadBodyBytes">,
	pipe: EnginePipe,
	carried: Pick<CarriedAnswers, "add">,
): (passed: PassedOn) => void {
	/** Waits for leave to use the model. Rejects with the refusal, or with `cancelled` where the client has left. */
	async function leaveFor(
		response: ServerResponse,
		model: string,
		contextLength: number | null,
	): Promise<AdmissionTicket> {
		const answer = await deps.admit({
			model,
			...(contextLength === null ? {} : { contextLength }),
			requestedBy: "gateway",
			force: false,
			// Who cancels the load in the popover closes the client's request, which ends the engine's load.
			cancel: () => response.destroy(),
		});
		if (answer.kind === "refusal") throw answer.error;
		if (answer.kind === "ticket") return answer;
		const leave = (): void => answer.leave();
		if (response.destroyed) leave();
		response.once("close", leave);
		try {
			return await answer.ready;
		} finally {
			response.off("close", leave);
		}
	}

	async function use(passing: Passing, model: string, contextLength: number | null): Promise<void> {
		const { response } = passing;
		const ticket = await leaveFor(response, model, contextLength);
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

	async function passLoading(passed: PassedOn): Promise<void> {
		const { request, response } = passed;
		const body = await readBody(request, { limitBytes: limits.loadBodyBytes, withinMs: null }, deps.clock);
		const passing: Passing = { ...passed, body, onHead: nothing };
		const intent = loadIntent(request.url ?? "/", body);
		if (intent.kind === "use") await use(passing, intent.model, intent.contextLength);
		else if (intent.kind === "routed-chat") answerRoutedChat(request, response, passed.headers, deps.clock);
		else pipe.pass(passing);
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
