import { canonicalName } from "../catalogue.ts";
import { EngineError } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import type { ModelDescription, ParameterValue } from "../model-description.ts";
import { architectureNumber } from "../nominal-footprint.ts";
import { blobPath } from "../runner-command-line.ts";
import type { Exchange } from "./exchange.ts";
import { type Body, decodeBody } from "./go-decode.ts";
import type { Route } from "./router.ts";

/** What is installed, what is loaded, and what a model is. */
export const modelRoutes: readonly Route[] = [
	...["GET", "HEAD"].flatMap((method): Route[] => [
		{
			method,
			path: "/",
			handle: (_state, exchange) => exchange.text(200, "Ollama is running", "text/plain; charset=utf-8"),
		},
		{ method, path: "/api/version", handle: version },
		{ method, path: "/api/tags", handle: tags },
	]),
	{
		method: "GET",
		path: "/api/status",
		handle: (_state, exchange) => exchange.json(200, { cloud: { disabled: true, source: "env" } }),
	},
	{ method: "GET", path: "/api/ps", handle: ps },
	{ method: "POST", path: "/api/show", handle: show },
];

async function version(state: EngineState, exchange: Exchange): Promise<void> {
	if (state.misbehaviours.ofServer("hanging-version") !== null) return;
	exchange.json(200, { version: state.version });
}

function tags(state: EngineState, exchange: Exchange): void {
	exchange.json(200, { models: state.catalogue.list().map((model) => tagRow(state, model)) });
}

async function ps(state: EngineState, exchange: Exchange): Promise<void> {
	const blockedForSeconds = state.misbehaviours.ofServer("blocking-ps");
	if (blockedForSeconds !== null)
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, blockedForSeconds * 1000);
			exchange.signal.addEventListener("abort", () => {
				clearTimeout(timer);
				resolve();
			});
		});
	const models = await state.scheduler.listed();
	exchange.json(200, {
		models: models.map((model) => ({
			name: model.description.name,
			model: model.description.name,
			size: model.reportedBytes,
			digest: model.description.digest,
			details: { ...model.description.details, parent_model: "" },
			expires_at: goTime(state.scheduler.expiryOf(model)),
			size_vram: state.options.gpu ? model.reportedBytes : 0,
			context_length: model.contextLength,
			...(state.options.flavour === "0.40" ? { runner: model.description.runner } : {}),
		})),
	});
}

async function show(state: EngineState, exchange: Exchange): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: "ShowRequest",
		fields: { model: "string", name: "string", verbose: "bool", runner: "string" },
	});
	const name = String(body["model"] || body["name"] || "");
	if (name === "") throw new EngineError(400, "model is required");
	const canonical = canonicalName(name);
	if (canonical === null) throw new EngineError(400, "invalid model name");
	const runner = runnerOf(body);
	if (runner !== undefined && body["all_manifests"] === true)
		throw new EngineError(400, "runner and all_manifests cannot be used together");
	const model = state.catalogue.find(canonical, runner);
	if (model === null) throw notFound(state.options.flavour === "0.24" ? name : canonical);
	if (model.remote !== null)
		throw new EngineError(403, "ollama cloud is disabled: remote model details are unavailable");
	exchange.json(200, shownModel(state, model));
}

/** 404 in the words most routes use. */
export function notFound(name: string): EngineError {
	return new EngineError(404, `model '${name}' not found`);
}

/** The variant a request pins, on servers that know variants. */
export function runnerOf(body: Body): string | undefined {
	return typeof body["runner"] === "string" && body["runner"] !== "" ? body["runner"] : undefined;
}

/** A wall-clock time as Go prints it; one beyond what a date holds as the far year Go would print. */
export function goTime(atMs: number): string {
	const far = Date.UTC(2318, 10, 1);
	return new Date(Math.min(atMs, far)).toISOString();
}

function tagRow(state: EngineState, model: ModelDescription): Readonly<Record<string, unknown>> {
	const { flavour } = state.options;
	const local = model.remote === null;
	return {
		name: model.name,
		model: model.name,
		...(model.remote === null ? {} : { remote_model: model.remote.model, remote_host: model.remote.host }),
		modified_at: model.modifiedAt,
		size: model.sizeBytes,
		digest: model.digest,
		details: {
			...model.details,
			...(local && flavour !== "0.24"
				? {
						context_length: architectureNumber(model, "context_length") ?? 0,
						embedding_length: architectureNumber(model, "embedding_length") ?? 0,
					}
				: {}),
			...(local && flavour === "0.40" ? { runner: model.runner } : {}),
		},
		...(local && flavour !== "0.24" ? { capabilities: model.capabilities } : {}),
	};
}

function shownModel(state: EngineState, model: ModelDescription): Readonly<Record<string, unknown>> {
	const parameters = parameterLines(model.parameters);
	const variants = state.catalogue.variants(model.name);
	const newest = state.options.flavour === "0.40";
	return {
		...(model.license === "" ? {} : { license: model.license }),
		modelfile: modelfileOf(state, model),
		...(parameters.length === 0
			? {}
			: { parameters: parameters.map(([key, value]) => `${key.padEnd(30)} ${value}`).join("\n") }),
		template: model.template,
		...(model.system === "" ? {} : { system: model.system }),
		details: model.details,
		model_info: model.modelInfo,
		...(model.projectorInfo === null ? {} : { projector_info: model.projectorInfo }),
		...(model.tensors.length === 0 ? {} : { tensors: model.tensors }),
		capabilities: model.capabilities,
		modified_at: model.modifiedAt,
		...(newest ? { runner: model.runner } : {}),
		...(newest && model.capabilities.includes("thinking")
			? { thinking: { values: [true, false], default: true } }
			: {}),
		...(newest && variants.length > 1
			? {
					manifests: variants.map((variant) => ({
						digest: variant.digest,
						runner: variant.runner,
						format: variant.details.format,
						selected: variant.digest === model.digest,
					})),
				}
			: {}),
	};
}

function modelfileOf(state: EngineState, model: ModelDescription): string {
	const lines = [
		'# Modelfile generated by "ollama show"',
		"# To build a new Modelfile based on this, replace FROM with:",
		`# FROM ${model.name}`,
		"",
		`FROM ${blobPath(state.options.modelsPath, model.weightsDigest)}`,
		`TEMPLATE ${model.template}`,
		...(model.system === "" ? [] : [`SYSTEM ${model.system}`]),
		...parameterLines(model.parameters).map(([key, value]) => `PARAMETER ${key} ${value}`),
		...(model.license === "" ? [] : [`LICENSE ${model.license}`]),
	];
	return `${lines.join("\n")}\n`;
}

function parameterLines(
	parameters: Readonly<Record<string, ParameterValue>>,
): readonly (readonly [string, string])[] {
	return Object.entries(parameters).flatMap(([key, value]) =>
		Array.isArray(value)
			? value.map((item): readonly [string, string] => [key, JSON.stringify(item)])
			: [[key, String(value)] as const],
	);
}
