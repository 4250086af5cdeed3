import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { Bench, BenchRow } from "./bench.ts";
import { bundleSizes } from "./bundle-sizes.ts";
import { chatBench } from "./chat.ts";
import { dayBench } from "./day/day.ts";
import { gatewayBench } from "./gateway.ts";
import { idleApp } from "./idle-app.ts";
import { idleHeadless } from "./idle-headless.ts";
import { memorySample } from "./memory-sample.ts";
import { popoverOpen } from "./popover-open.ts";
import { predictionBench } from "./prediction.ts";
import { releaseShown } from "./release-shown.ts";
import { residencyBench } from "./residency/residency.ts";
import { routeBench } from "./route.ts";
import { watchdogBench } from "./watchdog.ts";

/** All benchmarks, in the order they run. */
const benches: readonly Bench[] = [
	predictionBench,
	watchdogBench,
	releaseShown,
	memorySample,
	gatewayBench,
	idleHeadless,
	residencyBench,
	dayBench,
	routeBench,
	chatBench,
	popoverOpen,
	idleApp,
	bundleSizes,
];

function line(row: BenchRow): string {
	const value = Math.abs(row.value) >= 100 ? row.value.toFixed(0) : row.value.toPrecision(3);
	const held = row.held === null ? "" : row.held ? "held" : "MISSED";
	return `${row.what.padEnd(62)} ${value.padStart(9)} ${row.unit.padEnd(6)} ${(row.target ?? "").padEnd(34)} ${held}`.trimEnd();
}

/** Runs the benchmarks that were asked for; the exit code. */
export async function main(args: readonly string[]): Promise<number> {
	const jsonAt = args.indexOf("--json");
	const file = jsonAt === -1 ? undefined : args[jsonAt + 1];
	const wanted = args.filter(
		(argument, index) => !argument.startsWith("--") && (jsonAt === -1 || index !== jsonAt + 1),
	);
	console.log(
		`${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}\n`,
	);
	const figures: Record<string, readonly BenchRow[]> = {};
	for (const bench of benches) {
		if (wanted.length > 0 && !wanted.includes(bench.name)) continue;
		const obstacle = bench.obstacle();
		if (obstacle !== null) {
			console.log(`${bench.name}: not run, ${obstacle}`);
			continue;
		}
		const rows = await bench.run();
		figures[bench.name] = rows;
		for (const each of rows) console.log(line(each));
	}
	if (file !== undefined) await writeFile(file, `${JSON.stringify(figures, null, "\t")}\n`);
	return Object.values(figures)
		.flat()
		.some((row) => row.held === false)
		? 1
		: 0;
}
