/** What a command line says about a process. */
export type ModelProcess =
	/** A server that starts runners: `ollama serve` or the demo engine. */
	| { readonly kind: "engine" }
	/** A runner as Ollama starts it: `ollama runner`, or `llama-server` on a blob of Ollama's store. */
	| {
			readonly kind: "runner";
			readonly program: "ollama" | "llama-server";
			/** 64 hex digits of the weights. */
			readonly weightsBlob: string | null;
			/** Name of the model where it stands in place of a blob (MLX). */
			readonly modelName: string | null;
	  }
	/** A model server of another program. */
	| { readonly kind: "other-server"; readonly modelName: string | null }
	| { readonly kind: "none" };

/** A program's path may hold blanks, but no argument comes before its name. */
function program(pattern: string): RegExp {
	return new RegExp(`^(?:(?:(?! -).)*/)?${pattern}(?= |$)`);
}

const OLLAMA_SERVE = program("ollama serve");
const OLLAMA_RUNNER = program("ollama runner");
const LLAMA_SERVER = program("llama-server");
/** Plimsoll's own command line with its command for the demo engine. */
const DEMO_ENGINE = / demo-engine(?= |$)/;
/** LM Studio's own process and its model worker, the MLX server, llamafile and koboldcpp. */
const OTHER_SERVER =
	/\/LM Studio\.app\/Contents\/MacOS\/LM Studio(?= |$)|\bllmworker\b|\blm-studio(?= |$)|\bmlx_lm[._]server\b|\bmlx_vlm[._]server\b|\bllamafile(?= |$)|\bkoboldcpp\b/;
const POSSIBLY_OF_INTEREST = /ollama|llama|mlx|lm.?studio|kobold|demo-engine|plimsoll| runner --model /i;

/** Quick look at a command line: could it be a runner or an engine at all? */
export function mayConcernModels(commandLine: string): boolean {
	return POSSIBLY_OF_INTEREST.test(commandLine);
}

/** Says what a command line stands for. Covers Ollama's three generations. */
export function describeProcess(commandLine: string): ModelProcess {
	if (OLLAMA_SERVE.test(commandLine)) return { kind: "engine" };
	const ollamaRunner = OLLAMA_RUNNER.test(commandLine);
	if (ollamaRunner || LLAMA_SERVER.test(commandLine)) {
		const model = ollamaRunner ? modelArgument(commandLine) : llamaModelArgument(commandLine);
		const weightsBlob = model === null ? null : blobOf(model);
		if (ollamaRunner) {
			const modelName = weightsBlob === null && model?.startsWith("/") === false ? model : null;
			return { kind: "runner", program: "ollama", weightsBlob, modelName };
		}
		if (weightsBlob !== null)
			return { kind: "runner", program: "llama-server", weightsBlob, modelName: null };
		return { kind: "other-server", modelName: model === null ? null : fileName(model) };
	}
	if (OTHER_SERVER.test(commandLine)) {
		const model = modelArgument(commandLine);
		return { kind: "other-server", modelName: model === null ? null : fileName(model) };
	}
	return DEMO_ENGINE.test(commandLine) ? { kind: "engine" } : { kind: "none" };
}

/** The value of `--model`, blanks in a path included: it ends where the next option begins. */
function modelArgument(
	commandLine: string,
	option: RegExp = / --model[ =](.+?)(?= --?[A-Za-z]|$)/,
): string | null {
	const value = option.exec(commandLine)?.[1]?.trim();
	return value === undefined || value === "" ? null : value;
}

/** llama.cpp also knows `-m`, which other programs use for other things. */
function llamaModelArgument(commandLine: string): string | null {
	return modelArgument(commandLine) ?? modelArgument(commandLine, / -m (.+?)(?= --?[A-Za-z]|$)/);
}

function blobOf(path: string): string | null {
	return /\/blobs\/sha256[-:]([0-9a-f]{64})$/i.exec(path)?.[1]?.toLowerCase() ?? null;
}

function fileName(path: string): string {
	return path.slice(path.lastIndexOf("/") + 1);
}
