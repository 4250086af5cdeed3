import type { Clock, Stop } from "../ports.ts";

/** Text that has come is shown at most this often, so that a fast model does not redraw for every token. */
const SHOW_EVERY_MS = 40;

/** Gathers arriving text and shows it at a bounded pace. */
export interface Arrival {
	add(chunk: { readonly kind: "text" | "thinking"; readonly text: string }): void;
	/** Shows at once what has come since. */
	flush(): void;
}

/** Makes an arrival. */
export function createArrival(clock: Clock, show: (text: string, thinking: string) => void): Arrival {
	let text = "";
	let thinking = "";
	let pending: Stop | null = null;
	function flush(): void {
		if (pending === null) return;
		pending();
		pending = null;
		show(text, thinking);
	}
	return {
		add(chunk) {
			if (chunk.kind === "text") text += chunk.text;
			else thinking += chunk.text;
			pending ??= clock.after(SHOW_EVERY_MS, flush);
		},
		flush,
	};
}
