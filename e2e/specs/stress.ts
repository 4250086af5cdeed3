import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
	type Arbitrary,
	array,
	constant,
	constantFrom,
	integer,
	nat,
	oneof,
	record,
	sample,
	shuffledSubarray,
} from "fast-check";
import { expect } from "vitest";
import { BYTES_PER_GB, fromGb } from "../../shared/units.ts";
import { type HeldMemory, heldMemory } from "./inspected-heap.ts";
import { createMemoryCgroup } from "./memory-cgroup.ts";
import { cleanUp, newFolder, said, startCli } from "./processes.ts";

/** A moment at which more was taken than there is, bytes. */
export interface OverBudget {
	readonly afterActions: number;
	readonly overBytes: number;
	/** Of which others may have caused so much. */
	readonly outsideBytes: number;
	readonly runners: readonly string[];
}

/** What a stress run led to. */
export interface StressResult {
	/** How often each action ended how, such as "load 200". */
	readonly outcomes: Readonly<Record<string, number>>;
	/** Models unloaded by Plimsoll to make room. */
	readonly evictions: number;
	/** Moments at which Plimsoll's loads took more than there was. */
	readonly overBudget: readonly OverBudget[];
	/** The least that was ever free, nominal; below zero where more was taken than there is. */
	readonly leastFreeBytes: number;
	/** Processes that the kernel ended in the group of 4 GB; null where no group could be made. */
	readonly oomKills: number | null;
	/** Times at which Plimsoll's list was not what the runners' processes said within 2 s. */
	readonly untruths: readonly string[];
	/** After the first quarter, and at the end. */
	readonly memory: { readonly before: HeldMemory; readonly after: HeldMemory };
}

const SCALE = 1 / 64;
const MACHINE_GB = 72;
const OTHERS_GB = 8;
/** The group's limit: the scaled machine, and what the programs of engine and twelve runners take themselves. */
const CGROUP_BYTES = 4 * BYTES_PER_GB;
const OVERHEAD_BYTES = fromGb(0.5);
/** Actions between two moments of rest, which use a few models only, so that others become idle. */
const ROUND = 50;
const AT_ONCE = 8;
const MODELS_A_ROUND = 4;
/** What others did may show for so long, ms: a load that was judged before it has to end. */
const OUTSIDE_COUNTS_MS = 10_000;
const TRUTH_WITHIN_MS = 2_000;
/** A client that is told to come back waits so long; what would be done in an emergency is not all refused at once. */
const COME_BACK_MS = 2_000;

/** Twelve models of 0.8 to 8 GB, before their contexts. */
const MODELS = [
	"gemma3:1b",
	"granite3.1-moe:3b",
	"granite3.2-vision:2b",
	"gemma3:4b",
	"mistral",
	"granite3.3:8b",
	"huihui_ai/dolphin3-abliterated",
	"huihui_ai/deepseek-r1-abliterated",
	"deepseek-coder-v2:16b",
	"qwen2.5:14b",
	"deepcoder",
	"qwen3:8b",
] as const;
/** What must hold after any run. */
export function expectSound(result: StressResult): void {
	expect(result.overBudget).toEqual([]);
	expect(result.untruths).toEqual([]);
	if (result.oomKills !== null) expect(result.oomKills).toBe(0);
	const share = (what: string): number => {
		const asked = Object.entries(result.outcomes).filter(([outcome]) => outcome.startsWith(`${what} `));
		const all = asked.reduce((sum, [, times]) => sum + times, 0);
		return (result.outcomes[`${what} 200`] ?? 0) / all;
	};
	// A runner that others end takes an answer with it; a busy machine may have to refuse.
	expect(share("chat")).toBeGreaterThan(0.8);
	expect(share("load")).toBeGreaterThan(0.8);
}

/** What others load directly is small, and takes at most so much. */
const OUTSIDE_MODELS = ["gemma3:1b", "granite3.1-moe:3b"];
const OUTSIDE_LOAD_BYTES = fromGb(2.5);

/** How often each action comes, in a hundred. */
const WEIGHTS = [
	["load", 38],
	["chat", 30],
	["cancelled-chat", 6],
	["unload", 10],
	["flush", 1],
	["outside-load", 4],
	["outside-unload", 5],
	["others", 4],
	["kill", 2],
] as const;

const actions = record({
	what: oneof(...WEIGHTS.map(([what, weight]) => ({ arbitrary: constant(what), weight }))),
	model: nat(MODELS_A_ROUND - 1),
	othersGb: integer({ min: 8, max: 14 }),
	outside: nat(OUTSIDE_MODELS.length - 1),
});
type Action = typeof actions extends Arbitrary<infer Value> ? Value : never;

/** What one round works with: a client keeps to its context. */
const rounds = record({
	models: shuffledSubarray([...MODELS], { minLength: MODELS_A_ROUND, maxLength: MODELS_A_ROUND }),
	contexts: array(constantFrom(4096, 32_768, 131_072), {
		minLength: MODELS_A_ROUND,
		maxLength: MODELS_A_ROUND,
	}),
});
type Round = typeof rounds extends Arbitrary<infer Value> ? Value : never;

interface Machine {
	readonly total_bytes: number;
	readonly others_bytes: number;
	readonly runners: readonly {
		readonly model: string;
		readonly memory_bytes: number;
		readonly pid: number;
	}[];
}

/**
 * Loads, unloads and chats with twelve models through a Plimsoll in a process of its own, several at a time, while
 * others load, unload and take memory behind its back. Edge mode is off.
 */
export async function stress(count: number, seed: number): Promise<StressResult> {
	const demo = startCli([
		"demo-engine",
		"--port=0",
		"--control",
		"--no-gpu",
		"--max-loaded-models=12",
		`--scale=${SCALE}`,
		`--machine-gb=${MACHINE_GB}`,
		`--others-gb=${OTHERS_GB}`,
		"--load-gb-per-second=100",
		"--tokens-per-second=200",
	]);
	const cgroup = createMemoryCgroup(demo.pid, CGROUP_BYTES);
	const engine = await said(demo, /demo engine is listening on (\S+)/);
	const dataDir = await newFolder();
	await writeFile(join(dataDir, "settings.json"), JSON.stringify({ residency: { edge: false } }));
	const served = startCli(["serve", "--port", "0", "--no-open", "--data-dir", dataDir, "--engine", engine], {
		NODE_OPTIONS: "--inspect=127.0.0.1:0",
	});
	const inspector = await said(served, /(ws:\/\/127\.0\.0\.1:\d+\/\S+)/);
	const url = await said(served, /^Plimsoll is listening on (http:\/\/127\.0\.0\.1:\d+)$/m);

	const json = async <Body>(address: string): Promise<Body> => (await fetch(address)).json() as Promise<Body>;
	const post = (address: string, body: unknown, init: RequestInit = {}) =>
		fetch(address, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
			...init,
		});
	const machine = () => json<Machine>(`${engine}/demo/machine`);

	const outcomes = new Map<string, number>();
	const overBudget: OverBudget[] = [];
	const untruths: string[] = [];
	const outside: { readonly atMs: number; readonly bytes: number }[] = [];
	let done = 0;
	let othersGb = OTHERS_GB;
	const ended = new AbortController();
	let leastFreeBytes = Number.POSITIVE_INFINITY;

	async function watch(): Promise<void> {
		while (!ended.signal.aborted) {
			const { total_bytes: total, others_bytes: others, runners } = await machine();
			const freeBytes = total - others - runners.reduce((sum, runner) => sum + runner.memory_bytes, 0);
			leastFreeBytes = Math.min(leastFreeBytes, freeBytes);
			const since = Date.now() - OUTSIDE_COUNTS_MS;
			const outsideBytes = outside.reduce((sum, { atMs, bytes }) => (atMs < since ? sum : sum + bytes), 0);
			if (freeBytes + outsideBytes < OVERHEAD_BYTES)
				overBudget.push({
					afterActions: done,
					overBytes: OVERHEAD_BYTES - freeBytes,
					outsideBytes,
					runners: runners.map(
						(runner) => `${runner.model} ${(runner.memory_bytes / BYTES_PER_GB).toFixed(1)}`,
					),
				});
			await sleep(100);
		}
	}

	async function act(action: Action, { models, contexts }: Round): Promise<string> {
		const model = models[action.model];
		const num_ctx = contexts[action.model];
		const ask = {
			model,
			messages: [{ role: "user", content: "Say a word" }],
			options: { num_predict: 4, num_ctx },
		};
		switch (action.what) {
			case "load":
				return String((await post(`${url}/api/memory/models/${model}/load`, { num_ctx })).status);
			case "unload":
				return String((await fetch(`${url}/api/memory/models/${model}`, { method: "DELETE" })).status);
			case "flush":
				return String((await fetch(`${url}/api/memory/flush`, { method: "POST" })).status);
			case "chat": {
				const answer = await post(`${url}/api/chat`, ask);
				await answer.text();
				return String(answer.status);
			}
			case "cancelled-chat": {
				const signal = AbortSignal.timeout(60);
				return post(`${url}/api/chat`, { ...ask, options: { num_predict: 100, num_ctx } }, { signal })
					.then((answer) => answer.text())
					.then(
						() => "ended",
						() => "cancelled",
					);
			}
			case "outside-load": {
				const name = OUTSIDE_MODELS[action.outside];
				const there = (await machine()).runners.some((runner) => runner.model.startsWith(name ?? ""));
				if (!there) outside.push({ atMs: Date.now(), bytes: OUTSIDE_LOAD_BYTES });
				const directly = { ...ask, model: name, options: { num_predict: 4 } };
				const answer = await post(`${engine}/api/chat`, directly);
				await answer.text();
				return String(answer.status);
			}
			case "outside-unload": {
				const answer = await post(`${engine}/api/generate`, { model, keep_alive: 0 });
				await answer.text();
				return String(answer.status);
			}
			case "others": {
				const grown = Math.max(0, action.othersGb - othersGb);
				othersGb = action.othersGb;
				outside.push({ atMs: Date.now(), bytes: fromGb(grown) });
				return String((await post(`${engine}/demo/control`, { others_gb: othersGb })).status);
			}
			case "kill":
				return String((await post(`${engine}/demo/control`, { kill_runner: { model } })).status);
		}
	}

	async function compareWithProcesses(): Promise<void> {
		const untilMs = Date.now() + TRUTH_WITHIN_MS;
		for (;;) {
			const { ollama } = await json<{ ollama: { loaded_models: { name: string; oddity: string | null }[] } }>(
				`${url}/api/memory/status`,
			);
			// The engine lists a model whose runner was killed until it expires; of such a one Plimsoll must say that.
			const told = ollama.loaded_models
				.filter(({ oddity }) => oddity !== "dead-runner")
				.map(({ name }) => name)
				.sort()
				.join(", ");
			const true_ = (await machine()).runners
				.map((runner) => runner.model)
				.sort()
				.join(", ");
			if (told === true_) return;
			if (Date.now() > untilMs) {
				untruths.push(`after ${done}: Plimsoll says ${told}; there are ${true_}`);
				return;
			}
			await sleep(50);
		}
	}

	try {
		const planned = sample(actions, { numRuns: count, seed });
		const plan = sample(rounds, { numRuns: Math.ceil(count / ROUND), seed });
		const watching = watch();
		let before: HeldMemory | null = null;
		for (let start = 0; start < count; start += ROUND) {
			const work = planned.slice(start, start + ROUND).values();
			const round = plan[start / ROUND];
			if (round === undefined) break;
			await Promise.all(
				Array.from({ length: AT_ONCE }, async () => {
					for (const action of work) {
						const outcome = `${action.what} ${await act(action, round).catch((error: unknown) => String(error))}`;
						outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
						if (outcome.endsWith(" 503")) await sleep(COME_BACK_MS);
						done += 1;
					}
				}),
			);
			await compareWithProcesses();
			if (before === null && done >= count / 4) before = await heldMemory(inspector, served.pid);
		}
		ended.abort();
		await watching;
		const after = await heldMemory(inspector, served.pid);
		const { events } = await json<{ events: { message: { id: string } }[] }>(
			`${url}/api/memory/history?from=0`,
		);
		return {
			outcomes: Object.fromEntries([...outcomes].sort()),
			evictions: events.filter(({ message }) => message.id === "event.evicted").length,
			overBudget,
			leastFreeBytes,
			oomKills: cgroup?.oomKills() ?? null,
			untruths,
			memory: { before: before ?? after, after },
		};
	} finally {
		ended.abort();
		await cleanUp();
		await cgroup?.remove();
	}
}
