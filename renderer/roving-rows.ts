import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef } from "react";

function rowsOf(list: HTMLElement): readonly HTMLElement[] {
	return [...list.querySelectorAll<HTMLElement>("[data-row]")];
}

/**
 * Makes a list one stop for the Tab key: arrows move between its rows, right goes to a row's buttons and left back.
 * Spread the result over the list; its rows carry `data-row` and `tabIndex={-1}`.
 */
export function useRovingRows(): {
	readonly ref: RefObject<HTMLUListElement | null>;
	readonly onKeyDown: (event: KeyboardEvent<HTMLUListElement>) => void;
	readonly onFocus: (event: FocusEvent<HTMLUListElement>) => void;
} {
	const ref = useRef<HTMLUListElement | null>(null);
	const held = useRef<{ readonly row: HTMLElement; readonly at: number } | null>(null);

	// The first row, or the one that has the focus, is the stop; rows come and go with the state.
	useEffect(() => {
		const list = ref.current;
		if (list === null) return;
		const rows = rowsOf(list);
		const current = rows.find((row) => row.contains(document.activeElement)) ?? rows[0];
		for (const row of rows) row.tabIndex = row === current ? 0 : -1;
		// A row that was loaded or unloaded takes the focus with it; its place in the list keeps it.
		const last = held.current;
		const onNothing = document.activeElement === null || document.activeElement === document.body;
		if (last === null || !onNothing) return;
		held.current = null;
		if (!last.row.isConnected) rows[Math.min(last.at, rows.length - 1)]?.focus({ preventScroll: true });
	});

	function onFocus(event: FocusEvent<HTMLUListElement>): void {
		const row = (event.target as HTMLElement).closest<HTMLElement>("[data-row]");
		held.current = row === null ? null : { row, at: rowsOf(event.currentTarget).indexOf(row) };
	}

	function onKeyDown(event: KeyboardEvent<HTMLUListElement>): void {
		const list = ref.current;
		const target = event.target as HTMLElement;
		const row = target.closest<HTMLElement>("[data-row]");
		if (list === null || row === null || target.matches("input, textarea, select")) return;
		const rows = rowsOf(list);
		const at = rows.indexOf(row);
		const buttons = [...row.querySelectorAll<HTMLElement>("button:not(:disabled)")];
		const button = buttons.indexOf(target);
		const next = {
			ArrowDown: rows[at + 1],
			ArrowUp: rows[at - 1],
			Home: rows[0],
			End: rows.at(-1),
			ArrowRight: buttons[button + 1],
			ArrowLeft: button > 0 ? buttons[button - 1] : row,
		}[event.key];
		if (next === undefined || next === target) return;
		event.preventDefault();
		for (const each of rows) each.tabIndex = each === (next.closest("[data-row]") ?? row) ? 0 : -1;
		next.focus();
	}

	return { ref, onKeyDown, onFocus };
}
