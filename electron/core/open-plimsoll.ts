import { homedir } from "node:os";
import { message } from "../../shared/messages/message.ts";
import type { ShellState } from "../../shared/shell.ts";
import { systemClock } from "./clock.ts";
import { type Core, createCore } from "./create-core.ts";
import { engineAddresses } from "./engine/engine-address.ts";
import { createEngineLogReader } from "./engine/engine-log.ts";
import { modelsDiskFreeBytes } from "./engine/models-disk.ts";
import { createOllamaLauncher } from "./engine/ollama-launcher.ts";
import { createLog } from "./log/log.ts";
import type { ElectronMemoryInfo } from "./memory/macos-memory-probe.ts";
import { runCommand } from "./memory/run-command.ts";
import { createSystemProbes } from "./memory/system-probes.ts";
import type { Log, Notifier, Paths, Power, SettingsStore, Shell } from "./ports.ts";
import { askWiredLimit } from "./residency/gpu-ceiling.ts";
import { readClassifier } from "./router/classifier/read-classifier.ts";
import { createRequirementsOf } from "./router/requirements/requirements.ts";
import { removeApiFile, writeApiFile } from "./store/api-file.ts";
import { lockDataDir } from "./store/data-dir-lock.ts";
import { openStore } from "./store/open-store.ts";
import type { StoreNotice } from "./store/store-notice.ts";

/** What a host brings to an opened Plimsoll. */
export interface HostParts {
	readonly paths: Paths;
	readonly appVersion: string;
	/** `--engine`, or null. */
	readonly engine: string | null;
	/** `--port`, or null for the setting. */
	readonly port: number | null;
	readonly shellState: ShellState;
	/** The router's trained weights. */
	readonly weightsFile: string;
	readonly shell: Shell;
	readonly power?: Power;
	readonly notifier?: (log: Log) => Notifier;
	/** Offers a demo engine of this process's own where no engine answers. */
	readonly demoFallback?: (log: Log) => () => Promise<string | null>;
	/** Electron's own reading of the memory, where there is one. */
	readonly electronMemoryInfo?: () => ElectronMemoryInfo;
}

/** A Plimsoll that holds its data folder. */
export interface OpenedPlimsoll {
	readonly core: Core;
	readonly log: Log;
	readonly settings: SettingsStore;
	/** Starts core and says in `api.json` where it can be reached. Rejects with `port-taken` or a storage error. */
	start(): Promise<{ readonly port: number; readonly wantedPort: number | null }>;
	/** Ends everything in order and gives the data folder back. Calling it twice waits for the first. */
	stop(): Promise<void>;
}

function asideId(notice: Extract<StoreNotice, { kind: "set-aside" }>) {
	if (notice.what === "settings") return "event.settings-set-aside";
	if (notice.what === "conversations")
		return notice.why === "newer" ? "event.conversations-newer" : "event.conversations-set-aside";
	return notice.why === "newer" ? "event.history-newer" : "event.history-set-aside";
}

function noticeEvent(notice: StoreNotice) {
	switch (notice.kind) {
		case "set-aside":
			return {
				severity: "warning" as const,
				message: message(asideId(notice), { file: notice.keptAs }),
			};
		case "failing":
			return { severity: "error" as const, message: notice.error.said };
		case "working-again":
			return {
				severity: "info" as const,
				message: message(`event.${notice.what}-work-again`),
			};
	}
}

/**
 * Opens Plimsoll on this machine: takes the data folder, opens log and store, makes core with the machine's own
 * probes. Shared by the menu-bar app and the headless host. Rejects with `data-dir-locked` or a storage error; then
 * nothing stays behind.
 */
export async function openPlimsoll(host: HostParts): Promise<OpenedPlimsoll> {
	const clock = systemClock;
	const lock = await lockDataDir(host.paths);
	const log = createLog({ dir: host.paths.logDir, level: "info" });
	const store = await openStore({ paths: host.paths, clock, log });
	log.setLevel(store.settings.current().log.level);
	// On a full disk there is no token yet, and nothing to hide.
	await store.secrets.gatewayToken().then(log.hide, () => undefined);
	const run = async (file: string, args: readonly string[]): Promise<string> => {
		const { exitCode, stdout } = await runCommand(file, args, { timeoutMs: 2_000 });
		if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}`);
		return stdout;
	};
	const appleSilicon = process.platform === "darwin" && process.arch === "arm64";
	const wiredLimitMb = appleSilicon ? await askWiredLimit(runCommand) : null;
	const demoFallback = host.demoFallback?.(log.child("demo"));
	const core = createCore(
		{
			clock,
			log,
			paths: host.paths,
			settings: store.settings,
			history: store.history,
			conversations: store.conversations,
			pictures: store.pictures,
			secrets: store.secrets,
			probes: createSystemProbes({
				platform: process.platform,
				clock,
				log: log.child("memory"),
				...(host.electronMemoryInfo === undefined ? {} : { electronMemoryInfo: host.electronMemoryInfo }),
			}),
			launcher: createOllamaLauncher({
				platform: process.platform,
				home: homedir(),
				environment: process.env,
				clock,
			}),
			addresses: (setting) =>
				engineAddresses({
					flag: host.engine,
					setting,
					environment: process.env,
					platform: process.platform,
					run,
				}),
			engineLog: createEngineLogReader(),
			requirementsOf: createRequirementsOf(readClassifier(host.weightsFile)),
			modelsDisk: () => modelsDiskFreeBytes(process.env, homedir()),
			...(appleSilicon ? { gpu: { wiredLimitMb } } : {}),
			shell: host.shell,
			...(host.power === undefined ? {} : { power: host.power }),
			...(host.notifier === undefined ? {} : { notifier: host.notifier(log.child("notifier")) }),
			...(demoFallback === undefined ? {} : { demoFallback }),
		},
		{
			appVersion: host.appVersion,
			shell: host.shellState,
			...(host.port === null ? {} : { port: host.port }),
		},
	);
	store.onNotice((notice) => core.record({ at: clock.now(), kind: "storage", ...noticeEvent(notice) }));
	core.state.subscribe(() => log.setLevel(core.state.get().settings.log.level));

	let stopping: Promise<void> | null = null;
	const startedAt = clock.now();
	let told: number | null = null;

	/** Says in `api.json` where this Plimsoll is; said again when the gateway moves to another port. */
	async function tellAddress(port: number): Promise<void> {
		told = port;
		const url = `http://127.0.0.1:${port}`;
		await writeApiFile(host.paths, { port, pid: process.pid, startedAt, version: host.appVersion, url });
	}

	async function end(): Promise<void> {
		removeApiFile(host.paths);
		await core.stop();
		store.close();
		await log.close();
		lock.release();
	}

	return {
		core,
		log,
		settings: store.settings,
		async start() {
			try {
				await core.start();
				const { port, wantedPort } = core.state.get().gateway;
				if (port === null) throw new Error("the gateway has no port");
				await tellAddress(port);
				core.state.subscribe(() => {
					const moved = core.state.get().gateway.port;
					if (moved === null || moved === told || stopping !== null) return;
					tellAddress(moved).catch((thrown: unknown) =>
						log.error("api.json not written", { problem: String(thrown) }),
					);
				});
				log.info("started", { version: host.appVersion, port, dataDir: host.paths.dataDir });
				return { port, wantedPort };
			} catch (thrown) {
				await end();
				throw thrown;
			}
		},
		stop() {
			stopping ??= end();
			return stopping;
		},
	};
}
