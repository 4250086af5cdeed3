import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startGateway } from "../../electron/core/gateway/testing/gateway-under-test.ts";
import { type Bench, type BenchRow, figure, median, percentile, row } from "./bench.ts";

/** What is asked of the measuring client. */
type Job =
	| {
			readonly kind: "first-byte";
			readonly port: number;
			readonly clients: number;
			readonly requests: number;
	  }
	| { readonly kind: "throughput"; readonly port: number; readonly lines: number; readonly rate: number };

/** Figures of the same job, direct and through the gateway, one list a round. */
interface Pair {
	readonly direct: number[][];
	readonly gateway: number[][];
}

const ROUNDS = 7;

/** Starts a helper process. Its file is two folders up from here, as a source and as part of a bundle in out/. */
function start(script: string): ChildProcess {
	return fork(fileURLToPath(new URL(`../../e2e/bench/${script}`, import.meta.url)), {
		stdio: ["ignore", "inherit", "inherit", "ipc"],
		execArgv: [],
	});
}

async function measure(client: ChildProcess, job: Job): Promise<number[]> {
	client.send(job);
	const [answer] = (await once(client, "message")) as [
		{ readonly figures?: number[]; readonly error?: string },
	];
	if (answer.figures === undefined) throw new Error(answer.error ?? "the measuring client gave no figures");
	return answer.figures;
}

/** The median of what a figure comes to in each round: a burst of other work spoils one round, not all. */
function overRounds(
	pair: Pair,
	of: (gateway: readonly number[], direct: readonly number[]) => number,
): number {
	return median(pair.gateway.map((round, index) => of(round, pair.direct[index] ?? [])));
}

/** First-byte rows for one number of clients. */
function firstByteRows(clients: number, pair: Pair): readonly BenchRow[] {
	const who = `first byte, ${clients} client${clients === 1 ? "" : "s"}`;
	const added = overRounds(pair, (gateway, direct) => median(gateway) - median(direct));
	const ratio = overRounds(pair, (gateway, direct) => median(gateway) / median(direct));
	const limit = clients <= 8 ? 2 : 3;
	const p99Added = overRounds(pair, (gateway, direct) => percentile(gateway, 99) - percentile(direct, 99));
	const p99Limit = Math.max(
		3,
		overRounds(pair, (_gateway, direct) => percentile(direct, 99)),
	);
	return [
		figure(`${who}, direct`, median(pair.direct.flat()), "ms"),
		figure(`${who}, through the gateway`, median(pair.gateway.flat()), "ms"),
		clients === 1
			? row(`${who}, added by the gateway`, added, "ms", "< 0.6 ms", added < 0.6)
			: row(`${who}, gateway to direct`, ratio, "×", `≤ ${limit} ×`, ratio <= limit),
		row(`${who}, added to p99`, p99Added, "ms", `≤ ${p99Limit.toFixed(1)} ms`, p99Added <= p99Limit),
	];
}

/** The throughput row: the median of the rounds' ratios. */
function throughputRow(what: string, pair: Pair, limitPercent: number): BenchRow {
	const value = overRounds(pair, (gateway, direct) => (100 * median(gateway)) / median(direct));
	return row(what, value, "%", `≥ ${limitPercent} % of direct`, value >= limitPercent);
}

/**
 * Measures what the gateway costs: the same client against the same engine, direct and through the gateway, in
 * turns. Engine, gateway and client are three processes; the gateway is this one.
 */
export async function benchGateway(): Promise<{ readonly rows: readonly BenchRow[] }> {
	const engine = start("stream-engine.mjs");
	const client = start("load-client.mjs");
	try {
		const [[address]] = (await Promise.all([once(engine, "message"), once(client, "message")])) as [
			[{ readonly port: number }],
			unknown,
		];
		const under = await startGateway(`http://127.0.0.1:${address.port}`);
		try {
			const inTurns = async (job: (port: number) => Job): Promise<Pair> => {
				const pair: Pair = { direct: [], gateway: [] };
				for (const port of [address.port, under.port]) await measure(client, job(port));
				for (let round = 0; round < ROUNDS; round += 1) {
					pair.direct.push(await measure(client, job(address.port)));
					pair.gateway.push(await measure(client, job(under.port)));
				}
				return pair;
			};
			const rows: BenchRow[] = [];
			for (const [clients, requests] of [
				[1, 200],
				[8, 400],
				[64, 960],
			] as const)
				rows.push(
					...firstByteRows(
						clients,
						await inTurns((port) => ({ kind: "first-byte", port, clients, requests })),
					),
				);
			const steady = await inTurns((port) => ({ kind: "throughput", port, lines: 2_000, rate: 2_000 }));
			rows.push(throughputRow("streaming at 2,000 tokens a second, gateway to direct", steady, 99));
			const free = await inTurns((port) => ({ kind: "throughput", port, lines: 60_000, rate: 0 }));
			rows.push(throughputRow("streaming unthrottled, gateway to direct", free, 60));
			return { rows };
		} finally {
			await under.close();
		}
	} finally {
		engine.disconnect();
		client.disconnect();
	}
}

/** The gateway's benchmark. */
export const gatewayBench: Bench = {
	name: "gateway",
	obstacle: () => null,
	run: async () => (await benchGateway()).rows,
};
