import type { EngineFlavour } from "../engine/engine-version.ts";
import type { ModelShape } from "./model-shape.ts";

/** Which program holds a model: they differ in what they keep beside it. */
export type RunnerProgram = "llama-server" | "llamarunner" | "ollama-engine" | "mlx";

/** How a runner is started, as far as it decides what it takes. */
export interface RunnerSettings {
	readonly program: RunnerProgram;
	/** Tokens of one slot, after clamping to the trained context. */
	readonly contextLength: number;
	/** Slots that share the weights. */
	readonly parallel: number;
	/** Tokens of a prompt worked on at once. */
	readonly batch: number;
	readonly kvType: "f16" | "q8_0" | "q4_0";
	readonly flashAttention: boolean;
}

/** Architectures that 0.24 runs in its own engine; all others go to the llamarunner. As seen, and by that version's list. */
const OWN_ENGINE = new Set([
	"qwen3",
	"qwen3moe",
	"gemma3",
	"gemma3n",
	"gpt-oss",
	"gptoss",
	"deepseek2",
	"bert",
	"nomic-bert",
	"mistral3",
	"llama4",
	"mllama",
	"qwen25vl",
	"qwen3vl",
	"qwen3vlmoe",
	"olmo3",
	"glm4moelite",
	"lfm2",
]);

/** Architectures of which 0.24's own engine switches flash attention on by itself. */
const ENGINE_FLASH = new Set(["qwen3", "qwen3moe", "gemma3", "gpt-oss", "gptoss", "qwen3vl", "qwen3vlmoe"]);

/** Architectures that never share a runner between slots. */
const ONE_SLOT = /^(mllama|qwen3vl|qwen3vlmoe|qwen35|qwen35moe|qwen3next|lfm2|lfm2moe|nemotron_h.*)$/;

/** Prompt batch that llama-server is started with, by the context of one slot. */
function llamaServerBatch(shape: ModelShape, contextLength: number): number {
	if (shape.embedding) return Math.min(2048, contextLength);
	if (contextLength <= 4096) return 512;
	return contextLength <= 32_768 ? 1024 : 2048;
}

/**
 * How an engine of this flavour would start a runner for a model. What is seen on a running one's command line
 * replaces it (`runnerSettingsFromCommandLine`).
 */
export function defaultRunnerSettings(
	shape: ModelShape,
	options: {
		readonly flavour: EngineFlavour;
		readonly runner: string | null;
		readonly contextLength: number;
		readonly parallel?: number;
		readonly kvType?: RunnerSettings["kvType"];
		readonly flashAttention?: boolean;
	},
): RunnerSettings {
	const trained = shape.trainedContext > 0 ? shape.trainedContext : options.contextLength;
	const contextLength = Math.max(
		shape.vision ? Math.min(2048, trained) : 1,
		Math.min(options.contextLength, trained),
	);
	const oneSlot = shape.embedding || ONE_SLOT.test(shape.architecture);
	const parallel = oneSlot ? 1 : (options.parallel ?? 1);
	const kvType = options.kvType ?? "f16";
	if (options.runner === "mlx") {
		return { program: "mlx", contextLength, parallel, batch: 512, kvType: "f16", flashAttention: true };
	}
	if (options.flavour === "0.24") {
		const own = OWN_ENGINE.has(shape.architecture);
		const flash = options.flashAttention ?? (own ? ENGINE_FLASH.has(shape.architecture) : true);
		return {
			program: own ? "ollama-engine" : "llamarunner",
			contextLength,
			parallel,
			batch: 512,
			kvType,
			flashAttention: flash,
		};
	}
	return {
		program: "llama-server",
		contextLength,
		parallel,
		batch: llamaServerBatch(shape, contextLength),
		kvType,
		flashAttention: options.flashAttention ?? true,
	};
}

function valueAfter(words: readonly string[], ...flags: readonly string[]): string | null {
	const at = words.findIndex((word) => flags.includes(word));
	return at === -1 ? null : (words[at + 1] ?? null);
}

/** Takes over what a running llama-server's command line says; other runners get theirs in the load request. */
export function runnerSettingsFromCommandLine(commandLine: string, assumed: RunnerSettings): RunnerSettings {
	if (assumed.program !== "llama-server") return assumed;
	const words = commandLine.split(/\s+/);
	const whole = (text: string | null): number | null =>
		text !== null && /^\d+$/.test(text) ? Number(text) : null;
	const parallel = whole(valueAfter(words, "-np", "--parallel")) ?? assumed.parallel;
	const cells = whole(valueAfter(words, "-c", "--ctx-size"));
	const kvType = valueAfter(words, "--cache-type-k");
	const flash = valueAfter(words, "--flash-attn", "-fa");
	return {
		program: "llama-server",
		parallel,
		contextLength: cells === null ? assumed.contextLength : Math.floor(cells / Math.max(1, parallel)),
		batch: whole(valueAfter(words, "-ub", "--ubatch-size")) ?? assumed.batch,
		kvType: kvType === "q8_0" || kvType === "q4_0" || kvType === "f16" ? kvType : assumed.kvType,
		flashAttention: flash === "off" ? false : flash === "on" ? true : assumed.flashAttention,
	};
}

/** Slots of the runners that are seen to run, by the first whose command line tells; null where none does. */
export function parallelOf(commandLines: readonly string[]): number | null {
	for (const commandLine of commandLines) {
		const text = valueAfter(commandLine.split(/\s+/), "-np", "--parallel");
		if (text !== null && /^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text);
	}
	return null;
}

/**
 * Whether a runner maps its weights file instead of reading it into memory of its own, by its command line. MLX and the
 * runners of 0.24 never do.
 */
export function mapsWeights(commandLine: string, program: RunnerProgram | null): boolean {
	if (program !== null && program !== "llama-server") return false;
	const words = commandLine.split(/\s+/);
	return !words.includes("--no-mmap") && valueAfter(words, "--load-mode") !== "none";
}
