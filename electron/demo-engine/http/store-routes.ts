import { createHash } from "node:crypto";
import { canonicalName } from "../catalogue.ts";
import { EngineError } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import { cloudStub } from "../library/cloud-stub.ts";
import { derivedDigest } from "../library/library.ts";
import type { ModelDescription, ParameterValue } from "../model-description.ts";
import { parseOllamaName } from "../ollama-name.ts";
import { type Exchange, JSON_PLAIN } from "./exchange.ts";
import { type Body, decodeBody } from "./go-decode.ts";
import { notFound } from "./model-routes.ts";
import type { Route } from "./router.ts";

/** How often a simulated download says how far it is. */
const PROGRESS_EVERY_MS = 100;

/** What changes the set of installed models. */
export const storeRoutes: readonly Route[] = [
	{ method: "POST", path: "/api/pull", handle: pull },
	{ method: "POST", path: "/api/create", handle: create },
	{ method: "POST", path: "/api/copy", handle: copy },
	{ method: "DELETE", path: "/api/delete", handle: remove },
	{ method: "HEAD", path: "/api/blobs/", handle: hasBlob },
	{ method: "POST", path: "/api/blobs/", handle: upload },
];

async function pull(state: EngineState, exchange: Exchange): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: "PullRequest",
		fields: { model: "string", name: "string", stream: "bool", insecure: "bool" },
	});
	const name = nameIn(body);
	const canonical = canonicalName(name);
	if (canonical === null) throw new EngineError(400, "invalid model name");
	const progress = progressOf(exchange, body);
	progress.say({ status: "pulling manifest" });
	const error = pullError(state, name);
	const model = state.catalogue.pullable(canonical);
	if (error !== null || model === null)
		return progress.fail(error ?? "pull model manifest: file does not exist");
	const digest = `sha256:${model.weightsDigest}`;
	const status = `pulling ${model.weightsDigest.slice(0, 12)}`;
	const startedAt = performance.now();
	const bytesPerMs = (state.options.pullGbPerSecond * 1024 ** 3) / 1000;
	for (let completed = 0; completed < model.sizeBytes; ) {
		progress.say({ status, digest, total: model.sizeBytes, ...(completed === 0 ? {} : { completed }) });
		await new Promise((resolve) => setTimeout(resolve, PROGRESS_EVERY_MS));
		if (exchange.signal.aborted) return;
		completed = Math.min(model.sizeBytes, Math.round((performance.now() - startedAt) * bytesPerMs));
	}
	progress.say({ status, digest, total: model.sizeBytes, completed: model.sizeBytes });
	progress.say({ status: "verifying sha256 digest" });
	progress.say({ status: "writing manifest" });
	state.catalogue.put({ ...model, name: canonical, modifiedAt: new Date().toISOString() });
	progress.succeed();
}

async function create(state: EngineState, exchange: Exchange): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: "CreateRequest",
		fields: {
			model: "string",
			name: "string",
			from: "string",
			files: "object",
			stream: "bool",
			parameters: "object",
		},
	});
	const canonical = canonicalName(nameIn(body));
	if (canonical === null) throw new EngineError(400, "invalid model name");
	const from = typeof body["from"] === "string" ? body["from"] : "";
	const files = Object.values((body["files"] ?? {}) as Record<string, unknown>).map(String);
	if (from === "" && files.length === 0)
		throw new EngineError(400, "neither 'from' or 'files' was specified");
	const progress = progressOf(exchange, body);
	const remoteHost = typeof body["remote_host"] === "string" ? body["remote_host"] : "";
	if (remoteHost !== "") {
		state.catalogue.put(cloudStubOf(canonical, from, remoteHost));
		progress.say({ status: "writing manifest" });
		return progress.succeed();
	}
	const base = from === "" ? state.catalogue.fromBlob(digestOf(files[0] ?? "")) : state.catalogue.find(from);
	if (base === null) {
		if (from === "") throw new EngineError(400, "no such blob");
		progress.say({ status: "pulling manifest" });
		return progress.fail(pullError(state, from) ?? "pull model manifest: file does not exist");
	}
	const model = changedBy(body, base, canonical, from === "" ? base.details.parent_model : base.name);
	if (from === "") {
		progress.say({ status: "parsing GGUF" });
		if (state.options.flavour !== "0.24") progress.say({ status: "verifying conversion" });
	}
	const layer = (digest: string, known: boolean): void =>
		progress.say({
			status: `${known ? "using existing" : state.catalogue.useLayer(digest)} layer sha256:${digest}`,
		});
	layer(model.weightsDigest, from !== "");
	if (model.template !== "") layer(derivedDigest("template", model.template), from !== "");
	if (model.system !== "") layer(derivedDigest("system", model.system), false);
	if (Object.keys(model.parameters).length > 0)
		layer(derivedDigest("parameters", JSON.stringify(model.parameters)), false);
	progress.say({ status: "writing manifest" });
	state.catalogue.put(model);
	progress.succeed();
}

async function copy(state: EngineState, exchange: Exchange): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: "CopyRequest",
		fields: { source: "string", destination: "string" },
	});
	const source = String(body["source"] ?? "");
	const destination = String(body["destination"] ?? "");
	for (const [name, what] of [
		[source, "source"],
		[destination, "destination"],
	] as const)
		if (canonicalName(name) === null)
			throw new EngineError(400, `${what} ${JSON.stringify(name)} is invalid`);
	const model = state.catalogue.find(source);
	if (model === null) throw new EngineError(404, `model ${JSON.stringify(source)} not found`);
	const name = canonicalName(destination) ?? destination;
	state.catalogue.put({ ...model, name, modifiedAt: new Date().toISOString() });
	exchange.empty(200);
}

async function remove(state: EngineState, exchange: Exchange): Promise<void> {
	const body = decodeBody((await exchange.bytes()).toString("utf8"), {
		name: "DeleteRequest",
		fields: { model: "string", name: "string" },
	});
	const name = nameIn(body);
	if (parseOllamaName(name) === null) throw new EngineError(400, `name ${JSON.stringify(name)} is invalid`);
	if (!state.catalogue.remove(name)) throw notFound(name);
	exchange.empty(200);
}

function hasBlob(state: EngineState, exchange: Exchange): void {
	if (state.catalogue.hasBlob(digestOf(exchange.rest))) return exchange.empty(200);
	exchange.json(404, { error: `blob ${JSON.stringify(exchange.rest)} not found` });
}

async function upload(state: EngineState, exchange: Exchange): Promise<void> {
	const wanted = digestOf(exchange.rest);
	const hash = createHash("sha256");
	for await (const chunk of exchange.request as AsyncIterable<Buffer>) hash.update(chunk);
	const got = hash.digest("hex");
	if (got !== wanted)
		throw new EngineError(400, `digest mismatch, expected "sha256:${wanted}", got "sha256:${got}"`);
	const existed = state.catalogue.hasBlob(wanted);
	state.catalogue.addUpload(wanted);
	exchange.empty(existed ? 200 : 201);
}

interface Progress {
	say(value: Readonly<Record<string, unknown>>): void;
	succeed(): void;
	fail(message: string): void;
}

/** Progress as a stream of lines, or only its end when the client wants no stream. */
function progressOf(exchange: Exchange, body: Body): Progress {
	if (body["stream"] === false)
		return {
			say: () => {},
			succeed: () => exchange.json(200, { status: "success" }, JSON_PLAIN),
			fail: (error) => exchange.json(500, { error }, JSON_PLAIN),
		};
	exchange.startStream("application/x-ndjson");
	return {
		say: (value) => exchange.line(value),
		succeed: () => {
			exchange.line({ status: "success" });
			exchange.end();
		},
		fail: (error) => {
			exchange.line({ error });
			exchange.end();
		},
	};
}

/** What a machine without a network says; null where the simulated registry answers. */
function pullError(state: EngineState, name: string): string | null {
	if (state.options.network) return null;
	const parsed = parseOllamaName(name);
	if (parsed === null) return null;
	const { host, namespace, model, tag } = parsed;
	return `pull model manifest: Get "https://${host}/v2/${namespace}/${model}/manifests/${tag}": dial tcp: lookup ${host}: no such host`;
}

function changedBy(body: Body, base: ModelDescription, name: string, parent: string): ModelDescription {
	const parameters = (body["parameters"] ?? {}) as Readonly<Record<string, ParameterValue>>;
	const info = (body["info"] ?? {}) as { readonly capabilities?: readonly string[] };
	const text = (key: string, otherwise: string): string =>
		typeof body[key] === "string" && body[key] !== "" ? body[key] : otherwise;
	const changed: ModelDescription = {
		...base,
		name,
		modifiedAt: new Date().toISOString(),
		details: { ...base.details, parent_model: parent },
		parameters: { ...base.parameters, ...parameters },
		template: text("template", base.template),
		system: text("system", base.system),
		license: text("license", base.license),
		capabilities: info.capabilities ?? base.capabilities,
		misbehave: {},
	};
	const what = JSON.stringify([changed.weightsDigest, changed.parameters, changed.template, changed.system]);
	return { ...changed, digest: derivedDigest("manifest", what) };
}

function cloudStubOf(name: string, model: string, host: string): ModelDescription {
	const withPort = new URL(host).port === "" ? `${host}:11434` : host;
	return cloudStub({
		name,
		digest: derivedDigest("cloud", name, model, host),
		weightsDigest: derivedDigest("cloud weights", name),
		sizeBytes: 195,
		modifiedAt: new Date().toISOString(),
		remote: { model, host: withPort },
	});
}

/** The command line fills `name` and leaves `model` empty; everybody else does it the other way round. */
function nameIn(body: Body): string {
	return String(body["model"] || body["name"] || "");
}

function digestOf(text: string): string {
	return text.replace(/^sha256[:-]/, "");
}
