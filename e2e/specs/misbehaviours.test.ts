import { describe, expect, it, vi } from "vitest";
import { type DemoCore, startDemoCore, until } from "../../electron/core/watchdog/testing/demo-core.ts";
import type { DemoEngineInput } from "../../electron/demo-engine/command.ts";
import { controlSchema, type DemoControl } from "../../electron/demo-engine/http/demo-routes.ts";
import {
	MISBEHAVIOURS,
	type MisbehaviourKind,
	SERVER_MISBEHAVIOURS,
	type ServerMisbehaviourKind,
} from "../../electron/demo-engine/misbehaviour.ts";
import { AppError } from "../../shared/errors.ts";
import { createRenderer } from "../../shared/messages/create-renderer.ts";
import { type Message, message } from "../../shared/messages/message.ts";
import type { Oddity } from "../../shared/model.ts";
import type { AppState, StrayRunner } from "../../shared/state.ts";

/** The model that goes wrong, and one that takes its place where it is gone from disk afterwards. */
const MODEL = "gemma3:1b";
const ANOTHER = "llama3.2:3b";

/** One way to go wrong: what is done meanwhile, what a person gets to read, and how it passes. */
interface Row {
	/** Body of the control endpoint that makes it go wrong. */
	readonly wrong: DemoControl;
	/** What is done while it lasts; what it rejects with is shown to whoever clicked. */
	readonly does: (core: DemoCore) => Promise<unknown>;
	/** Sentences that are on screen at some moment of it; none where all goes on as ever. */
	readonly sees: readonly RegExp[];
	/** More that has to hold while it lasts. */
	readonly holds?: (state: AppState) => void;
	/** How it passes; where nothing is said, everything behaves again. */
	readonly passes?: (core: DemoCore) => Promise<unknown>;
	/** Sentences that come once it has passed, without anybody doing anything. */
	readonly afterwards?: readonly RegExp[];
	/** Who answers afterwards. */
	readonly answers?: string;
	readonly engine?: DemoEngineInput;
}

const ofModel = (what: MisbehaviourKind, value?: number): DemoControl => ({
	misbehave: { model: MODEL, what, ...(value === undefined ? {} : { value }) },
});

const ofServer = (what: ServerMisbehaviourKind): DemoControl => ({ misbehave: { what } });

const clear = (core: DemoCore) => core.control({ clear: true });

const load = (core: DemoCore) => core.plimsoll.core.handlers.load({ model: MODEL, force: false });

const unload = (core: DemoCore) => core.plimsoll.core.handlers.unload({ model: MODEL });

/** Asks in the chat; resolves once the answer has ended, however it ended. */
async function ask(core: DemoCore, model = MODEL): Promise<void> {
	const { handlers } = core.plimsoll.core;
	await handlers.chooseAnswerer({ model, member: null });
	await handlers.ask({ text: `Question ${core.state().chat.messages.length}: what makes the tides?` });
	await until("the answer has ended", () =>
		["done", "stopped", "broken"].includes(core.state().chat.messages.at(-1)?.state ?? ""),
	);
}

/** Another program loads the model for some seconds. */
const loadElsewhere = (core: DemoCore) =>
	core.bypass("/api/generate", { model: MODEL, keep_alive: "8s" }).then((response) => response.text());

const BROKEN = [/^The engine says: “an error was encountered while running the model: .+”\.$/, /^Its log/];
const DEAD = [/^gemma3:1b: Its process has ended$/];
const AWAY = [/^No models: Ollama does not answer\.$/, /^Nothing answers at http/, /connects by itself/];
const ASKED = [/^gemma3:1b was asked to leave, but its release is not confirmed\.$/];
const EXPIRED = [/^gemma3:1b left by itself: its keep-alive was over\.$/];

const textCame = ({ chat }: AppState) => expect(chat.messages.at(-1)?.text).not.toBe("");

const MODEL_ROWS: Readonly<Record<MisbehaviourKind, Row>> = {
	"slow-load": {
		wrong: ofModel("slow-load", 3),
		does: load,
		sees: [/^Loading gemma3:1b$/, /^gemma3:1b is loaded: 0\.8\sGB in 3\.\d\ss\.$/],
	},
	"hang-load": {
		wrong: ofModel("hang-load"),
		does: async (core) => {
			const asked = ask(core);
			await until("it loads", () => core.state().loaded[0]?.state === "loading");
			// Nothing but whoever waits can tell that it takes too long; taking it back ends it.
			await core.plimsoll.core.handlers.stopAnswer(null);
			await asked;
		},
		sees: [/^Loading gemma3:1b$/],
		holds: ({ chat }) => expect(chat.messages.at(-1)).toMatchObject({ state: "stopped", error: null }),
	},
	"hang-unload": {
		wrong: ofModel("hang-unload"),
		does: async (core) => {
			await load(core);
			await unload(core);
		},
		sees: [...ASKED, /^gemma3:1b: Stuck since \d\d:\d\d$/],
		afterwards: EXPIRED,
	},
	"crash-mid-stream": {
		wrong: ofModel("crash-mid-stream"),
		does: ask,
		sees: [...BROKEN, ...DEAD],
		holds: textCame,
	},
	"crash-before-first-token": {
		wrong: ofModel("crash-before-first-token"),
		does: ask,
		sees: [...BROKEN, ...DEAD],
	},
	"garbage-json": {
		wrong: ofModel("garbage-json"),
		does: ask,
		sees: [
			/^The engine's answer could not be read: a line that is no JSON$/,
			/^Check that http\S+ is an Ollama/,
		],
		holds: textCame,
	},
	"stream-error": { wrong: ofModel("stream-error"), does: ask, sees: BROKEN, holds: textCame },
	"stream-without-end": {
		wrong: ofModel("stream-without-end"),
		does: ask,
		sees: [/^The answer broke off\.$/, /^What came is kept; ask again to get the rest\.$/],
		holds: textCame,
	},
	busy: {
		wrong: ofModel("busy"),
		does: async (core) => {
			await ask(core);
			await load(core);
		},
		sees: [/^The engine's queue is full\.$/, /^Try again in a few seconds\.$/],
		holds: ({ chat }) => expect(chat.messages.at(-1)?.error?.code).toBe("engine-queue-full"),
	},
	ghost: {
		wrong: ofModel("ghost"),
		does: async (core) => {
			await loadElsewhere(core);
			await until("it is listed", () => core.state().loaded[0]?.oddity != null);
			await unload(core);
		},
		sees: [/^gemma3:1b: Deleted, still in memory$/, ...ASKED],
		afterwards: EXPIRED,
		answers: ANOTHER,
	},
	retag: {
		wrong: ofModel("retag"),
		does: loadElsewhere,
		sees: [/^gemma3:1b: Replaced on disk, the old one is still in memory$/],
		afterwards: EXPIRED,
	},
	orphan: {
		wrong: ofModel("orphan"),
		does: ask,
		sees: [/^gemma3:1b: Left over, its Ollama has stopped$/],
		passes: endOrphan,
	},
	refusal: {
		wrong: ofModel("refusal"),
		does: load,
		sees: [
			/^gemma3:1b ran out of memory: .+insufficient memory/,
			/^Flush, then load it with a smaller context/,
		],
	},
	"keep-memory": {
		wrong: ofModel("keep-memory"),
		does: async (core) => {
			await load(core);
			await unload(core);
		},
		sees: [...ASKED, /^gemma3:1b: Off Ollama’s list, but its process has not ended$/],
		holds: ({ loaded }) => expect(loaded).toEqual([]),
	},
	growth: {
		wrong: ofModel("growth", 1),
		does: async (core) => {
			for (let turn = 0; turn < 3; turn += 1) await ask(core);
		},
		sees: [/^gemma3:1b: Has grown by \d\.\d\sGB$/],
		passes: trim,
	},
	"dead-runner": { wrong: ofModel("dead-runner", 0.2), does: load, sees: DEAD },
};

const SERVER_ROWS: Readonly<Record<ServerMisbehaviourKind, Row>> = {
	"blocking-ps": {
		wrong: ofServer("blocking-ps"),
		does: load,
		sees: [
			/^Ollama is busy loading or unloading/,
			/^The engine said gemma3:1b was loaded, but does not list it\.$/,
			/^Look at what is loaded, then load it again\.$/,
		],
		afterwards: [/^gemma3:1b is loaded: 0\.8\sGB in \d+\.\d\ss\.$/],
	},
	// The engine is there, for everything else that it is asked.
	"hanging-version": {
		wrong: ofServer("hanging-version"),
		does: load,
		sees: [/^gemma3:1b is loaded: 0\.8\sGB in \d\.\d\ss\.$/],
	},
	html: { wrong: ofServer("html"), does: clickWhileAway, sees: AWAY },
	"hang-all": { wrong: ofServer("hang-all"), does: clickWhileAway, sees: AWAY },
};

/** What the control endpoint does that puts right again, or brings the misbehaviours above. */
const NO_FAULTS = ["clear", "misbehave", "kill_orphan"] as const;

const CONTROL_ROWS: Readonly<Record<Exclude<keyof DemoControl, (typeof NO_FAULTS)[number]>, Row>> = {
	kill_runner: {
		wrong: {},
		does: async (core) => {
			await load(core);
			await core.control({ kill_runner: { model: MODEL } });
		},
		sees: DEAD,
	},
	grow: {
		wrong: {},
		does: async (core) => {
			await ask(core);
			await core.control({ grow: { model: MODEL, gb: 2 } });
		},
		sees: [/^gemma3:1b: Has grown by \d\.\d\sGB$/],
		passes: trim,
	},
	orphan: {
		wrong: { orphan: { model: MODEL } },
		does: async () => undefined,
		sees: [/^gemma3:1b: Left over, its Ollama has stopped$/],
		passes: endOrphan,
	},
	others_gb: {
		wrong: { others_gb: 10 },
		does: async (core) => {
			await until("it is seen", () => (core.state().machine?.sample.availableBytes ?? 1e12) < 2.3e9);
			await load(core);
		},
		sees: [/^gemma3:1b needs .+, but only \d\.\d\sGB are available\.$/, /^Unload a model or close an app/],
		passes: (core) => core.control({ others_gb: 6 }),
		engine: { machineGb: 12 },
	},
	kernel_level: {
		wrong: {},
		does: async (core) => {
			await core.loadIdle(MODEL);
			await core.control({ kernel_level: 4 });
		},
		sees: [/^Memory is critical: /, /^Emergency: only .+ left\. Plimsoll unloads what is idle\.$/],
		holds: ({ loaded }) => expect(loaded).toEqual([]),
		passes: (core) => core.control({ kernel_level: 1 }),
		afterwards: [/^Emergency over after .+: 1 model left/, /^Memory is fine again/],
		engine: { machineGb: 12 },
	},
	swap_rate_mb_per_s: {
		wrong: {},
		does: async (core) => {
			await core.loadIdle(MODEL);
			await core.control({ swap_rate_mb_per_s: 60, kernel_level: 2 });
		},
		sees: [/^Memory is tight: /, /^Unloading gemma3:1b, which is idle, because memory is tight\.$/],
		passes: (core) => core.control({ swap_rate_mb_per_s: 0, kernel_level: 1 }),
		afterwards: [/^Memory is fine again/],
	},
	// Some Macs have had much in swap for hours: that alone is no reason to act, nor to say anything.
	swap_used_gb: {
		wrong: { swap_used_gb: 8 },
		does: (core) =>
			until("it is seen", () => (core.state().machine?.sample.swapUsedBytes ?? 0) > 8e9).then(() =>
				load(core),
			),
		sees: [/^gemma3:1b is loaded: /],
		holds: ({ machine }) => expect(machine?.level).toBe("normal"),
	},
};

/** Clicks on load once the engine counts as away. */
async function clickWhileAway(core: DemoCore): Promise<void> {
	await until("it is away", () => core.state().engine.connection.state === "unreachable");
	await load(core);
}

async function endOrphan(core: DemoCore): Promise<void> {
	await clear(core);
	await core.control({ kill_orphan: { pid: core.state().strays[0]?.pid ?? 0 } });
}

async function trim(core: DemoCore): Promise<void> {
	await clear(core);
	await until("it is idle", () => core.state().loaded[0]?.state === "idle");
	expect(await core.plimsoll.core.handlers.trim({ model: MODEL })).toMatchObject({ grade: "proved" });
}

const { render } = createRenderer("en");

/** What the popover says of an odd model and of a process that no engine lists. */
function oddWords(oddity: Oddity): Message {
	switch (oddity.kind) {
		case "ghost":
			return message(oddity.because === "deleted" ? "ui.odd-deleted" : "ui.odd-retagged");
		case "dead-runner":
			return message("ui.odd-dead");
		case "stuck":
			return message("ui.odd-stuck", { time: new Date(oddity.sinceAt).toTimeString().slice(0, 5) });
	}
}

function strayWords({ kind, program }: StrayRunner): Message {
	switch (kind) {
		case "orphan":
			return message("ui.stray-orphan");
		case "left-behind":
			return message("ui.stray-left");
		case "other":
			return message("ui.stray-other", { program });
	}
}

/** The sentences that a state puts on screen about what is wrong. */
function sentences({ engine, loaded, strays, events, chat, budget }: AppState): readonly string[] {
	const error = chat.messages.at(-1)?.error ?? null;
	const names = new Map(loaded.map(({ key, name }) => [key, name]));
	return [
		...events.map((event) => render(event.message)),
		...(error === null ? [] : errorWords(AppError.from(error))),
		...loaded.flatMap(({ name, state, oddity }) => [
			...(state === "loading" ? [render(message("ui.headline-loading", { model: name }))] : []),
			...(oddity === null ? [] : [`${name}: ${render(oddWords(oddity))}`]),
		]),
		...strays.map((stray) => `${stray.model}: ${render(strayWords(stray))}`),
		...(budget?.models ?? [])
			.filter(({ grownBytes }) => grownBytes > 0)
			.map(({ key, grownBytes: bytes }) => `${names.get(key)}: ${render(message("ui.grown-by", { bytes }))}`),
		...(engine.connection.state === "unreachable" ? [render(message("ui.sub-unreachable"))] : []),
		...(engine.connection.state === "connected" && engine.connection.busy
			? [render(message("ui.sub-busy"))]
			: []),
	];
}

function errorWords(error: AppError): readonly string[] {
	return [render(error.said), render(error.next)];
}

/** Waits until each sentence was on screen. */
async function said(screen: ReadonlySet<string>, wanted: readonly RegExp[]): Promise<void> {
	await vi.waitFor(
		() => {
			for (const sentence of wanted) expect([...screen]).toContainEqual(expect.stringMatching(sentence));
		},
		{ timeout: 30_000, interval: 50 },
	);
}

/** All is as the engine says it is, nothing is odd, a question is answered, and a model leaves with proof. */
async function expectWell(core: DemoCore, model: string): Promise<void> {
	const well = async () => {
		const { engine, operations, strays, machine } = core.state();
		expect(engine.connection).toMatchObject({ state: "connected", busy: false });
		expect({ operations, strays, level: machine?.level }).toEqual({
			operations: [],
			strays: [],
			level: "normal",
		});
		const listed = (await (await fetch(`${core.engineUrl}/api/ps`)).json()) as {
			readonly models: readonly { readonly name: string }[];
		};
		expect(core.state().loaded.map(({ name }) => name)).toEqual(listed.models.map(({ name }) => name));
	};
	await vi.waitFor(well, { timeout: 40_000, interval: 100 });
	await ask(core, model);
	expect(core.state().chat.messages.at(-1)).toMatchObject({ state: "done", error: null });
	expect(core.state().loaded).toMatchObject([{ name: model, oddity: null }]);
	expect(await core.plimsoll.core.handlers.unload({ model })).toMatchObject({ grade: "proved" });
	await vi.waitFor(well, { timeout: 10_000, interval: 100 });
	expect(core.state().loaded).toEqual([]);
}

async function play(row: Row): Promise<void> {
	const core = await startDemoCore({
		engine: { machineGb: 48, tokensPerSecond: 200, ...row.engine },
		settings: { pressure: { leaveAfterSeconds: 2 }, watchdog: { highSparesUsedWithinSeconds: 1 } },
	});
	try {
		const screen = new Set<string>();
		const look = () => {
			for (const sentence of sentences(core.state())) screen.add(sentence);
		};
		const stop = core.plimsoll.core.state.subscribe(look);
		await core.control(row.wrong);
		await row.does(core).catch((thrown: unknown) => {
			for (const sentence of errorWords(AppError.wrap(thrown))) screen.add(sentence);
		});
		look();
		await said(screen, row.sees);
		if (row.holds !== undefined) await vi.waitFor(() => row.holds?.(core.state()), { timeout: 15_000 });
		screen.clear();
		await (row.passes ?? clear)(core);
		await said(screen, row.afterwards ?? []);
		await expectWell(core, row.answers ?? MODEL);
		stop();
	} finally {
		await core.close();
	}
}

describe("the table of what can go wrong", () => {
	it("has a row for every misbehaviour of the demo engine", () => {
		expect(Object.keys(MODEL_ROWS).toSorted()).toEqual(Object.keys(MISBEHAVIOURS).toSorted());
		expect(Object.keys(SERVER_ROWS).toSorted()).toEqual(Object.keys(SERVER_MISBEHAVIOURS).toSorted());
		expect([...Object.keys(CONTROL_ROWS), ...NO_FAULTS].toSorted()).toEqual(
			Object.keys(controlSchema.shape).toSorted(),
		);
	});
});

/** The slowest first, so that the others run beside them. */
const ALL: readonly (readonly [string, Row])[] = [
	...Object.entries(CONTROL_ROWS).map(([what, row]) => [`control ${what}`, row] as const),
	...Object.entries(SERVER_ROWS).map(([what, row]) => [`server ${what}`, row] as const),
	...Object.entries(MODEL_ROWS).map(([what, row]) => [`model ${what}`, row] as const),
];

describe.concurrent("whatever goes wrong is told in plain words, and all is well again once it has passed", () => {
	it.each(ALL)("%s", (_what, row) => play(row), 120_000);
});
