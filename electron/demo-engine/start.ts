import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Catalogue } from "./catalogue.ts";
import { type DemoEngineInput, type DemoFlavour, demoEngineOptionsSchema } from "./command.ts";
import type { EngineState } from "./engine-state.ts";
import { anthropicRoutes } from "./http/anthropic-routes.ts";
import { demoRoutes } from "./http/demo-routes.ts";
import { embedRoutes } from "./http/embed-routes.ts";
import { generateRoutes } from "./http/generate-routes.ts";
import { modelRoutes } from "./http/model-routes.ts";
import { openaiRoutes } from "./http/openai-routes.ts";
import { responsesRoutes } from "./http/responses-routes.ts";
import { routerFor } from "./http/router.ts";
import { storeRoutes } from "./http/store-routes.ts";
import { parseGoDuration } from "./keep-alive.ts";
import { derivedDigest } from "./library/library.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { Machine } from "./machine.ts";
import { type MisbehaviourKind, Misbehaviours } from "./misbehaviour.ts";
import { processRunnerHost } from "./runner-process.ts";
import { simulatedRunnerHost } from "./runner-simulated.ts";
import { Scheduler } from "./scheduler.ts";

export { type DemoEngineInput, demoEngineOptionsSchema } from "./command.ts";
export { MISBEHAVIOURS, SERVER_MISBEHAVIOURS } from "./misbehaviour.ts";

/** A running demo engine. */
export interface DemoEngine {
	readonly url: string;
	readonly port: number;
	/** Stops politely: connections are cut and every runner of this server ends. Orphans of others stay. */
	close(): Promise<void>;
}

const VERSIONS: Readonly<Record<DemoFlavour, string>> = {
	"0.24": "0.24.0",
	"0.33": "0.33.0",
	"0.40": "0.40.0",
};

const ROUTES = [
	...modelRoutes,
	...generateRoutes,
	...embedRoutes,
	...storeRoutes,
	...openaiRoutes,
	...responsesRoutes,
	...anthropicRoutes,
	...demoRoutes,
];

/**
 * Starts a server that speaks Ollama's protocol over simulated models. Throws a ZodError for options that make
 * no sense, and the system's error when the port is taken.
 */
export async function startDemoEngine(input: DemoEngineInput = {}): Promise<DemoEngine> {
	const options = demoEngineOptionsSchema.parse(input);
	const keepAliveMs = parseGoDuration(options.keepAlive);
	if (typeof keepAliveMs === "string") throw new Error(keepAliveMs);
	const catalogue = new Catalogue(options);
	const misbehaviours = new Misbehaviours();
	for (const model of catalogue.list())
		for (const [kind, value] of Object.entries(model.misbehave))
			misbehaviours.set(model.name, kind as MisbehaviourKind, value === true ? undefined : value);

	// Runners leave their files under the port, so the server must have its port before it has its runners.
	let listener: ReturnType<typeof routerFor> | null = null;
	const server = createServer((request, response) => listener?.(request, response));
	server.keepAliveTimeout = 60_000;
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(options.port, options.host, resolve);
	});
	const { port } = server.address() as AddressInfo;

	const host = options.runners === "processes" ? processRunnerHost(options, port) : simulatedRunnerHost();
	const machine = new Machine({
		totalGb: options.machineGb,
		othersGb: options.othersGb,
		runnersBytes: () =>
			[...scheduler.runners().map(({ runner }) => runner.measure()), ...host.orphans()].reduce(
				(sum, { memoryBytes }) => sum + memoryBytes,
				0,
			),
	});
	const scheduler: Scheduler = new Scheduler({
		options,
		host,
		machine,
		misbehaviours,
		defaultKeepAliveMs: keepAliveMs < 0 ? Number.POSITIVE_INFINITY : keepAliveMs,
		afterLoad: (model) => misbehaveAfterLoad(state, model),
	});
	const state: EngineState = {
		options,
		version: VERSIONS[options.flavour],
		catalogue,
		scheduler,
		machine,
		misbehaviours,
		host,
	};
	listener = routerFor(state, ROUTES);
	return {
		url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
		port,
		close: async () => {
			const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await scheduler.close();
			host.close();
			await stopped;
		},
	};
}

/** What some models are told to do the moment they are loaded. */
function misbehaveAfterLoad(state: EngineState, model: LoadedModel): void {
	const { misbehaviours, catalogue, scheduler } = state;
	const { description } = model;
	const told = (kind: MisbehaviourKind): number | null => misbehaviours.of(description.name, kind);
	if (told("ghost") !== null) catalogue.remove(description.name);
	if (told("retag") !== null)
		catalogue.put({
			...description,
			digest: derivedDigest("retagged", description.digest),
			weightsDigest: derivedDigest("retagged weights", description.weightsDigest),
			modifiedAt: new Date().toISOString(),
		});
	if (told("orphan") !== null) void scheduler.startOrphan(description);
	const dies = told("dead-runner");
	if (dies !== null) setTimeout(() => void model.runner.kill(), dies * 1000).unref();
}
