import type { AppEvent } from "../app-event.ts";
import { bareMessage, type ChatMessage, emptyChat } from "../chat.ts";
import type { EngineState } from "../engine-state.ts";
import type { MachineState, PressureLevel } from "../machine.ts";
import { message } from "../messages/message.ts";
import { type InstalledModel, type LoadedModel, modelKey } from "../model.ts";
import type { FlushResult, Operation, ReleaseGrade, ReleaseResult } from "../operation.ts";
import type { Pull } from "../pull.ts";
import { DEFAULT_SETTINGS } from "../settings.ts";
import type { AppState } from "../state.ts";
import { fromGb } from "../units.ts";
import { FIRST_WATCHDOG_STATE } from "../watchdog.ts";
import { derivedTeam } from "./build-team.ts";

/** The moment every state stands at: 14:08 UTC. */
export const NOW = Date.UTC(2026, 4, 12, 14, 8, 20);

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A made-up manifest digest, the same for the same name: FNV-1a, repeated to the usual length. */
function digestOf(name: string): string {
	let hash = 0x811c9dc5;
	for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
	return hash.toString(16).padStart(8, "0").repeat(8);
}

/** A model on disk; `gb` on disk. */
export function installed(name: string, gb: number, change: Partial<InstalledModel> = {}): InstalledModel {
	const digest = digestOf(name);
	return {
		key: modelKey(name, digest, null),
		name,
		digest,
		runner: null,
		sizeBytes: fromGb(gb),
		modifiedAt: NOW - 40 * 24 * 60 * MINUTE,
		details: {
			format: "gguf",
			family: "llama",
			parameterSize: "7.6B",
			quantization: "Q4_K_M",
			contextLength: 131_072,
		},
		capabilities: ["completion"],
		location: "local",
		...change,
	};
}

/** A model in memory; `gb` is its footprint, `slot` its colour and place. */
export function loaded(
	name: string,
	gb: number,
	slot: number | null,
	change: Partial<LoadedModel> = {},
): LoadedModel {
	const { key, digest, runner, details } = installed(name, gb);
	return {
		key,
		name,
		digest,
		runner,
		details,
		state: "idle",
		idleSinceAt: NOW - MINUTE,
		footprintBytes: fromGb(gb),
		footprintSource: "measured",
		footprintRounded: false,
		heldBytes: fromGb(gb),
		reportedBytes: fromGb(gb * 0.9),
		gpuShare: 1,
		contextLength: 8192,
		expiresAt: NOW + 4 * MINUTE,
		loadedAt: NOW - 10 * MINUTE,
		process: { pid: 4000 + (slot ?? 90), startedAt: NOW - 10 * MINUTE },
		oddity: null,
		slot,
		pinned: false,
		own: true,
		...change,
	};
}

/** The machine with so much available and the rest left to other apps, besides what models hold. */
export function machine(
	totalGb: number,
	availableGb: number,
	models: readonly LoadedModel[],
	level: PressureLevel = "normal",
	change: Partial<MachineState> = {},
): MachineState {
	const heldBytes = models.reduce((sum, model) => sum + (model.heldBytes ?? 0), 0);
	return {
		source: "macos",
		sample: {
			at: NOW,
			totalBytes: fromGb(totalGb),
			availableBytes: fromGb(availableGb),
			swapUsedBytes: fromGb(0.4),
			swapOutBytes: 0,
			kernelLevel: level === "critical" ? 4 : level === "high" ? 2 : 1,
			psiSomeAvg10: null,
			psiFullAvg10: null,
		},
		swapGrowthBytesPerSecond: level === "high" || level === "critical" ? 60 * 1024 ** 2 : 0,
		level,
		levelSinceAt: NOW - 8 * MINUTE,
		otherAppsBytes: Math.max(0, fromGb(totalGb - availableGb) - heldBytes),
		...change,
	};
}

/** The engine, connected and local unless changed. */
export function engine(change: Partial<EngineState> = {}): EngineState {
	return {
		id: "ollama",
		url: "http://127.0.0.1:11434",
		source: "default",
		connection: { state: "connected", sinceAt: NOW - 60 * MINUTE, busy: false },
		kind: "ollama",
		locality: "local",
		version: "0.33.0",
		newerThanKnown: false,
		launcher: { kind: "app", path: "/Applications/Ollama.app" },
		...change,
	};
}

/** A question or an answer. */
export function said(
	role: ChatMessage["role"],
	text: string,
	change: Partial<ChatMessage> = {},
): ChatMessage {
	return bareMessage({
		id: `${role}-${digestOf(text).slice(0, 12)}`,
		role,
		text,
		at: NOW - MINUTE,
		state: "done",
		model: role === "assistant" ? "qwen2.5-coder:7b" : null,
		...change,
	});
}

/** A change of what is loaded that is under way. */
export function operation(
	kind: Operation["kind"],
	name: string | null,
	change: Partial<Operation> = {},
): Operation {
	return {
		id: `operation-${kind}-${name ?? "all"}`,
		kind,
		name,
		key: name === null ? null : modelKey(name, digestOf(name), null),
		state: "running",
		queuedAt: NOW - 4 * SECOND,
		startedAt: NOW - 4 * SECOND,
		progress: null,
		requestedBy: "popover",
		...change,
	};
}

/** A model on its way from the library. */
export function pull(name: string, change: Partial<Pull> = {}): Pull {
	return {
		id: `pull-${name}`,
		name,
		state: "running",
		status: "pulling 6a0746a1ec1a",
		doneBytes: fromGb(1.1),
		totalBytes: fromGb(2.4),
		startedAt: NOW - 30 * SECOND,
		endedAt: null,
		error: null,
		...change,
	};
}

function released(model: LoadedModel, grade: ReleaseGrade): ReleaseResult {
	return {
		key: model.key,
		name: model.name,
		grade,
		releasedBytes: grade === "proved" ? model.footprintBytes : 0,
		durationMs: 800,
		because: grade === "not-confirmed" ? "process-alive" : null,
	};
}

/** What came of a flush a moment ago; models named in `held` did not let go. */
export function flushed(
	models: readonly LoadedModel[],
	durationMs: number,
	held: readonly string[] = [],
	grade: ReleaseGrade = "proved",
): FlushResult {
	const releases = models.map((model) =>
		released(model, held.includes(model.name) ? "not-confirmed" : grade),
	);
	const gone = models.filter((model) => !held.includes(model.name));
	return {
		id: "flush-1",
		at: NOW - 2 * SECOND,
		durationMs,
		releases,
		releasedBytes: releases.reduce((sum, release) => sum + release.releasedBytes, 0),
		putBack: gone.map((model) => ({
			name: model.name,
			key: model.key,
			contextLength: model.contextLength,
			keepAliveMs: 4 * MINUTE,
		})),
		before: machine(18, 4.5, models).sample,
		after: machine(18, 11.9, []).sample,
	};
}

let nextEventId = 1;

/** Something that happened `minutesAgo`. */
export function happened(
	minutesAgo: number,
	kind: AppEvent["kind"],
	what: AppEvent["message"],
	data: AppEvent["data"] = {},
	severity: AppEvent["severity"] = "info",
): AppEvent {
	return { id: nextEventId++, at: NOW - minutesAgo * MINUTE, kind, severity, message: what, data };
}

const nomic = loaded("nomic-embed-text", 0.7, 1, {
	contextLength: 2048,
	expiresAt: null,
	pinned: true,
	footprintSource: "reported",
});
const gemma = loaded("gemma3:1b", 1.5, 2, { state: "busy", idleSinceAt: null, contextLength: 4096 });
const qwen = loaded("qwen2.5-coder:7b", 5.2, 3);

/** Three loaded models: one pinned, one answering, one idle. */
export const crew: readonly LoadedModel[] = [nomic, gemma, qwen];

/** What lies on the disk of the usual state. */
export const library: readonly InstalledModel[] = [
	installed("nomic-embed-text", 0.3, { capabilities: ["embedding"] }),
	installed("gemma3:1b", 0.8),
	installed("qwen2.5-coder:7b", 4.4),
	installed("granite3.2-vision:2b", 2.3, { capabilities: ["completion", "vision"] }),
	installed("mistral:7b", 4.1),
	installed("llama3.1:8b", 4.6),
	installed("deepcoder:14b", 8.4),
	installed("mistral-small:24b", 13.3),
	installed("gpt-oss:120b-cloud", 0, { location: "cloud" }),
];

/** The usual events of an afternoon. */
export const afternoon: readonly AppEvent[] = [
	happened(
		10,
		"loaded",
		message("event.loaded", { model: "qwen2.5-coder:7b", footprintBytes: fromGb(5.2), durationMs: 2900 }),
		{
			model: "qwen2.5-coder:7b",
			footprintBytes: fromGb(5.2),
		},
	),
	happened(
		16,
		"loaded",
		message("event.loaded-elsewhere", { model: "gemma3:1b", footprintBytes: fromGb(1.5) }),
		{
			model: "gemma3:1b",
			footprintBytes: fromGb(1.5),
		},
	),
	happened(24, "unloaded", message("event.expired", { model: "llama3.1:8b" }), {
		model: "llama3.1:8b",
		footprintBytes: fromGb(6),
	}),
	happened(
		34,
		"loaded",
		message("event.loaded", { model: "llama3.1:8b", footprintBytes: fromGb(6), durationMs: 3100 }),
		{
			model: "llama3.1:8b",
			footprintBytes: fromGb(6),
		},
	),
	happened(42, "flush", message("event.flushed", { count: 2, releasedBytes: fromGb(10), durationMs: 1400 }), {
		releasedBytes: fromGb(10),
	}),
	happened(
		44,
		"pressure",
		message("event.pressure-elevated", { availableBytes: fromGb(1.9) }),
		{},
		"warning",
	),
	happened(
		45,
		"gateway",
		message("event.origin-refused", { origin: "https://chat.example" }),
		{
			origin: "https://chat.example",
		},
		"warning",
	),
];

/** The usual state: three models loaded on a Mac of 18 GB, all well. */
export function usual(change: Partial<AppState> = {}): AppState {
	const models = change.loaded ?? crew;
	return {
		version: 1,
		app: {
			version: "0.1.0",
			startedAt: NOW - 5 * 60 * MINUTE,
			dataDir: "/Users/ada/Library/Application Support/Plimsoll",
		},
		engine: engine(),
		machine: machine(18, 4.5, models),
		budget: null,
		loaded: models,
		team: derivedTeam,
		router: { activeMember: null, lastUnloadAt: null },
		strays: [],
		installed: library,
		operations: [],
		pulls: [],
		chat: { ...emptyChat("conversation-1"), model: "qwen2.5-coder:7b" },
		shell: {
			host: "app",
			platform: "macos",
			loginItem: "not-registered",
			shortcutHeld: null,
			ownMemoryBytes: 118 * 1024 ** 2,
		},
		watchdog: FIRST_WATCHDOG_STATE,
		health: null,
		lastFlush: null,
		reloadLoops: [],
		gateway: { port: 11435, wantedPort: null, error: null },
		settings: { ...DEFAULT_SETTINGS, app: { ...DEFAULT_SETTINGS.app, welcomed: true } },
		settingsProblem: null,
		events: afternoon,
		...change,
	};
}
