import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { chooseLanguage, createTerminal } from "./terminal.ts";

function stream(isTTY: boolean): PassThrough & { isTTY: boolean; columns: number } {
	return Object.assign(new PassThrough(), { isTTY, columns: 20 });
}

const textOf = (written: PassThrough): string => String(written.read() ?? "");

describe("a terminal", () => {
	it("rewrites one line on a screen, cut to its width, and takes it away before anything else", () => {
		const out = stream(true);
		const err = stream(true);
		const terminal = createTerminal("en", out, err);
		terminal.progress("Loading … 0.2 s");
		terminal.progress("Loading a model with a very long name … 0.4 s");
		terminal.print("done");
		expect(textOf(err)).toBe("\r\u001b[2KLoading … 0.2 s\r\u001b[2KLoading a model wi…\r\u001b[2K");
		expect(textOf(out)).toBe("done\n");
	});

	it("writes one plain line in a pipe, however often the figures change", () => {
		const err = stream(false);
		const terminal = createTerminal("en", stream(false), err);
		terminal.progress("Loading … 0.2 s", "Loading …");
		terminal.progress("Loading … 0.4 s", "Loading …");
		terminal.progress("Unloading … 0.1 s", "Unloading …");
		terminal.endProgress();
		expect(textOf(err)).toBe("Loading …\nUnloading …\n");
	});
});

describe("the language", () => {
	it("is the one asked for, else the system's, else English", () => {
		expect(chooseLanguage("de", { LANG: "en_GB.UTF-8" })).toBe("de");
		expect(chooseLanguage("system", { LANG: "de_AT.UTF-8" })).toBe("de");
		expect(chooseLanguage(undefined, { LC_ALL: "C", LANG: "de_DE" })).toBe("en");
		expect(chooseLanguage(undefined, {})).toBe("en");
	});
});
