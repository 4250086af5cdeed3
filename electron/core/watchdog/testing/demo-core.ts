import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "../../../../shared/messages/message.ts";
import type { AppState } from "../../../../shared/state.ts";
import { type DemoEngineInput, startDemoEngine } from "../../../demo-engine/start.ts";
import { sleep, systemClock } from "../../clock.ts";
import { type OpenedPlimsoll, openPlimsoll } from "../../open-plimsoll.ts";
import { pathsIn, unseenHost } from "../../testing/unseen-host.ts";

/** Plimsoll as a whole on a demo engine's machine, with nobody looking at it. */
export interface DemoCore {
	readonly engineUrl: string;
	readonly gatewayUrl: string;
	readonly plimsoll: OpenedPlimsoll;
	state(): AppState;
	/** Ids of the events so far, oldest first. */
	events(): readonly string[];
	/** What somebody who does not look was told, oldest first. */
	notices(): readonly Message[];
	/** Moves the demo engine's machine. */
	control(body: unknown): Promise<void>;
	/** Asks the engine behind Plimsoll's back. */
	bypass(path: string, body: unknown): Promise<Response>;
	/** Loads models behind Plimsoll's back and waits until each is known to be idle. */
	loadIdle(...models: readonly string[]): Promise<void>;
	/** Ends Plimsoll and opens it again on the same data and engine. */
	restart(): Promise<void>;
	close(): Promise<void>;
}

/** What it is started with. */
export interface DemoCoreOptions {
	readonly engine?: DemoEngineInput;
	/** Model files, each changing or adding one model. */
	readonly models?: readonly Readonly<Record<string, unknown>>[];
	readonly settings?: Readonly<Record<string, unknown>>;
	/** Address Plimsoll takes for the engine's, given the engine's own; for something in between. */
	readonly through?: (engineUrl: string) => Promise<string>;
}

/** Polls until something is so; rejects, naming it, where that takes too long. */
export async function until(what: string, holds: () => boolean, withinMs = 30_000): Promise<void> {
	const untilMs = systemClock.monotonicMs() + withinMs;
	while (!holds()) {
		if (systemClock.monotonicMs() > untilMs) throw new Error(`not within ${withinMs} ms: ${what}`);
		await sleep(systemClock, 25);
	}
}

/** Starts engine and Plimsoll; resolves once the engine's models are known. */
export async function startDemoCore(options: DemoCoreOptions = {}): Promise<DemoCore> {
	const dataDir = await mkdtemp(join(tmpdir(), "plimsoll-watchdog-"));
	const modelsDir = await mkdtemp(join(tmpdir(), "plimsoll-models-"));
	for (const [nth, model] of (options.models ?? []).entries())
		await writeFile(join(modelsDir, `${nth}.json`), JSON.stringify(model));
	await writeFile(
		pathsIn(dataDir).settingsFile,
		JSON.stringify({ gateway: { port: 0 }, ...options.settings }),
	);
	const demo = await startDemoEngine({
		port: 0,
		runners: "simulated",
		control: true,
		modelsDir,
		loadGbPerSecond: 50,
		tokensPerSecond: 20,
		// Where the engine makes no room by itself, what happens is up to Plimsoll.
		gpu: false,
		...options.engine,
	});
	const engineUrl = options.through === undefined ? demo.url : await options.through(demo.url);

	const notices: Message[] = [];
	async function open(): Promise<OpenedPlimsoll> {
		const opened = await openPlimsoll(
			unseenHost({
				dataDir,
				engine: engineUrl,
				port: null,
				notifier: () => ({ notify: (_title, body) => notices.push(body) }),
			}),
		);
		await opened.start();
		await until("Plimsoll is connected", () => {
			const { engine, installed, machine } = opened.core.state.get();
			return engine.locality === "local" && installed.length > 0 && machine !== null;
		});
		return opened;
	}
	let plimsoll = await open();

	async function post(path: string, body: unknown): Promise<Response> {
		const headers = { "content-type": "application/json" };
		return fetch(`${demo.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
	}

	return {
		engineUrl: demo.url,
		get gatewayUrl() {
			return `http://127.0.0.1:${plimsoll.core.state.get().gateway.port}`;
		},
		get plimsoll() {
			return plimsoll;
		},
		state: () => plimsoll.core.state.get(),
		events: () =>
			plimsoll.core.state
				.get()
				.events.toReversed()
				.map(({ message }) => message.id),
		notices: () => notices,
		async control(body) {
			const response = await post("/demo/control", body);
			if (!response.ok) throw new Error(await response.text());
		},
		bypass: post,
		async loadIdle(...models) {
			for (const model of models) await (await post("/api/generate", { model })).text();
			await until(`${models.join(", ")} are idle`, () => {
				const { loaded } = plimsoll.core.state.get();
				return models.every((model) => loaded.some(({ name, state }) => name === model && state === "idle"));
			});
		},
		async restart() {
			await plimsoll.stop();
			plimsoll = await open();
		},
		async close() {
			await plimsoll.stop();
			await demo.close();
			await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
			await rm(modelsDir, { recursive: true, force: true });
		},
	};
}
