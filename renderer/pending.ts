import { useEffect, useState } from "react";

/** A wish that core has not confirmed by then is taken back. */
const ROLL_BACK_AFTER_MS = 4_000;

/**
 * A value that is shown as wished until core says the same, or takes too long: then it falls back to what core says.
 * Returns what to show, whether it is only wished yet, and the way to wish.
 */
export function usePending<Value>(actual: Value): readonly [Value, boolean, (wished: Value) => void] {
	const [wish, setWish] = useState<{ readonly value: Value; readonly instead: Value } | null>(null);
	const open = wish !== null && Object.is(actual, wish.instead) && !Object.is(actual, wish.value);
	useEffect(() => {
		if (!open || wish === null) return;
		const timer = setTimeout(() => setWish(null), ROLL_BACK_AFTER_MS);
		return () => clearTimeout(timer);
	}, [open, wish]);
	return [open ? wish.value : actual, open, (value) => setWish({ value, instead: actual })];
}
