import { AppError } from "../../../shared/errors.ts";
import type { RouteDecision } from "../../../shared/router.ts";

/** Why a decision names nobody. */
export function nobody(decision: RouteDecision): AppError {
	const { why, candidates } = decision;
	if (why.id === "route.none-fits") return AppError.of("no-member-fits", {});
	const wanted = candidates.find(({ reason }) => reason === "not-installed");
	if (why.id === "route.user-not-installed")
		return AppError.of("model-not-found", { model: wanted?.model ?? String(why.params.member) });
	return AppError.of("no-member", { reason: why.id });
}
