import { z } from "zod";

/** The generations of Ollama the demo engine can behave like; each differs in what it lists, refuses and runs. */
export type DemoFlavour = "0.24" | "0.33" | "0.40";

/**
 * Everything that can be chosen about a demo engine. One schema serves the command line (which coerces its
 * strings first), the app and the tests.
 */
export const demoEngineOptionsSchema = z.object({
	/** Address to listen on. Only loopback is sensible: there is no authentication. */
	host: z.string().default("127.0.0.1"),
	/** TCP port; 0 takes any free one. */
	port: z.number().int().min(0).max(65_535).default(11_434),
	flavour: z.enum(["0.24", "0.33", "0.40"]).default("0.33"),
	/** Bytes a runner really holds for each nominal byte. The protocol always speaks nominal sizes. */
	scale: z
		.number()
		.positive()
		.max(1)
		.default(1 / 16),
	/** Memory of the simulated machine, GB of 1024³ bytes. */
	machineGb: z.number().positive().default(18),
	/** What other applications take of it at the start. */
	othersGb: z.number().min(0).default(6),
	/** Serve `POST /demo/control`, which moves the machine and makes models misbehave. */
	control: z.boolean().default(false),
	/** `processes`: each loaded model is a child that holds memory. `simulated`: no child and no memory. */
	runners: z.enum(["processes", "simulated"]).default("simulated"),
	/** Path of the bundled runner, needed for `processes`. */
	runnerEntry: z.string().optional(),
	/** Speed of answers. */
	tokensPerSecond: z.number().positive().default(40),
	/** Speed of reading a prompt. */
	promptTokensPerSecond: z.number().positive().default(2000),
	/** Nominal GB a second at which models load. */
	loadGbPerSecond: z.number().positive().default(2.5),
	/** Nominal GB a second at which the simulated pull downloads. */
	pullGbPerSecond: z.number().positive().default(1),
	/** OLLAMA_MAX_QUEUE. */
	maxQueue: z.number().int().positive().default(512),
	/** OLLAMA_MAX_LOADED_MODELS; 0 means the server's own choice, three. */
	maxLoadedModels: z.number().int().min(0).default(0),
	/** OLLAMA_CONTEXT_LENGTH; 0 means by size of the GPU, 4096 on the default machine. */
	contextLength: z.number().int().min(0).default(0),
	/** OLLAMA_NUM_PARALLEL. */
	numParallel: z.number().int().positive().default(1),
	/** OLLAMA_KEEP_ALIVE in the notation of Go durations. */
	keepAlive: z.string().default("5m"),
	/** A directory of model files (`*.json`) that add models, override them or name misbehaviours. */
	modelsDir: z.string().optional(),
	/** Which models are installed at the start: the demo's own, or only those of `modelsDir`. */
	library: z.enum(["demo", "none"]).default("demo"),
	/** All layers on a GPU, as on a Mac; false reports `size_vram` 0, as on a machine without one. */
	gpu: z.boolean().default(true),
	/** Whether the simulated registry answers; without it a pull fails as on a machine that is offline. */
	network: z.boolean().default(true),
	/** Directory the models appear to lie in: part of modelfiles and of runners' command lines. */
	modelsPath: z.string().default("/usr/share/ollama/.ollama/models"),
	/** How long a runner outlives a server that was killed. Real ones stay for ever; a demo must not. */
	orphanLifetimeMs: z
		.number()
		.positive()
		.default(15 * 60_000),
});

/** Options as a caller writes them: everything may be left out. */
export type DemoEngineInput = z.input<typeof demoEngineOptionsSchema>;

/** Options with every default filled in. */
export type DemoEngineOptions = z.output<typeof demoEngineOptionsSchema>;
