import { sleep, systemClock } from "../../electron/core/clock.ts";
import { startDemoCore, until } from "../../electron/core/watchdog/testing/demo-core.ts";
import type { MachineSample } from "../../shared/machine.ts";
import { type Bench, type BenchRow, row } from "./bench.ts";
import { startUnloadClock, type UnloadClock } from "./unload-clock.ts";

const ROUNDS = 3;
const MODEL = "mistral:latest";
/** Loads so slowly that it outlasts every round. */
const SLOW = "gemma3:1b";
/** The longest stretch between two samples, over which the onsets are spread. */
const SPREAD_MS = 5_000;

/** How often the machine is read when it becomes critical, and within which time the requests must be out. */
const PACES = [
	{ name: "at 5 s sampling", limitMs: 5_500 },
	{ name: "at 1 s sampling", limitMs: 1_500 },
	{ name: "during a load", limitMs: 800 },
] as const;

/**
 * Measures how fast an emergency is: Plimsoll as a whole over the demo engine's machine, the kernel's level raised at a
 * moment that has nothing to do with when it is read, and the requests to unload timed where they arrive.
 */
async function benchWatchdog(): Promise<readonly BenchRow[]> {
	let clock: UnloadClock | null = null;
	const core = await startDemoCore({
		engine: { machineGb: 18 },
		// Rounds follow each other closely; how an emergency begins is as in the product.
		settings: { pressure: { leaveAfterSeconds: 1 } },
		through: async (engineUrl) => {
			clock = await startUnloadClock(engineUrl);
			return clock.url;
		},
	});
	const { handlers } = core.plimsoll.core;
	const sent = (): readonly number[] => clock?.at ?? [];

	/** Lets another program load for longer than a round lasts; the returned function ends that. */
	async function loadElsewhere(): Promise<() => void> {
		const loading = new AbortController();
		const body = JSON.stringify({ model: SLOW });
		fetch(`${core.engineUrl}/api/generate`, { method: "POST", body, signal: loading.signal }).catch(
			() => undefined,
		);
		await until("the load is seen", () => core.state().loaded.some(({ state }) => state === "loading"));
		return () => loading.abort();
	}

	/** One emergency; milliseconds from onset and from the sample that completed it until the request was there. */
	async function round(
		nth: number,
		loads: boolean,
	): Promise<{ readonly onsetMs: number; readonly sampleMs: number }> {
		await (await core.bypass("/api/generate", { model: MODEL })).text();
		await until("the model is listed", () =>
			core.state().loaded.some(({ name, state }) => name === MODEL && state !== "loading"),
		);
		const endLoad = loads ? await loadElsewhere() : () => undefined;
		await sleep(systemClock, (nth * SPREAD_MS) / ROUNDS);
		const before = sent().length;
		const onsetAt = Date.now();
		await core.control({ kernel_level: 4 });
		await until("the request to unload is sent", () => sent().length > before);
		const sentAt = sent()[before] ?? Number.NaN;
		const begun = core.state().events.find(({ message }) => message.id === "event.emergency-begun");
		const completed = (begun?.data.samples as readonly MachineSample[] | undefined)?.at(-1);
		await core.control({ kernel_level: 1 });
		endLoad();
		await until("the emergency is over", () => {
			const { machine, loaded } = core.state();
			return machine?.level === "normal" && loaded.length === 0;
		});
		return { onsetMs: sentAt - onsetAt, sampleMs: sentAt - (completed?.at ?? Number.NaN) };
	}

	try {
		await core.control({ misbehave: { model: SLOW, what: "slow-load", value: 600 } });
		const rows: BenchRow[] = [];
		const fromSample: number[] = [];
		for (const { name, limitMs } of PACES) {
			if (name === "at 1 s sampling") await handlers.watch({ open: true });
			const onsets: number[] = [];
			for (let nth = 0; nth < ROUNDS; nth += 1) {
				const figures = await round(nth, name === "during a load");
				onsets.push(figures.onsetMs);
				fromSample.push(figures.sampleMs);
			}
			const worst = Math.max(...onsets);
			rows.push(row(`critical to unload sent, ${name}`, worst, "ms", `< ${limitMs} ms`, worst < limitMs));
		}
		const worst = Math.max(...fromSample);
		return [
			...rows,
			row("sample that completes critical to unload sent", worst, "ms", "< 50 ms", worst < 50),
		];
	} finally {
		await core.close();
		await (clock as UnloadClock | null)?.close();
	}
}

/** The watchdog's benchmark. */
export const watchdogBench: Bench = { name: "watchdog", obstacle: () => null, run: benchWatchdog };
