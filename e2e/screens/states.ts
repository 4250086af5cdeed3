import { emptyChat } from "../../shared/chat.ts";
import type { FitVerdict } from "../../shared/fit.ts";
import type { HistorySlice } from "../../shared/ipc.ts";
import { message } from "../../shared/messages/message.ts";
import type { Member, RouteDecision } from "../../shared/router.ts";
import type { AppState } from "../../shared/state.ts";
import {
	afternoon,
	crew,
	engine,
	flushed,
	installed,
	library,
	loaded,
	machine,
	NOW,
	operation,
	pull,
	said,
	usual as withoutBudget,
} from "../../shared/testing/build-state.ts";
import { fromGb } from "../../shared/units.ts";
import { type Emergency, FIRST_WATCHDOG_STATE } from "../../shared/watchdog.ts";
import { budgetIn, fitIn } from "./build-budget.ts";

const MINUTE = 60_000;

/** The usual state, changed, with the budget that core would show in it. */
function usual(change: Partial<AppState> = {}): AppState {
	const state = withoutBudget(change);
	return change.budget === undefined ? { ...state, budget: budgetIn(state) } : state;
}

const [nomic, gemma, qwen] = crew as readonly [
	(typeof crew)[number],
	(typeof crew)[number],
	(typeof crew)[number],
];

/** A model on its way: what it takes is what its runner holds so far. */
const arriving = loaded("llama3.1:8b", 3.6, 4, { state: "loading", idleSinceAt: null, expiresAt: null });

/** An emergency in which the largest idle model went, over unless changed. */
function emergency(change: Partial<Emergency> = {}): Emergency {
	return {
		id: "emergency-1",
		startedAt: NOW - 14_000,
		endedAt: NOW - 2_000,
		step: 1,
		availableBytes: fromGb(0.2),
		models: [
			{
				key: qwen.key,
				name: qwen.name,
				grade: change.endedAt === null ? null : "proved",
				releasedBytes: change.endedAt === null ? 0 : qwen.footprintBytes,
				answersElsewhere: false,
			},
		],
		loadsEnded: [],
		ownAnswersEnded: 0,
		carriedAnswersEnded: 0,
		notStopped: [],
		releasedBytes: change.endedAt === null ? 0 : qwen.footprintBytes,
		retryAt: NOW + 28_000,
		...change,
	};
}

const away = (state: Partial<AppState> = {}): AppState =>
	usual({ machine: machine(18, 11.9, []), loaded: [], installed: [], ...state });

/** Names that are as long as names get, one of them written from right to left. */
export const LONG_NAMES = [
	"hf.co/bartowski/DeepSeek-R1-Distill-Qwen-7B-abliterated-v2-instruct-GGUF:Q4_K_M",
	"mxbai-embed-large-v1-instruct-multilingual-uncensored-distilled:335m-v1-fp16-x",
	"نموذج-اللغة-العربية-الكبير-للمحادثة-والترجمة-والتلخيص-الإصدار-الثاني-المحسن:7b",
	"מודל-שפה-גדול-לשיחה-ולתרגום:8b-instruct",
] as const;

const longName = (index: number): string => {
	const name = LONG_NAMES[index % LONG_NAMES.length] ?? LONG_NAMES[0];
	return index < LONG_NAMES.length ? name : `${name.slice(0, 76)}-${index}`;
};

/** One model stands 1.6 GB above what its first large prompt made of it. */
function grownQwen(): AppState {
	const models = [nomic, gemma, { ...qwen, footprintBytes: fromGb(6.8), heldBytes: fromGb(6.8) }];
	const state = usual({ machine: machine(18, 2.9, models), loaded: models });
	return { ...state, budget: budgetIn(state, { [qwen.name]: 1.6 }) };
}

/** Eight loaded and sixty installed models with very long names. */
function crowded(): AppState {
	const models = Array.from({ length: 8 }, (_, index) =>
		loaded(longName(index), [0.7, 1.5, 1.5, 2.2, 5.2, 6, 9.3, 13.4][index] ?? 1, index + 1, {
			state: index === 2 ? "busy" : "idle",
			gpuShare: index === 5 ? 0.62 : 1,
			pinned: index < 2,
			expiresAt: index < 2 ? null : NOW + index * MINUTE,
		}),
	);
	const names = Array.from({ length: 60 }, (_, index) => longName(index + 8));
	return usual({
		loaded: models,
		machine: machine(64, 12, models),
		installed: [
			...models.map(({ name, footprintBytes }) => installed(name, footprintBytes / 1024 ** 3)),
			...names.map((name, index) => installed(name, 1 + index / 4)),
		],
	});
}

const question = said(
	"user",
	"Write a Python function to sort a list of dictionaries by a key. Some rows miss the key.",
);

const code = [
	"Rows that have the key are sorted by it, the others keep their order at the end.",
	"```python",
	"from operator import itemgetter",
	"",
	"def sort_by(rows, key):",
	'    """Rows without the key go last."""',
	"    have = [r for r in rows if key in r]",
	"    rest = [r for r in rows if key not in r]",
	"    have.sort(key=itemgetter(key))",
	"    return have + rest",
	"```",
	"It returns a new list and leaves `rows` as it was.",
].join("\n");

const half =
	"Two things decide the shape of this function: which rows count as sortable, and where the others go.\n\nThe safest choice is to keep every row. Rows that have the key are sorted by it; rows without";

const prompt = { promptTokens: 40, estimatedPromptTokens: 38, contextFull: false } as const;

/** The list of conversations, newest first. */
const listed = {
	recent: [
		{
			id: "conversation-1",
			title: "Sorting a list of dictionaries",
			at: NOW - 4 * MINUTE,
			model: "qwen2.5-coder:7b",
			questions: 1,
		},
		{
			id: "conversation-2",
			title: "船はなぜ海に浮くのですか",
			at: NOW - 50 * MINUTE,
			model: "gemma3:4b",
			questions: 5,
		},
		{
			id: "conversation-3",
			title: "What is wrong with this form?",
			at: NOW - 80 * MINUTE,
			model: "granite3.2-vision:2b",
			questions: 1,
		},
		{
			id: "conversation-4",
			title: "Pivot table for the stock list, with the months in the order of the year",
			at: NOW - 30 * 60 * MINUTE,
			model: null,
			questions: 12,
		},
		{
			id: "conversation-5",
			title: "كيف تطفو السفن؟",
			at: NOW - 400 * 24 * 60 * MINUTE,
			model: "llama3.1:8b",
			questions: 2,
		},
	],
	conversations: 5,
} as const;

const form = { id: "d".repeat(64), name: "form.png", widthPx: 640, heightPx: 360 } as const;

const coder = (usual().team.team.members.find(({ domains }) => domains.includes("coding")) ??
	usual().team.team.members[0]) as Member;

/** A question about code went to a loaded coder. */
const route: RouteDecision = {
	requirements: {
		domain: "coding",
		confidence: 0.93,
		runnerUp: "data",
		domainSource: "classifier",
		topics: [],
		complexity: 2,
		tier: "versatile",
		needs: { vision: false, tools: false, contextTokens: 900, language: "en" },
	},
	member: coder,
	candidates: [
		{ member: coder.id, model: coder.model, reason: "loaded-is-adequate", rank: 2, loaded: true, fits: true },
		{
			member: "mistral",
			model: "mistral-small:24b",
			reason: "does-not-fit",
			rank: 1,
			loaded: false,
			fits: false,
		},
		{ member: "gemma", model: "gemma3:4b", reason: "ranked-lower", rank: 3, loaded: false, fits: true },
		{
			member: "granite",
			model: "granite3.2-vision:2b",
			reason: "other-domain",
			rank: null,
			loaded: false,
			fits: null,
		},
		{ member: "phi", model: "phi4:14b", reason: "not-installed", rank: null, loaded: false, fits: null },
	],
	steps: [],
	loads: false,
	edge: false,
	why: message("route.loaded", { member: coder.name, first: "mistral-small" }),
	tookMs: 0.4,
};

const talk = (...messages: AppState["chat"]["messages"]): AppState["chat"] => ({
	...emptyChat("conversation-1"),
	title: "Sorting a list of dictionaries",
	model: "qwen2.5-coder:7b",
	messages,
	answering: messages.some(({ state }) => state === "waiting" || state === "streaming")
		? {
				conversationId: "conversation-1",
				title: "Sorting a list of dictionaries",
				model: messages.at(-1)?.model ?? null,
			}
		: null,
	...listed,
});

/** An hour of memory with loads and unloads, for the curve. */
export const hourOfMemory: HistorySlice = {
	points: Array.from({ length: 121 }, (_, index) => {
		const minute = index / 2;
		const models =
			minute < 15 ? 0.7 : minute < 18 ? 10 : minute < 26 ? 0.7 : minute < 36 ? 6.7 : minute < 50 ? 2.2 : 7.4;
		const others = 6.1 + Math.sin(index / 9) * 0.25 + (minute > 14 && minute < 19 ? 1.1 : 0);
		return {
			at: NOW - (60 - minute) * MINUTE,
			totalBytes: fromGb(18),
			availableBytes: fromGb(18 - others - models),
			swapUsedBytes: fromGb(0.4),
			loadedBytes: fromGb(models),
			level: minute > 15 && minute < 18 ? ("elevated" as const) : ("normal" as const),
		};
	}),
	events: afternoon,
};

/** What Activity has to show soon after the first start. */
export const firstMinutesOfMemory: HistorySlice = { points: hourOfMemory.points.slice(-4), events: [] };

/** Every state a popover can be in, by name; what only a click brings is in the scenes. */
export const states = {
	now: usual(),
	grown: grownQwen(),
	"now-past": usual({
		machine: machine(18, 1.5, [nomic, gemma, { ...qwen, heldBytes: fromGb(4.2) }], "elevated"),
		loaded: [nomic, gemma, { ...qwen, heldBytes: fromGb(4.2) }],
	}),
	elevated: usual({ machine: machine(18, 2.4, crew, "elevated") }),
	high: usual({ machine: machine(18, 0.8, crew, "high") }),
	critical: usual({ machine: machine(18, 0.2, crew, "critical") }),
	reading: usual({ machine: null }),
	loading: usual({
		loaded: [nomic, gemma, arriving],
		machine: machine(18, 6.1, [nomic, gemma, arriving]),
		operations: [
			operation("load", "llama3.1:8b", { progress: { doneBytes: fromGb(3.6), totalBytes: fromGb(6) } }),
			operation("load", "mistral:7b", { state: "queued", startedAt: null }),
		],
	}),
	draining: usual({
		loaded: [nomic, { ...gemma, state: "draining" }, qwen],
		operations: [
			operation("unload", "gemma3:1b", {
				state: "waiting-for-reply",
				queuedAt: NOW - 14_000,
				startedAt: NOW - 14_000,
			}),
		],
	}),
	"flush-progress": usual({
		loaded: [
			{ ...gemma, state: "draining" },
			{ ...qwen, state: "unloading" },
		],
		machine: machine(18, 5.2, [gemma, qwen]),
		operations: [operation("flush", null, { startedAt: NOW - 900, queuedAt: NOW - 900 })],
	}),
	"watch-paused": usual({
		watchdog: { ...FIRST_WATCHDOG_STATE, mode: "paused", pausedUntilAt: NOW + 60 * MINUTE },
	}),
	"emergency-running": usual({
		machine: machine(18, 0.2, crew, "critical"),
		watchdog: {
			...FIRST_WATCHDOG_STATE,
			preferSmall: true,
			emergency: emergency({ endedAt: null, notStopped: ["mistral:7b"] }),
		},
	}),
	"chat-paused": usual({
		machine: machine(18, 0.2, crew, "critical"),
		watchdog: { ...FIRST_WATCHDOG_STATE, preferSmall: true, emergency: emergency({ endedAt: null }) },
		chat: {
			...talk(),
			messages: [
				said("user", "Can it sort by two keys?"),
				said("assistant", "", { state: "waiting", model: "gemma3:1b" }),
			],
		},
	}),
	"emergency-result": usual({
		loaded: [nomic, gemma],
		machine: machine(18, 5.4, [nomic, gemma]),
		watchdog: {
			...FIRST_WATCHDOG_STATE,
			lastEmergency: emergency({}),
			bringsBack: [
				{
					key: qwen.key,
					name: qwen.name,
					footprintBytes: qwen.footprintBytes,
					evictedAt: NOW - MINUTE,
					lacksBytes: fromGb(2.8),
				},
			],
		},
	}),
	"pressure-other": usual({
		loaded: [nomic],
		machine: machine(18, 0.2, [nomic], "critical"),
		watchdog: {
			...FIRST_WATCHDOG_STATE,
			preferSmall: true,
			othersPressure: {
				sinceAt: NOW - MINUTE,
				modelsBytes: fromGb(0.7),
				largest: [
					{ name: "Google Chrome", bytes: fromGb(7.9) },
					{ name: "Docker Desktop", bytes: fromGb(4.1) },
					{ name: "Xcode", bytes: fromGb(1.4) },
				],
			},
		},
	}),
	"flush-result": usual({ loaded: [], machine: machine(18, 11.9, []), lastFlush: flushed(crew, 1800) }),
	"flush-partial": usual({
		loaded: [{ ...gemma, state: "idle", oddity: { kind: "stuck", sinceAt: NOW - 9000 } }],
		machine: machine(18, 10.4, [gemma]),
		lastFlush: flushed(crew, 10_400, ["gemma3:1b"]),
	}),
	"flush-said": usual({
		engine: engine({ locality: "unseen" }),
		loaded: [],
		machine: machine(18, 11.9, []),
		lastFlush: flushed(crew, 1800, [], "engine-says-so"),
	}),
	oddities: usual({
		loaded: [
			{ ...nomic, oddity: { kind: "dead-runner" }, process: null },
			{ ...gemma, state: "unknown", footprintRounded: true },
			{ ...qwen, oddity: { kind: "ghost", because: "deleted" } },
		],
		strays: [
			{
				pid: 812,
				startedAt: NOW - 90 * MINUTE,
				kind: "orphan",
				model: "mistral:7b",
				program: "llama-server",
				footprintBytes: fromGb(5.1),
			},
			{
				pid: 977,
				startedAt: NOW - 30 * MINUTE,
				kind: "other",
				model: null,
				program: "LM Studio Helper",
				footprintBytes: fromGb(2.2),
			},
		],
	}),
	"empty-loaded": usual({ loaded: [], machine: machine(18, 11.9, []) }),
	"empty-installed": usual({
		loaded: [],
		installed: [],
		machine: machine(18, 11.9, []),
		chat: { ...talk(), model: null },
	}),
	pull: usual({
		pulls: [
			pull("qwen3:4b"),
			pull("qwen3:8b", {
				state: "failed",
				endedAt: NOW - 5000,
				error: { code: "not-in-registry", params: { model: "qwen3:8x" } },
			}),
			pull("phi4-mini", { state: "done", endedAt: NOW - 9000 }),
		],
	}),
	eight: usual({
		loaded: [
			"nomic-embed-text",
			"bge-m3",
			"gemma3:1b",
			"granite3.2-vision:2b",
			"qwen2.5-coder:7b",
			"llama3.1:8b",
			"deepcoder:14b",
			"gpt-oss:20b",
		].map((name, index) => loaded(name, [0.7, 1.5, 1.5, 2.2, 5.2, 6, 9.3, 13.4][index] ?? 1, index + 1)),
		machine: machine(64, 12, [loaded("all", 39.8, 1)]),
	}),
	ten: usual({
		loaded: Array.from({ length: 10 }, (_, index) =>
			loaded(`model-${index}:7b`, 2 + index / 3, index < 8 ? index + 1 : null),
		),
		machine: machine(64, 12, [loaded("all", 35, 1)]),
	}),
	crowded: crowded(),
	"reload-contexts-loop": usual({
		reloadLoops: [
			{
				because: "contexts",
				models: ["qwen2.5-coder:7b"],
				contexts: [4096, 32_768],
				reloads: 5,
				lastAt: NOW - 20_000,
			},
		],
	}),
	"reload-turns": usual({
		reloadLoops: [
			{
				because: "memory",
				models: ["deepcoder:14b", "qwen2.5-coder:7b"],
				contexts: [],
				reloads: 3,
				lastAt: NOW - 20_000,
			},
		],
	}),
	split: usual({ loaded: [nomic, { ...qwen, gpuShare: 0.62 }], machine: machine(18, 4.5, [nomic, qwen]) }),
	remote: usual({
		engine: engine({
			url: "http://studio.local:11434",
			locality: "remote",
			source: "settings",
			launcher: null,
		}),
		machine: machine(18, 10.2, []),
		loaded: [
			loaded("gpt-oss:20b", 13.4, 1, { footprintSource: "reported", heldBytes: null, process: null }),
			loaded("llama3.1:70b", 43.1, 2, {
				footprintSource: "reported",
				heldBytes: null,
				process: null,
				gpuShare: 0.62,
			}),
		],
	}),
	unseen: usual({
		engine: engine({ locality: "unseen" }),
		loaded: crew.map((model) => ({ ...model, footprintSource: "reported", heldBytes: null, process: null })),
		machine: machine(18, 4.5, []),
	}),
	demo: usual({
		engine: engine({ kind: "demo", source: "demo", url: "http://127.0.0.1:40404", version: "0.33.0-demo" }),
		loaded: crew.map((model) => ({ ...model, footprintSource: "simulated" })),
		machine: machine(18, 4.5, crew, "normal", { source: "demo" }),
	}),
	newer: usual({ engine: engine({ version: "0.47.0", newerThanKnown: true }) }),
	connecting: away({ engine: engine({ connection: { state: "connecting" }, version: null }) }),
	starting: away({
		engine: engine({ connection: { state: "starting", sinceAt: NOW - 2000 }, version: null }),
	}),
	unreachable: usual({
		engine: engine({
			connection: {
				state: "unreachable",
				sinceAt: NOW - 6 * MINUTE,
				nextTryAt: NOW + 3000,
				because: "timeout",
			},
		}),
	}),
	stopped: away({
		engine: engine({
			connection: { state: "unreachable", sinceAt: NOW - 20_000, nextTryAt: NOW + 3000, because: "refused" },
		}),
	}),
	"not-an-engine": away({
		engine: engine({
			url: "http://127.0.0.1:8080",
			source: "settings",
			launcher: null,
			connection: {
				state: "unreachable",
				sinceAt: NOW - 20_000,
				nextTryAt: NOW + 3000,
				because: "not-an-engine",
			},
		}),
	}),
	missing: away({
		engine: engine({
			launcher: null,
			version: null,
			connection: { state: "not-installed", sinceAt: NOW - 20_000, nextTryAt: NOW + 3000 },
		}),
	}),
	welcome: usual({ settings: { ...usual().settings, app: { ...usual().settings.app, welcomed: false } } }),
	"settings-problem": usual({
		settingsProblem: {
			code: "settings-invalid",
			params: { file: "settings.json", line: 7, problem: "“keepFreeGb” must be a number from 0 to 4096" },
		},
	}),
	"chat-empty": usual({ chat: { ...talk(), title: null, model: null } }),
	"chat-first": usual({ chat: emptyChat("conversation-1") }),
	"chat-waiting": usual({
		chat: talk(question, said("assistant", "", { state: "waiting", model: "llama3.1:8b" })),
		loaded: [nomic, arriving],
		machine: machine(18, 7.6, [nomic, arriving]),
		operations: [
			operation("load", "llama3.1:8b", { progress: { doneBytes: fromGb(3.6), totalBytes: fromGb(6) } }),
		],
	}),
	"chat-streaming": usual({ chat: talk(question, said("assistant", half, { state: "streaming" })) }),
	"chat-code": usual({
		chat: talk(
			question,
			said("assistant", code, {
				figures: { firstTokenMs: 320, tokensPerSecond: 38, answerTokens: 240, loadMs: null, ...prompt },
			}),
		),
	}),
	"chat-image": usual({
		chat: {
			...talk(
				said("user", "What is wrong with this form?", { pictures: [form] }),
				said("assistant", "The second field is marked red, but no text says what is wrong.", {
					model: "granite3.2-vision:2b",
					figures: { firstTokenMs: 320, tokensPerSecond: 52, answerTokens: 80, loadMs: 1900, ...prompt },
				}),
			),
			title: "What is wrong with this form?",
			draft: "And is this one better?",
			attached: [
				{ ...form, id: "f".repeat(64), name: "form-2.png" },
				{ ...form, id: "e".repeat(64), name: "" },
			],
		},
	}),
	"chat-routed": usual({ chat: { ...talk(question, said("assistant", code, { route })), model: null } }),
	"chat-left-out": usual({
		chat: {
			...talk(
				said("user", "And what did I ask first?"),
				said("assistant", "About sorting a list.", { leftOut: 1412, contextTokens: 8192 }),
			),
			earlier: 1412,
		},
	}),
	"chat-elsewhere": usual({
		chat: {
			...talk(),
			title: null,
			conversationId: "conversation-9",
			answering: { conversationId: "conversation-2", title: "船はなぜ海に浮くのですか", model: "gemma3:4b" },
		},
	}),
	"chat-deleted": usual({
		chat: {
			...talk(),
			title: null,
			deleted: { id: "conversation-7", title: "Cleaning up the photo archive" },
		},
	}),
	"chat-long-paste": usual({
		chat: talk(said("user", "2026-05-12 14:08:20 warn: disk is slow\n".repeat(20_000))),
	}),
	"chat-long-code": usual({
		chat: talk(
			question,
			said(
				"assistant",
				`Here it is.\n\n\`\`\`python\n${"rows.append(sorted(row))\n".repeat(2_000)}\`\`\`\n\nThat is all.`,
			),
		),
	}),
	"chat-thinking": usual({
		chat: talk(
			question,
			said("assistant", "Use a stable sort.", {
				thinking: "The user wants rows without the key to survive. A stable sort keeps their order.",
				figures: { firstTokenMs: 900, tokensPerSecond: 21, answerTokens: 60, loadMs: 6200, ...prompt },
			}),
		),
	}),
	"chat-stopped": usual({ chat: talk(question, said("assistant", half, { state: "stopped" })) }),
	"chat-error": usual({
		chat: talk(
			question,
			said("assistant", half, { state: "broken", error: { code: "stream-broken", params: {} } }),
		),
	}),
	"chat-refused": usual({
		chat: talk(
			question,
			said("assistant", "", {
				state: "broken",
				error: {
					code: "memory-too-low",
					params: { model: "mistral-small:24b", neededBytes: fromGb(15.2), availableBytes: fromGb(4.5) },
				},
			}),
		),
	}),
	"chat-away": away({
		chat: talk(
			question,
			said("assistant", half, {
				state: "broken",
				error: { code: "engine-unreachable", params: { url: "http://127.0.0.1:11434" } },
			}),
		),
		engine: engine({
			connection: { state: "unreachable", sinceAt: NOW - 20_000, nextTryAt: NOW + 3000, because: "refused" },
		}),
	}),
	activity: usual(),
	"activity-empty": usual({ events: [] }),
	team: usual({ router: { activeMember: "llama3_1_8b", lastUnloadAt: null } }),
	"team-pulling": usual({
		pulls: [pull("qwen2.5:14b", { doneBytes: fromGb(5.1), totalBytes: fromGb(8.4) })],
	}),
	settings: usual(),
	"settings-browser": usual({
		shell: { ...usual().shell, host: "browser", platform: "linux", loginItem: "unsupported" },
		machine: machine(18, 4.5, crew, "normal", { source: "linux" }),
		gateway: { port: 11436, wantedPort: 11435, error: null },
	}),
	"settings-approval": usual({
		shell: { ...usual().shell, loginItem: "requires-approval", shortcutHeld: false },
		settings: {
			...usual().settings,
			app: { ...usual().settings.app, welcomed: true, shortcut: "Alt+Command+P" },
			gateway: { port: 11435, requireToken: true, allowedOrigins: ["https://chat.example"] },
		},
	}),
	german: usual({
		settings: { ...usual().settings, language: "de" },
		loaded: [nomic, { ...gemma, state: "draining" }, qwen],
	}),
} as const satisfies Record<string, AppState>;

/** Names of the states. */
export type StateName = keyof typeof states;

/** The same models as the usual state's, for tests that change one of them. */
export const usualCrew = { nomic, gemma, qwen } as const;

/** Sizes of llama3.1 at several contexts. */
export const llamaChoices = [
	{ contextLength: 4096, footprintBytes: fromGb(5.5), isDefault: true },
	{ contextLength: 8192, footprintBytes: fromGb(6), isDefault: false },
	{ contextLength: 32_768, footprintBytes: fromGb(9), isDefault: false },
	{ contextLength: 131_072, footprintBytes: fromGb(21), isDefault: false },
] as const;

/** What core answers to a question about each of these in a state: a verdict over the model with that context. */
export function fitAnswers(state: AppState, model: string): Readonly<Record<string, FitVerdict>> {
	const wanted = state.installed.find(({ name }) => name === model);
	if (wanted === undefined) return {};
	return Object.fromEntries(
		llamaChoices.map(({ contextLength, footprintBytes }) => [
			`fit ${JSON.stringify({ model, contextLength })}`,
			fitIn(state, wanted, contextLength, Math.round(footprintBytes * 1.05)),
		]),
	);
}

/** What lies on the usual disk. */
export const usualLibrary = library;

/** What a search for “sort” finds. */
export const foundConversations = [
	{
		...listed.recent[0],
		excerpt: { text: "… function to sort a list of dictionaries by a key …", from: 14, to: 18 },
	},
	{ ...listed.recent[3], excerpt: { text: "… and then sort the months, newest first …", from: 11, to: 15 } },
	{ ...listed.recent[1], excerpt: null },
] as const;
