import { homedir } from "node:os";
import { type Command, CommanderError, createCommand, InvalidArgumentError } from "commander";
import { AppError } from "../../shared/errors.ts";
import { message } from "../../shared/messages/message.ts";
import { systemClock } from "../core/clock.ts";
import { createSystemProbes } from "../core/memory/system-probes.ts";
import type { Paths } from "../core/ports.ts";
import { resolvePaths } from "../core/store/paths.ts";
import { connectToPlimsoll } from "./api-client.ts";
import { APP_VERSION } from "./app-version.ts";
import { flushModels, type LoadFlags, loadModel, trimModel, unloadModel } from "./commands/change-models.ts";
import { chat } from "./commands/chat.ts";
import { runDoctor } from "./commands/doctor.ts";
import { endRunnerProcess } from "./commands/end-runner.ts";
import { runDemoEngine } from "./commands/run-demo-engine.ts";
import { showFit } from "./commands/show-fit.ts";
import { type RouteFlags, showRoute } from "./commands/show-route.ts";
import { showStatus } from "./commands/show-status.ts";
import { addDemoEngineFlags, readDemoEngineFlags } from "./demo-engine-flags.ts";
import { runnerEntry, runsFromSource } from "./places.ts";
import { readSettingsFile } from "./read-settings-file.ts";
import { serve } from "./serve.ts";
import { silentLog } from "./silent-log.ts";
import { chooseLanguage, createTerminal, type Terminal } from "./terminal.ts";

/** Flags that several commands take. */
interface CommonFlags {
	readonly dataDir?: string;
	readonly language?: string;
	readonly json?: boolean;
}

/** Flags of what starts or examines a Plimsoll. */
interface HostFlags extends CommonFlags {
	readonly engine?: string;
	readonly port?: number;
	readonly open?: boolean;
}

function readPort(text: string): number {
	if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
	throw new InvalidArgumentError("It is not a port: 0 to 65535.");
}

/** The largest context that a load may be asked for, tokens. */
const MOST_TOKENS = 16_777_216;

function readTokens(text: string): number {
	if (/^\d{1,8}$/.test(text) && Number(text) > 0 && Number(text) <= MOST_TOKENS) return Number(text);
	throw new InvalidArgumentError(`It is no number of tokens from 1 to ${MOST_TOKENS}.`);
}

function readCount(text: string): number {
	if (/^\d{1,3}$/.test(text)) return Number(text);
	throw new InvalidArgumentError("It is not a number of pictures.");
}

function readPrompt(text: string): string {
	if (text.trim() !== "") return text;
	throw new InvalidArgumentError("There is nothing in it.");
}

function readPid(text: string): number {
	if (/^\d{1,10}$/.test(text) && Number(text) > 1) return Number(text);
	throw new InvalidArgumentError("It is not the number of a process.");
}

function readLanguage(text: string): string {
	if (text === "en" || text === "de") return text;
	throw new InvalidArgumentError("It is en or de.");
}

function pathsOf({ dataDir }: CommonFlags): Paths {
	return resolvePaths({ platform: process.platform, env: process.env, home: homedir(), dataDir });
}

/** The flag, else PLIMSOLL_PORT, else null for the setting. */
function portOf({ port }: HostFlags): number | null {
	const named = process.env.PLIMSOLL_PORT;
	if (port !== undefined) return port;
	if (named === undefined || named === "") return null;
	if (/^\d{1,5}$/.test(named) && Number(named) <= 65_535) return Number(named);
	throw AppError.of("invalid-argument", { what: "PLIMSOLL_PORT", problem: `“${named}” is no port` });
}

/** The terminal in the language of the flag, else of the settings, else of the system. */
async function terminalFor(flags: CommonFlags): Promise<Terminal> {
	const set = flags.language ?? (await readSettingsFile(pathsOf(flags)))?.language;
	return createTerminal(chooseLanguage(set, process.env));
}

function withCommonFlags(command: Command): Command {
	return command
		.option("--data-dir <folder>", "folder of settings, history and log (else PLIMSOLL_DATA_DIR)")
		.option("--language <language>", "en or de", readLanguage);
}

function withJson(command: Command): Command {
	return withCommonFlags(command).option("--json", "print JSON");
}

function withHostFlags(command: Command): Command {
	return command
		.option("--engine <address>", "address of the engine (else PLIMSOLL_ENGINE, the setting, OLLAMA_HOST)")
		.option("--port <number>", "port to listen on (else PLIMSOLL_PORT, the setting, 11435)", readPort);
}

/** An error of the command line itself, in the form that was asked for. */
function tell(error: AppError, terminal: Terminal, json: boolean): number {
	const { renderer } = terminal;
	if (json) {
		const { code, params } = error;
		const text = renderer.render(error.said);
		terminal.print(
			JSON.stringify({ error: { code, text, next: renderer.render(error.next), params } }, null, 2),
		);
	} else {
		terminal.note(message("cli.error", { text: renderer.render(error.said) }));
		terminal.note(error.next);
	}
	return error.exitCode;
}

/** Runs the command line on the arguments behind the program's name and resolves with the exit code. */
async function run(given: readonly string[]): Promise<number> {
	let exitCode = 0;

	/** Runs a command's work with its terminal; what it throws becomes a sentence and an exit code. */
	async function doing(flags: CommonFlags, work: (terminal: Terminal) => Promise<number>): Promise<void> {
		const terminal = await terminalFor(flags);
		try {
			exitCode = await work(terminal);
		} catch (thrown) {
			exitCode = tell(AppError.wrap(thrown), terminal, flags.json === true);
		}
	}

	const program = createCommand("plimsoll")
		.description("Shows what local language models take of this machine's memory, loads and unloads them.")
		.version(APP_VERSION)
		.showHelpAfterError()
		.exitOverride();

	withHostFlags(withCommonFlags(program.command("serve")))
		.description("run Plimsoll without its menu-bar app")
		.option("--no-open", "do not open the popover in the browser")
		.action((flags: HostFlags) =>
			doing(flags, (terminal) =>
				serve(terminal, {
					paths: pathsOf(flags),
					engine: flags.engine ?? null,
					port: portOf(flags),
					open: flags.open !== false,
					// Who names an engine wants that one, also while it is away.
					demo: runsFromSource() && flags.engine === undefined && !process.env.PLIMSOLL_ENGINE,
				}),
			),
		);
	withJson(program.command("status"))
		.description("show the memory and the loaded models")
		.action((flags: CommonFlags) =>
			doing(flags, async (terminal) =>
				showStatus(await connectToPlimsoll(pathsOf(flags)), terminal, flags.json === true),
			),
		);
	withJson(program.command("load"))
		.description("load a model and wait for it; Ctrl-C takes it back")
		.argument("<model>")
		.option("--num-ctx <tokens>", "context to load it with", readTokens)
		.option("--keep-alive <duration>", "how long it stays after its last answer, such as 10m; -1 for ever")
		.option("--force", "load it although it is over the budget")
		.action((model: string, flags: CommonFlags & LoadFlags) =>
			doing(flags, async (terminal) =>
				loadModel(await connectToPlimsoll(pathsOf(flags)), terminal, model, flags, flags.json === true),
			),
		);
	withJson(program.command("unload"))
		.description("unload a model and wait for the proof")
		.argument("<model>")
		.action((model: string, flags: CommonFlags) =>
			doing(flags, async (terminal) =>
				unloadModel(await connectToPlimsoll(pathsOf(flags)), terminal, model, flags.json === true),
			),
		);
	withJson(program.command("flush"))
		.description("unload every local model and wait for the proof")
		.action((flags: CommonFlags) =>
			doing(flags, async (terminal) =>
				flushModels(await connectToPlimsoll(pathsOf(flags)), terminal, flags.json === true),
			),
		);
	withJson(program.command("trim"))
		.description("unload and load again an idle model whose runner has grown")
		.argument("<model>")
		.action((model: string, flags: CommonFlags) =>
			doing(flags, async (terminal) =>
				trimModel(await connectToPlimsoll(pathsOf(flags)), terminal, model, flags.json === true),
			),
		);
	withJson(program.command("end-runner"))
		.description("end the process of a runner that is stuck or left over, after asking")
		.argument("<pid>", "its process, as status shows it", readPid)
		.option("--yes", "do not ask")
		.action((pid: number, flags: CommonFlags & { readonly yes?: boolean }) =>
			doing(flags, async (terminal) => {
				const { processes } = createSystemProbes({
					platform: process.platform,
					clock: systemClock,
					log: silentLog,
				});
				return endRunnerProcess(await connectToPlimsoll(pathsOf(flags)), terminal, pid, { processes }, flags);
			}),
		);
	withJson(program.command("fit"))
		.description("say whether a model fits, without loading it; ends with 5 where it does not")
		.argument("<model>")
		.option("--num-ctx <tokens>", "context to judge it with", readTokens)
		.action((model: string, flags: CommonFlags & { readonly numCtx?: number }) =>
			doing(flags, async (terminal) =>
				showFit(await connectToPlimsoll(pathsOf(flags)), terminal, model, flags, flags.json === true),
			),
		);
	withJson(program.command("route"))
		.description("say which model would answer a prompt, and why; nothing is asked")
		.argument("<prompt>", "what would be asked", readPrompt)
		.option("--images <number>", "how many pictures come with it", readCount)
		.option("--original-team", "ask the original eleven, as if all were installed")
		.action((prompt: string, flags: CommonFlags & RouteFlags) =>
			doing(flags, async (terminal) =>
				showRoute(await connectToPlimsoll(pathsOf(flags)), terminal, prompt, flags, flags.json === true),
			),
		);
	withJson(program.command("chat"))
		.description(
			"ask, and let Plimsoll choose who answers; without a prompt, a conversation from line to line",
		)
		.argument("[prompt]", "what is asked", readPrompt)
		.option("--member <id>", "who is to answer, by its id in the team")
		.action((prompt: string | undefined, flags: CommonFlags & { readonly member?: string }) =>
			doing(flags, async (terminal) =>
				chat(await connectToPlimsoll(pathsOf(flags)), terminal, prompt ?? null, flags, flags.json === true),
			),
		);
	withCommonFlags(program.command("mcp"))
		.description("serve MCP over standard input and output, for programs that speak it")
		.action((flags: CommonFlags) =>
			doing(flags, async () => {
				// A tenth of a second that no other command should wait for.
				const { serveMcp } = await import("./mcp/serve-mcp.ts");
				return serveMcp(pathsOf(flags));
			}),
		);
	withHostFlags(withJson(program.command("doctor")))
		.description("examine this machine and say what Plimsoll would find")
		.action((flags: HostFlags) =>
			doing(flags, (terminal) =>
				runDoctor(
					terminal,
					{ paths: pathsOf(flags), engine: flags.engine ?? null, port: portOf(flags) },
					flags.json === true,
				),
			),
		);
	addDemoEngineFlags(withCommonFlags(program.command("demo-engine")))
		.description("run the demo engine alone")
		.action((flags: CommonFlags & Readonly<Record<string, unknown>>) =>
			doing(flags, async (terminal) => {
				await runDemoEngine(terminal, readDemoEngineFlags(flags, runnerEntry));
				return 0;
			}),
		);

	try {
		await program.parseAsync([...given], { from: "user" });
	} catch (thrown) {
		if (!(thrown instanceof CommanderError)) throw thrown;
		// Help that was asked for is no failure; anything else is a wrong call.
		return thrown.exitCode === 0 ? 0 : 2;
	}
	return exitCode;
}

// An explicit end: inside Electron nothing else ends the process.
process.exit(await run(process.argv.slice(2)));
