import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { AppError } from "../../shared/errors.ts";
import {
	type DemoEngineInput,
	demoEngineOptionsSchema,
	MISBEHAVIOURS,
	SERVER_MISBEHAVIOURS,
} from "../demo-engine/start.ts";

type Field = keyof typeof demoEngineOptionsSchema.shape;

/** What each flag is for. `runnerEntry` has none: the command line knows where its own runner lies. */
const DESCRIPTIONS: { readonly [Name in Exclude<Field, "runnerEntry">]: string } = {
	host: "address to listen on",
	port: "port to listen on; 0 takes a free one",
	flavour: "generation of Ollama to behave like",
	scale: "bytes really held for each nominal byte, such as 1/16 or 0.25",
	machineGb: "memory of the simulated machine, GB",
	othersGb: "what other apps take of it at the start, GB",
	control: "serve POST /demo/control, which moves the machine and makes models misbehave",
	runners: "hold memory in child processes, or only simulate them",
	tokensPerSecond: "speed of answers",
	promptTokensPerSecond: "speed of reading a prompt",
	loadGbPerSecond: "nominal GB a second at which models load",
	pullGbPerSecond: "nominal GB a second at which pulls download",
	maxQueue: "as OLLAMA_MAX_QUEUE",
	maxLoadedModels: "as OLLAMA_MAX_LOADED_MODELS; 0 is the server's own choice",
	contextLength: "as OLLAMA_CONTEXT_LENGTH; 0 is by size of the GPU",
	numParallel: "as OLLAMA_NUM_PARALLEL",
	keepAlive: "as OLLAMA_KEEP_ALIVE, such as 5m",
	modelsDir: "folder of model files that add models or make them misbehave",
	library: "models installed at the start",
	gpu: "behave like a machine without a GPU",
	network: "let pulls fail as on a machine that is offline",
	modelsPath: "folder the models appear to lie in",
	orphanLifetimeMs: "how long a runner outlives a killed server, ms",
};

/** The schema below its default and its optional mark. */
function innermost(schema: z.core.$ZodType): z.core.$ZodType {
	return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
		? innermost(schema.unwrap())
		: schema;
}

function readNumber(text: string): number {
	const [numerator = "", denominator] = text.split("/", 2);
	const number = denominator === undefined ? Number(numerator) : Number(numerator) / Number(denominator);
	if (numerator.trim() === "" || !Number.isFinite(number))
		throw new InvalidArgumentError("It is not a number.");
	return number;
}

function kebab(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function flagOf(name: Exclude<Field, "runnerEntry">): Option {
	const schema = demoEngineOptionsSchema.shape[name];
	const inner = innermost(schema);
	const preset = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
	const description =
		preset === undefined || typeof preset === "boolean"
			? DESCRIPTIONS[name]
			: `${DESCRIPTIONS[name]} (default: ${name === "runners" ? "processes" : String(preset)})`;
	if (inner instanceof z.ZodBoolean)
		return new Option(preset === true ? `--no-${kebab(name)}` : `--${kebab(name)}`, description);
	const option = new Option(
		`--${kebab(name)} <${inner instanceof z.ZodNumber ? "number" : "value"}>`,
		description,
	);
	if (inner instanceof z.ZodNumber) option.argParser(readNumber);
	if (inner instanceof z.ZodEnum) option.choices(inner.options.map(String));
	return option;
}

function listed(kinds: object): string {
	return Object.keys(kinds)
		.map((kind) => `  ${kind}`)
		.join("\n");
}

/** What to tell the control endpoint, behind the flags. */
const MISBEHAVIOUR_HELP = `
With --control, POST /demo/control takes what a model is to do wrong from now on,
as {"misbehave": {"model": "gemma3:1b", "what": "slow-load", "value": 10}}:
${listed(MISBEHAVIOURS)}
and, without a model, what the server is to do wrong:
${listed(SERVER_MISBEHAVIOURS)}
{"clear": true} ends all of it.`;

/** Gives a command one flag for every option of the demo engine. */
export function addDemoEngineFlags(command: Command): Command {
	for (const name of Object.keys(DESCRIPTIONS)) command.addOption(flagOf(name as keyof typeof DESCRIPTIONS));
	return command.addHelpText("after", MISBEHAVIOUR_HELP);
}

/** Options as the command line gave them, checked. Throws `invalid-argument`. */
export function readDemoEngineFlags(
	given: Readonly<Record<string, unknown>>,
	runnerEntry: string,
): DemoEngineInput {
	const named = Object.fromEntries(
		Object.entries(given).filter(([name]) => Object.hasOwn(DESCRIPTIONS, name)),
	);
	const parsed = demoEngineOptionsSchema.safeParse({ runners: "processes", ...named, runnerEntry });
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw AppError.of("invalid-argument", {
		what: `--${kebab(String(issue?.path[0] ?? "demo-engine"))}`,
		problem: issue?.message ?? "it does not fit",
	});
}
