import type { Writable } from "node:stream";
import { createRenderer } from "../../shared/messages/create-renderer.ts";
import type { Message } from "../../shared/messages/message.ts";
import type { Language, Renderer } from "../../shared/messages/render.ts";

/** Where a command writes and how it speaks. */
export interface Terminal {
	readonly renderer: Renderer;
	/** True where lines can be rewritten and a person watches. */
	readonly interactive: boolean;
	/** Results: standard output. */
	print(text: string): void;
	/** A sentence of the catalogue to standard output. */
	say(message: Message): void;
	/** A sentence about what happens meanwhile or went wrong: standard error. */
	note(message: Message): void;
	/**
	 * What is going on right now. A terminal shows one line that is rewritten; a pipe gets a plain line for every
	 * different text of `plain`, so that figures that tick do not fill it.
	 */
	progress(line: string, plain?: string): void;
	/** Takes the progress line away. */
	endProgress(): void;
}

/** The language to speak: the one asked for, else the system's, else English. */
export function chooseLanguage(
	wanted: string | undefined,
	environment: Readonly<Record<string, string | undefined>>,
): Language {
	if (wanted === "en" || wanted === "de") return wanted;
	const system = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || "";
	return system.toLowerCase().startsWith("de") ? "de" : "en";
}

/** Speaks to standard output and standard error. */
export function createTerminal(
	language: Language,
	out: Writable & { readonly isTTY?: boolean } = process.stdout,
	err: Writable & { readonly isTTY?: boolean; readonly columns?: number } = process.stderr,
): Terminal {
	const renderer = createRenderer(language);
	const interactive = err.isTTY === true;
	let shown = false;
	let lastPlain = "";

	function clear(): void {
		if (!shown) return;
		err.write("\r\u001b[2K");
		shown = false;
	}

	const write = (stream: Writable, text: string): void => {
		clear();
		stream.write(`${text}\n`);
	};
	return {
		renderer,
		interactive,
		print: (text) => write(out, text),
		say: (message) => write(out, renderer.render(message)),
		note: (message) => write(err, renderer.render(message)),
		progress(line, plain = line) {
			if (!interactive) {
				if (plain !== lastPlain) err.write(`${plain}\n`);
				lastPlain = plain;
				return;
			}
			const width = (err.columns ?? 80) - 1;
			err.write(`\r\u001b[2K${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
			shown = true;
		},
		endProgress: clear,
	};
}
