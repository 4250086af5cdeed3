import { ORIGINAL_TEAM } from "../../../electron/core/router/original-team.ts";
import { startDemoCore, until } from "../../../electron/core/watchdog/testing/demo-core.ts";
import { fromGb } from "../../../shared/units.ts";
import { type Bench, type BenchRow, figure, row } from "../bench.ts";
import { dayPrompts } from "./day-prompts.ts";
import { originalChoice } from "./original-rule.ts";

/** Nominal GB a second at which a model comes from the disk; what reload seconds are counted in. */
const NOMINAL_GB_PER_SECOND = 2.5;

/** Prompts before which another app takes memory until the machine is at that level, and until when. */
const HIGH_FROM = 80;
const CRITICAL_FROM = 90;
const NORMAL_FROM = 96;

/** What must stay free by the settings' default, half of it for the machine alone. */
const LEAST_FREE_BYTES = fromGb(0.5);

/** What came of one prompt. */
export interface DayAnswer {
	readonly prompt: string;
	readonly status: number;
	readonly member: string | null;
	/** It was loaded for this prompt. */
	readonly loaded: boolean;
	/** Its text, or the sentence that said why there is none. */
	readonly said: string;
	/** What was free on the machine right after it. */
	readonly freeBytes: number;
	readonly level: "normal" | "high" | "critical";
}

/** A day through one router. */
export interface DayResult {
	readonly answers: readonly DayAnswer[];
	/** How often a model was loaded, how often the model changed, and what loading took at the nominal speed. */
	readonly loads: number;
	readonly changes: number;
	readonly reloadSeconds: number;
}

function gbOf(member: string): number {
	return ORIGINAL_TEAM.members.find(({ id }) => id === member)?.memoryGb ?? 0;
}

function countChanges(members: readonly string[]): number {
	return members.filter((member, index) => index > 0 && member !== members[index - 1]).length;
}

/** The original router's day, worked out: it unloads after every answer, so that every prompt loads. */
export function originalDay(): Omit<DayResult, "answers"> {
	const members = dayPrompts().map(({ prompt }) => originalChoice(prompt));
	return {
		loads: members.length,
		changes: countChanges(members),
		reloadSeconds: members.reduce((sum, member) => sum + gbOf(member) / NOMINAL_GB_PER_SECOND, 0),
	};
}

interface Chat {
	readonly response?: string;
	readonly error?: string;
	readonly metadata?: { readonly member_id?: string; readonly loaded_for_this?: boolean };
}

/** Plimsoll's day: the product as a whole over the demo engine's machine, asked through the original API's chat. */
export async function plimsollDay(): Promise<DayResult> {
	const core = await startDemoCore({
		engine: { machineGb: 18, loadGbPerSecond: 200, tokensPerSecond: 5_000 },
		settings: {
			router: { team: "original" },
			pressure: { leaveAfterSeconds: 1 },
			watchdog: { coolDownSeconds: 1, bringsBack: false },
		},
	});
	const answers: DayAnswer[] = [];

	/** Moves the machine: what the kernel says, and how fast swap grows, MB a second. */
	async function move(to: DayAnswer["level"]): Promise<DayAnswer["level"]> {
		const kernelLevel = { normal: 1, high: 2, critical: 4 }[to];
		await core.control({ kernel_level: kernelLevel, swap_rate_mb_per_s: to === "high" ? 40 : 0 });
		await until(`the machine is ${to}`, () => core.state().machine?.level === to);
		return to;
	}

	async function ask(prompt: string, level: DayAnswer["level"]): Promise<void> {
		const answer = await fetch(`${core.gatewayUrl}/api/chat`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ prompt }),
		});
		const body = (await answer.json()) as Chat;
		const machine = (await (await fetch(`${core.engineUrl}/demo/machine`)).json()) as {
			readonly available_bytes: number;
		};
		answers.push({
			prompt,
			status: answer.status,
			member: answer.ok ? (body.metadata?.member_id ?? null) : null,
			loaded: body.metadata?.loaded_for_this === true,
			said: (answer.ok ? body.response : body.error) ?? "",
			freeBytes: machine.available_bytes,
			level,
		});
	}

	try {
		let level: DayAnswer["level"] = "normal";
		for (const [nth, { prompt }] of dayPrompts().entries()) {
			if (nth === HIGH_FROM) level = await move("high");
			if (nth === CRITICAL_FROM) level = await move("critical");
			if (nth === NORMAL_FROM) level = await move("normal");
			await ask(prompt, level);
		}
	} finally {
		await core.close();
	}
	const given = answers.filter(({ member }) => member !== null);
	const loads = given.filter(({ loaded }) => loaded);
	return {
		answers,
		loads: loads.length,
		changes: countChanges(given.map(({ member }) => member ?? "")),
		reloadSeconds: loads.reduce((sum, { member }) => sum + gbOf(member ?? "") / NOMINAL_GB_PER_SECOND, 0),
	};
}

/** Answers after which less was free than has to be. */
export function tooFull({ answers }: DayResult): readonly DayAnswer[] {
	return answers.filter(({ freeBytes, level }) => level === "normal" && freeBytes < LEAST_FREE_BYTES);
}

/** Prompts that got neither an answer nor a word about why. */
export function lost({ answers }: DayResult): readonly DayAnswer[] {
	return answers.filter(({ said }) => said === "");
}

async function run(): Promise<readonly BenchRow[]> {
	const there = originalDay();
	const here = await plimsollDay();
	const refused = here.answers.filter(({ member }) => member === null);
	return [
		figure("day: prompts", here.answers.length, ""),
		row("day: loads", here.loads, "", `fewer than the original's ${there.loads}`, here.loads < there.loads),
		row(
			"day: seconds spent loading, at 2.5 GB/s",
			here.reloadSeconds,
			"s",
			`less than the original's ${there.reloadSeconds.toFixed(0)} s`,
			here.reloadSeconds < there.reloadSeconds,
		),
		figure("day: changes of model", here.changes, ""),
		figure("day: changes of model by the original's choices", there.changes, ""),
		figure("day: refused with a sentence, while memory was critical", refused.length, ""),
		row("day: answers lost without a word", lost(here).length, "", "none", lost(here).length === 0),
		row(
			"day: answers that left too little free",
			tooFull(here).length,
			"",
			"none",
			tooFull(here).length === 0,
		),
	];
}

/** A day's mix of prompts through the original team, beside the original's rule. */
export const dayBench: Bench = { name: "day", obstacle: () => null, run };
