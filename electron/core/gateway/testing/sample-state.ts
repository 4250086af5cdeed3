import type { AppEvent } from "../../../../shared/app-event.ts";
import { emptyChat } from "../../../../shared/chat.ts";
import type { MachineSample } from "../../../../shared/machine.ts";
import type { LoadedModel } from "../../../../shared/model.ts";
import { DEFAULT_SETTINGS } from "../../../../shared/settings.ts";
import type { AppState } from "../../../../shared/state.ts";
import { fromGb } from "../../../../shared/units.ts";
import { FIRST_WATCHDOG_STATE } from "../../../../shared/watchdog.ts";
import { ORIGINAL_TEAM } from "../../router/original-team.ts";

const AT = Date.parse("2026-02-03T04:05:06.000Z");

/** A machine of 18 GB with 5.2 GB to spare. */
export const sampleOfMachine: MachineSample = {
	at: AT,
	totalBytes: fromGb(18),
	availableBytes: fromGb(5.2),
	swapUsedBytes: fromGb(0.5),
	swapOutBytes: 0,
	kernelLevel: null,
	psiSomeAvg10: null,
	psiFullAvg10: null,
};

/** A vision model of 3.6 GB, idle. */
export const loadedModel: LoadedModel = {
	key: "granite3.2-vision:2b@sha256:aa@",
	name: "granite3.2-vision:2b",
	digest: "sha256:aa",
	runner: null,
	details: {
		format: "gguf",
		family: "granite",
		parameterSize: "2.5B",
		quantization: "Q4_K_M",
		contextLength: 16_384,
	},
	state: "idle",
	idleSinceAt: AT,
	footprintBytes: fromGb(3.6),
	footprintSource: "measured",
	footprintRounded: false,
	heldBytes: fromGb(1.5),
	reportedBytes: fromGb(3.4),
	gpuShare: 1,
	contextLength: 4_096,
	expiresAt: AT + 300_000,
	loadedAt: AT,
	process: { pid: 4711, startedAt: AT },
	oddity: null,
	slot: 1,
	pinned: false,
	own: true,
};

/** A state with one loaded model and the given events, newest first. */
export function sampleState(events: readonly AppEvent[] = []): AppState {
	return {
		version: 1,
		app: { version: "0.1.0", startedAt: AT, dataDir: "/tmp/plimsoll" },
		engine: {
			id: "local",
			url: "http://127.0.0.1:11434",
			source: "default",
			connection: { state: "connected", sinceAt: AT, busy: false },
			kind: "ollama",
			locality: "local",
			version: "0.33.0",
			newerThanKnown: false,
			launcher: null,
		},
		machine: {
			source: "linux",
			sample: sampleOfMachine,
			swapGrowthBytesPerSecond: null,
			level: "normal",
			levelSinceAt: AT,
			otherAppsBytes: fromGb(8),
		},
		budget: null,
		loaded: [loadedModel],
		team: { source: "original", team: ORIGINAL_TEAM, lines: {} },
		router: { activeMember: null, lastUnloadAt: null },
		strays: [],
		installed: [],
		operations: [],
		pulls: [],
		chat: emptyChat("c1"),
		shell: {
			host: "browser",
			platform: "linux",
			loginItem: "unsupported",
			shortcutHeld: null,
			ownMemoryBytes: null,
		},
		watchdog: FIRST_WATCHDOG_STATE,
		health: null,
		lastFlush: null,
		reloadLoops: [],
		gateway: { port: 11435, wantedPort: null, error: null },
		settings: DEFAULT_SETTINGS,
		settingsProblem: null,
		events,
	};
}
