import type { LoadedModel } from "../../../shared/model.ts";
import type { Member, RouteNeeds } from "../../../shared/router.ts";

/** Below this an engine's usual context is large enough, whatever it is. */
const USUAL_LEAST_TOKENS = 4_096;

/** Whether a model is loaded with enough context for a member. What the engine does not tell is taken for enough. */
export function holdsContext(
	{ contextLength }: Pick<LoadedModel, "contextLength">,
	member: Member,
	needs: RouteNeeds,
): boolean {
	return contextLength === 0 || contextLength >= Math.min(needs.contextTokens, member.contextTokens);
}

/**
 * Context that a member has to be loaded with for a prompt, tokens: its own, more where the prompt needs more (in
 * powers of two, so that the next longer prompt does not load it anew), never more than it takes. Null leaves it to
 * the engine.
 */
export function contextFor(member: Member, needs: RouteNeeds): number | null {
	const least = Math.min(needs.contextTokens, member.contextTokens);
	if (member.numCtx !== null && member.numCtx >= least) return member.numCtx;
	if (member.numCtx === null && least <= USUAL_LEAST_TOKENS) return null;
	return Math.min(member.contextTokens, 2 ** Math.ceil(Math.log2(least)));
}
