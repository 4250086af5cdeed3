import { randomUUID } from "node:crypto";
import type { Operation } from "../../../shared/operation.ts";
import type { Clock, Stop } from "../ports.ts";

/** An operation on the board; its row goes when it is removed. */
export interface BoardEntry {
	readonly id: string;
	row(): Operation;
	change(change: Partial<Pick<Operation, "state" | "progress" | "startedAt" | "key">>): void;
	remove(): void;
}

/** Every running or waiting change of what is loaded, in the order it was asked for. */
export interface OperationBoard {
	list(): readonly Operation[];
	onChange(listener: () => void): Stop;
	/** Adds a row; `cancel` is what a person's cancelling does. */
	add(
		row: Pick<Operation, "kind" | "name" | "key" | "state" | "requestedBy">,
		cancel: () => Promise<void>,
	): BoardEntry;
	/** Cancels an operation and resolves when that took effect; one that is over already needs nothing. */
	cancel(id: string): Promise<void>;
}

/** Makes an empty board. */
export function createOperationBoard(clock: Clock): OperationBoard {
	const entries = new Map<string, { row: Operation; readonly cancel: () => Promise<void> }>();
	const listeners = new Set<() => void>();
	const tell = () => {
		for (const listener of listeners) listener();
	};
	return {
		list: () => [...entries.values()].map((entry) => entry.row),
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		add(row, cancel) {
			const id = randomUUID();
			const now = clock.now();
			const entry = {
				row: {
					...row,
					id,
					queuedAt: now,
					startedAt: row.state === "queued" ? null : now,
					progress: null,
				} as Operation,
				cancel,
			};
			entries.set(id, entry);
			tell();
			return {
				id,
				row: () => entry.row,
				change(change) {
					const next = { ...entry.row, ...change };
					if (JSON.stringify(next) === JSON.stringify(entry.row)) return;
					entry.row = next;
					if (entries.has(id)) tell();
				},
				remove() {
					if (entries.delete(id)) tell();
				},
			};
		},
		async cancel(id) {
			await entries.get(id)?.cancel();
		},
	};
}
