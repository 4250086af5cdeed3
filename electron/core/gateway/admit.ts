import type { ServerResponse } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import type { Member, RouteDecision } from "../../../shared/router.ts";
import type { AdmissionTicket } from "../residency/admission.ts";
import { nobody } from "../router/nobody.ts";
import type { RouteAsk } from "../router/router.ts";
import type { GatewayDeps } from "./gateway-deps.ts";

/** What a client wants to use. */
export interface Wanted {
	readonly model: string;
	readonly contextLength: number | null;
	/** Load although it is over. */
	readonly force?: boolean;
}

/** Waits for leave to use a model. Rejects with the refusal, or with `cancelled` where the client has left. */
export async function leaveFor(
	deps: Pick<GatewayDeps, "admit">,
	response: ServerResponse,
	{ model, contextLength, force = false }: Wanted,
): Promise<AdmissionTicket> {
	const answer = await deps.admit({
		model,
		...(contextLength === null ? {} : { contextLength }),
		requestedBy: "gateway",
		force,
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

/** A decision that names somebody. */
export type Decided = RouteDecision & { readonly member: Member };

/** A member that was chosen and may be used now. */
export interface Routed {
	readonly decision: Decided;
	readonly contextLength: number | null;
	readonly ticket: AdmissionTicket;
}

/**
 * Chooses a member and waits for leave to use it. One that the gate refuses for memory, because the machine has changed
 * since it was chosen, is passed over for the next. Rejects with the last refusal, or with why nobody can answer.
 */
export async function routeAndAdmit(
	deps: Pick<GatewayDeps, "admit" | "router">,
	response: ServerResponse,
	ask: RouteAsk,
): Promise<Routed> {
	const without = new Set<string>();
	const left = new AbortController();
	response.once("close", () => left.abort());
	let refusal: AppError | null = null;
	for (;;) {
		const decision = await deps.router.decide({ ...ask, without, waitUntilQuiet: left.signal });
		const { member } = decision;
		if (member === null) throw refusal ?? nobody(decision);
		const decided: Decided = { ...decision, member };
		const contextLength = deps.router.contextOf(decided);
		try {
			const wanted = { model: member.model, contextLength, force: decision.edge };
			return { decision: decided, contextLength, ticket: await leaveFor(deps, response, wanted) };
		} catch (thrown) {
			refusal = AppError.wrap(thrown);
			if (refusal.status !== 507 || without.has(member.id) || ask.override !== null) throw refusal;
			without.add(member.id);
		}
	}
}
