/** A value as it crosses a boundary: JSON, so that every transport carries the same. */
export type Json =
	| null
	| boolean
	| number
	| string
	| readonly Json[]
	| { readonly [key: string]: Json | undefined };

/** One step of a patch; `path` leads from the root to what changes. */
export type PatchStep =
	| { readonly op: "set"; readonly path: readonly (string | number)[]; readonly value: unknown }
	| { readonly op: "append"; readonly path: readonly (string | number)[]; readonly text: string }
	| { readonly op: "remove"; readonly path: readonly (string | number)[] };

/** What turns the state of version `from` into that of version `to`. */
export interface StatePatch {
	readonly from: number;
	readonly to: number;
	readonly steps: readonly PatchStep[];
}

/**
 * Told by a transport that has lost its connection in between: patches may be missing, and the Plimsoll at the other
 * end may be another run with versions of its own. A follower takes a new snapshot.
 */
export const CONNECTION_LOST: StatePatch = { from: -1, to: -1, steps: [] };

type Branch = Readonly<Record<string, unknown>> | readonly unknown[];

function isBranch(value: unknown): value is Branch {
	return typeof value === "object" && value !== null;
}

/** Rows with the same `key` or `id` in the same order are compared one by one; any other change replaces the list. */
function sameRows(before: readonly unknown[], after: readonly unknown[]): boolean {
	if (before.length !== after.length) return false;
	return before.every((row, index) => rowId(row) === rowId(after[index]));
}

function rowId(row: unknown): unknown {
	if (!isBranch(row) || Array.isArray(row)) return undefined;
	const record = row as Readonly<Record<string, unknown>>;
	return record.key ?? record.id ?? record.pid;
}

function diffInto(
	before: unknown,
	after: unknown,
	path: readonly (string | number)[],
	steps: PatchStep[],
): void {
	if (Object.is(before, after)) return;
	if (typeof before === "string" && typeof after === "string" && before !== "" && after.startsWith(before)) {
		steps.push({ op: "append", path, text: after.slice(before.length) });
		return;
	}
	if (Array.isArray(before) && Array.isArray(after) && sameRows(before, after)) {
		after.forEach((row, index) => {
			diffInto(before[index], row, [...path, index], steps);
		});
		return;
	}
	if (isBranch(before) && isBranch(after) && !Array.isArray(before) && !Array.isArray(after)) {
		const old = before as Readonly<Record<string, unknown>>;
		const now = after as Readonly<Record<string, unknown>>;
		for (const key of Object.keys(old)) if (!(key in now)) steps.push({ op: "remove", path: [...path, key] });
		for (const key of Object.keys(now)) {
			if (key in old) diffInto(old[key], now[key], [...path, key], steps);
			else steps.push({ op: "set", path: [...path, key], value: now[key] });
		}
		return;
	}
	steps.push({ op: "set", path, value: after });
}

/** The steps from one immutable JSON value to another; none where they are equal in content. */
export function diff(before: unknown, after: unknown): readonly PatchStep[] {
	const steps: PatchStep[] = [];
	diffInto(before, after, [], steps);
	return steps;
}

function applyStep(value: unknown, step: PatchStep, depth: number): unknown {
	const key = step.path[depth];
	if (key === undefined) {
		if (step.op === "set") return step.value;
		if (step.op === "append") return `${String(value)}${step.text}`;
		throw new Error("a patch cannot remove the root");
	}
	if (!isBranch(value)) throw new Error(`a patch leads to ${step.path.join(".")}, which is not there`);
	const last = depth === step.path.length - 1;
	if (Array.isArray(value)) {
		const copy = [...value];
		copy[Number(key)] = applyStep(copy[Number(key)], step, depth + 1);
		return copy;
	}
	const copy: Record<string, unknown> = { ...(value as Readonly<Record<string, unknown>>) };
	if (last && step.op === "remove") delete copy[key];
	else copy[key] = applyStep(copy[key], step, depth + 1);
	return copy;
}

/**
 * Applies steps to an immutable value and returns the new one; whatever no step touches stays the same object, so
 * that a view can tell by identity what changed. Throws where a path does not exist.
 */
export function applyPatch<Value>(value: Value, steps: readonly PatchStep[]): Value {
	let result: unknown = value;
	for (const step of steps) result = applyStep(result, step, 0);
	return result as Value;
}
