import * as fc from "fast-check";
import { AppError } from "../../shared/errors.ts";
import { diff, type StatePatch } from "../../shared/patch.ts";
import type { AppState } from "../../shared/state.ts";

/** What a call rejects with; fails where it resolves or rejects with anything else. */
export async function errorOf(call: Promise<unknown>): Promise<AppError> {
	const outcome = await call.then(
		() => "resolved",
		(thrown: unknown) => thrown,
	);
	if (outcome instanceof AppError) return outcome;
	throw new Error(`expected an AppError, got ${String(outcome)}`);
}

/** A promise that a test settles when it likes. */
export function deferred(): {
	readonly promise: Promise<unknown>;
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: AppError) => void;
} {
	const settle: { resolve?: (value: unknown) => void; reject?: (error: AppError) => void } = {};
	const promise = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
	return { promise, resolve: (value) => settle.resolve?.(value), reject: (error) => settle.reject?.(error) };
}

/** A small stand-in for the state; the contract carries any JSON. */
export function stateOf(version: number, extra: Readonly<Record<string, unknown>> = {}): AppState {
	return { version, ...extra } as unknown as AppState;
}

/** The patch from one state to another. */
export function patchBetween(before: AppState, after: AppState): StatePatch {
	return { from: before.version, to: after.version, steps: diff(before, after) };
}

/** Random JSON, as anybody could send it, now and then close to what is wanted. */
export const anyJson = fc.oneof(
	fc.jsonValue(),
	fc.record(
		{
			model: fc.jsonValue(),
			text: fc.jsonValue(),
			open: fc.jsonValue(),
			place: fc.jsonValue(),
			operationId: fc.jsonValue(),
			fromAt: fc.jsonValue(),
			toAt: fc.jsonValue(),
			["__proto__"]: fc.jsonValue(),
		},
		{ requiredKeys: [] },
	),
);
