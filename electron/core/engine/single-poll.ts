/** A question that is never asked twice at the same time. */
export interface SinglePoll<Value> {
	/** Joins the question that is out, or asks. */
	join(): Promise<Value | null>;
	/** An answer to a question asked from now on; where the one that is out gets no answer, null without asking again. */
	fresh(): Promise<Value | null>;
	/** When the question that is out was asked, by the given clock, or null. */
	askedAtMs(): number | null;
}

/** Wraps a question that answers null where it failed and never rejects. */
export function createSinglePoll<Value>(
	ask: () => Promise<Value | null>,
	monotonicMs: () => number,
): SinglePoll<Value> {
	let out: { readonly answer: Promise<Value | null>; readonly askedAtMs: number } | null = null;
	let next: Promise<Value | null> | null = null;

	function join(): Promise<Value | null> {
		if (out !== null) return out.answer;
		const answer = ask().finally(() => {
			out = null;
		});
		out = { answer, askedAtMs: monotonicMs() };
		return answer;
	}

	return {
		join,
		fresh() {
			if (out === null) return join();
			next ??= out.answer.then((value) => {
				next = null;
				return value === null ? null : join();
			});
			return next;
		},
		askedAtMs: () => out?.askedAtMs ?? null,
	};
}
