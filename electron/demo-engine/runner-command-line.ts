import type { DemoFlavour } from "./command.ts";
import type { ModelDescription } from "./model-description.ts";
import { usesOllamaEngine } from "./nominal-footprint.ts";

/** The settings that show on a runner's command line. */
export interface RunnerSettings {
	readonly flavour: DemoFlavour;
	readonly modelsPath: string;
	readonly port: number;
	readonly contextLength: number;
	readonly parallel: number;
	readonly batch: number;
}

/** Path of a blob as modelfiles and runners name it. */
export function blobPath(modelsPath: string, digest: string): string {
	return `${modelsPath}/blobs/sha256-${digest}`;
}

/** The argument list a real runner of this flavour has, `argv[0]` first. */
export function runnerArguments(description: ModelDescription, settings: RunnerSettings): readonly string[] {
	const port = ["--port", String(settings.port)];
	if (description.runner === "mlx")
		return ["/usr/local/bin/ollama", "runner", "--model", description.name, ...port];
	const model = ["--model", blobPath(settings.modelsPath, description.weightsDigest)];
	if (settings.flavour === "0.24") {
		const engine = usesOllamaEngine(description) ? ["--ollama-engine"] : [];
		return ["/usr/local/bin/ollama", "runner", ...engine, ...model, ...port];
	}
	const embedding = description.capabilities.includes("embedding");
	const cells = String(settings.contextLength * settings.parallel);
	const template = embedding ? "" : " --no-jinja --chat-template chatml";
	const kind = embedding ? " --embedding" : "";
	const flags =
		`--host 127.0.0.1 --no-webui --offline -c ${cells} -np ${settings.parallel} --log-verbosity 4` +
		` --no-log-prefix --no-log-timestamps${template} --load-mode none --flash-attn auto${kind}` +
		` -b ${settings.batch} -ub ${settings.batch} --context-shift --keep 4`;
	return ["/usr/local/bin/llama-server", ...model, ...port, ...flags.split(" ")];
}
