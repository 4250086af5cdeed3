import type { ReactNode } from "react";
import { PRESSURE_LEVELS } from "../../../shared/machine.ts";
import { BYTES_PER_MB } from "../../../shared/units.ts";
import { useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { WatchButton } from "../watchdog/watch-paused.tsx";

/** Slower growth than this is standing still for a person. */
const STILL_BYTES_PER_SECOND = BYTES_PER_MB / 2;

/** The figures behind the pressure, and what each level leads to. */
export function PressureDetail(): ReactNode {
	const machine = useCore((state) => state.machine);
	const words = useWords();
	if (machine === null) return null;
	const { sample, level, swapGrowthBytesPerSecond: growth } = machine;
	const percent = Math.round((sample.availableBytes / sample.totalBytes) * 100);
	const kernel = sample.kernelLevel;
	const swap = sample.swapUsedBytes;
	const growing =
		growth === null || Math.abs(growth) < STILL_BYTES_PER_SECOND
			? words.say("ui.swap-still")
			: words.say("ui.swap-growing", { mb: Math.round(growth / BYTES_PER_MB) });
	return (
		<div className="notice" role="group" aria-label={words.say("ui.pressure-title")}>
			<h2>{words.say("ui.pressure-heading", { level: words.say(`ui.level-${level}`) })}</h2>
			<dl className="facts">
				<dt>{words.say("ui.memory-available")}</dt>
				<dd>{words.say("ui.gb-and-percent", { bytes: sample.availableBytes, percent })}</dd>
				{kernel === null ? null : (
					<>
						<dt>{words.say("ui.kernel-reports")}</dt>
						<dd>{words.say(`ui.kernel-${kernel}`)}</dd>
					</>
				)}
				{sample.psiSomeAvg10 === null ? null : (
					<>
						<dt>{words.say("ui.psi")}</dt>
						<dd>{words.say("ui.percent", { percent: Math.round(sample.psiSomeAvg10) })}</dd>
					</>
				)}
				{swap === null ? null : (
					<>
						<dt>{words.say("ui.swap-used")}</dt>
						<dd>{words.say("ui.swap-figures", { bytes: swap, growing })}</dd>
					</>
				)}
			</dl>
			<dl className="ladder">
				{PRESSURE_LEVELS.filter((each) => each !== "normal").map((each) => (
					<LadderRow key={each} level={each} now={each === level} />
				))}
			</dl>
			<WatchButton />
		</div>
	);
}

function LadderRow({
	level,
	now,
}: {
	readonly level: "elevated" | "high" | "critical" | "normal";
	readonly now: boolean;
}): ReactNode {
	const words = useWords();
	return (
		<>
			<dt className={now ? "is-now" : ""}>{words.say(`ui.level-title-${level}`)}</dt>
			<dd className={now ? "is-now" : ""}>{words.say(`ui.level-does-${level}`)}</dd>
		</>
	);
}
