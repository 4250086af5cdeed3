import type { AppError } from "../../../shared/errors.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Operation } from "../../../shared/operation.ts";
import type { CarriedAnswer } from "./watchdog-deps.ts";

/**
 * Ends the requests behind the gateway that load a model which is meant, each with the error in its client's dialect;
 * the models' names as the clients wrote them.
 */
export function endCarriedLoads(
	carried: readonly CarriedAnswer[],
	isMeant: (model: string) => boolean,
	error: AppError,
): readonly string[] {
	const loading = carried.filter((answer) => answer.loads() && isMeant(answer.model));
	for (const answer of loading) answer.end(error);
	return [...new Set(loading.map(({ model }) => model))];
}

/** Whether a load's request was ended that way; cancelling it as well would cut off what its client is told. */
export function isTold({ requestedBy, name }: Operation, told: readonly string[]): boolean {
	return requestedBy === "gateway" && told.some((model) => sameName(model, name ?? ""));
}

/** Whether two spellings name one model. */
export function sameName(a: string, b: string): boolean {
	return normalizeModelName(a) === normalizeModelName(b);
}
