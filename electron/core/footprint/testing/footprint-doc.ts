/** One kind of model on one kind of runner: how well the formula held. */
export interface AccuracyRow {
	readonly program: string;
	readonly architecture: string;
	readonly loads: number;
	/** Signed errors as shares: positive is too high. */
	readonly errors: readonly number[];
	/** The formula was measured for this architecture; else its figures are called an estimate. */
	readonly measured: boolean;
}

function percent(share: number): string {
	const text = (share * 100).toFixed(1);
	return share > 0 && text !== "0.0" ? `+${text}` : text;
}

function table(rows: readonly AccuracyRow[]): string {
	const lines = rows.map(({ program, architecture, loads, errors, measured }) => {
		const mean = errors.reduce((sum, error) => sum + Math.abs(error), 0) / Math.max(1, errors.length);
		const cells = [
			program,
			architecture,
			String(loads),
			`${(mean * 100).toFixed(1)} %`,
			`${percent(Math.min(...errors))} … ${percent(Math.max(...errors))} %`,
			measured ? "predicted" : "estimate",
		];
		return `| ${cells.join(" | ")} |`;
	});
	return [
		"| runner | architecture | loads | mean error | range | called |",
		"|---|---|---:|---:|---:|---|",
		...lines,
	].join("\n");
}

/** The document about footprints, with its table of accuracy. */
export function renderFootprintDoc(rows: readonly AccuracyRow[]): string {
	return `# What a model takes

Plimsoll tells before a load what the model will take, and measures afterwards what it took. This page says how, and how
well it holds. The table at the end is made by a test from recorded loads; it cannot go out of date.

All sizes are of memory that is really held by the process that runs the model (the *runner*), not of the file.

## The parts

| part | what it is | where it comes from |
|---|---|---|
| weights | the tensors of the model | the model's tensor list, else its size on disk |
| context | keys and values of every token that fits in, and the state of recurrent layers | layers, heads and head sizes, times the context and the slots |
| overhead | the runner itself, its tokenizer, its bookkeeping | fitted to recorded loads |
| working | what the first large prompt adds: the compute buffer, and checkpoints of sliding or recurrent layers | formula |
| may grow | what remembered prompts may add later; up to 8 GB in llama-server | the runner's own limit |

*Loaded* is weights + context + overhead: held as soon as the load is over. The *total* that a load is budgeted with adds
the working memory, and, as long as this very load was never seen, 5 % and 0.3 GB.

## The context

The context a load gets decides much of what it takes. In this order: the one asked for; the one in the model's Modelfile;
\`OLLAMA_CONTEXT_LENGTH\`; the default by the size of the GPU (4,096 tokens, 32,768 from 23 GB, 262,144 from 47 GB), read from
Ollama's log where it is found. It is cut to what the model was trained with. Slots (\`OLLAMA_NUM_PARALLEL\`) and the type of
the cache (\`OLLAMA_KV_CACHE_TYPE\`) are read from the command line of a running runner or from the log.

| setting | what it does to memory |
|---|---|
| \`OLLAMA_CONTEXT_LENGTH\` | the context part grows in proportion |
| \`OLLAMA_NUM_PARALLEL\` | the context part is held once for each slot |
| \`OLLAMA_KV_CACHE_TYPE=q8_0\` | the context part shrinks to 17/32; \`q4_0\` to 9/32 |
| \`LLAMA_ARG_CACHE_RAM=0\` | remembered prompts are not kept, so a runner does not grow |

## Learning

Every load that Plimsoll sees teaches it, whoever asked for the load. For each model, context, number of slots, cache type
and version of the engine three figures are kept: what was held after the load, the largest up to the first prompt of a
full batch, and the largest since. The first two replace the formula at the next load. The third is never part of a
prediction; it is shown as what the model may grow by.

A runner *has grown* when it stands more than 1 GB above its working size, or more than 20 % and 0.3 GB. It is named, and a
trim (unload, and load again as it was) gives the growth back.

## How well the formula holds

Against ${String(rows.reduce((sum, { loads }) => sum + loads, 0))} recorded loads on Linux without a GPU; on a Mac the first load of a model closes the difference.
Positive is too high. Architectures that are not listed get the general formula, and their figure is called an estimate.

${table(rows)}
`;
}
