import { type Message } from "../../../shared/messages/message.ts";
import { formatDuration } from "../../../shared/messages/render.ts";
import type { Terminal } from "../terminal.ts";

/** How often the time on a progress line moves on. */
const TICK_MS = 200;

/**
 * Shows what is awaited: a line with the time so far on a terminal, one plain line in a pipe, nothing where the
 * output is JSON. Ctrl-C aborts the work; a second one ends the program as usual.
 */
export async function whileWaiting<Result>(
	terminal: Terminal,
	what: Message,
	quiet: boolean,
	work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
	const abort = new AbortController();
	const interrupt = (): void => abort.abort();
	process.once("SIGINT", interrupt);
	process.once("SIGTERM", interrupt);
	const startedAt = performance.now();
	const text = terminal.renderer.render(what);
	const show = (): void => {
		const elapsed = formatDuration(performance.now() - startedAt, terminal.renderer.language);
		terminal.progress(`${text} … ${elapsed}`, `${text} …`);
	};
	if (!quiet) show();
	const ticking = quiet ? undefined : setInterval(show, TICK_MS);
	try {
		return await work(abort.signal);
	} finally {
		clearInterval(ticking);
		terminal.endProgress();
		process.removeListener("SIGINT", interrupt);
		process.removeListener("SIGTERM", interrupt);
	}
}
