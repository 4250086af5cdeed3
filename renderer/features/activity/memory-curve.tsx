import { type ReactNode, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { HistorySlice } from "../../../shared/ipc.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { useWords } from "../../words.tsx";

const HEIGHT_PX = 150;

/** A gap this many times longer than usual is drawn as one: Plimsoll was not running. */
const GAP_MS = 150_000;

/** A token's colour as it is now; `light-dark()` is only worked out where it is used as a colour. */
function token(element: HTMLElement, name: string): string {
	element.style.color = `var(${name})`;
	const { color } = getComputedStyle(element);
	element.style.color = "";
	return color;
}

/** Colours of the tokens, read when they are drawn so that light and dark are followed. */
function tokens(element: HTMLElement) {
	return {
		used: token(element, "--hull-other"),
		models: token(element, "--chart-models"),
		line: token(element, "--text-primary"),
		text: token(element, "--text-tertiary"),
	};
}

/** Points of the last hours as columns; a gap is a column without values. */
function dataOf(slice: HistorySlice | null, hours: number): uPlot.AlignedData {
	const fromAt = Date.now() - hours * 3_600_000;
	const at: number[] = [];
	const used: (number | null)[] = [];
	const models: (number | null)[] = [];
	let last = 0;
	for (const point of slice?.points ?? []) {
		if (point.at < fromAt) continue;
		if (last !== 0 && point.at - last > GAP_MS) {
			at.push((last + 1) / 1000);
			used.push(null);
			models.push(null);
		}
		last = point.at;
		at.push(point.at / 1000);
		used.push((point.totalBytes - point.availableBytes) / BYTES_PER_GB);
		models.push(point.loadedBytes / BYTES_PER_GB);
	}
	return [at, used, models];
}

/** Draws loads, unloads and flushes onto the curve. */
function eventMarks(slice: () => HistorySlice | null): uPlot.Plugin {
	return {
		hooks: {
			draw: (plot) => {
				const { ctx, bbox } = plot;
				ctx.save();
				ctx.fillStyle = tokens(plot.root).line;
				for (const event of slice()?.events ?? []) {
					const up = event.kind === "loaded";
					if (!up && event.kind !== "unloaded" && event.kind !== "flush") continue;
					const x = plot.valToPos(event.at / 1000, "x", true);
					if (x < bbox.left || x > bbox.left + bbox.width) continue;
					const y = bbox.top + bbox.height;
					const size = 4 * devicePixelRatio;
					ctx.beginPath();
					ctx.moveTo(x - size, up ? y : y - size * 1.6);
					ctx.lineTo(x + size, up ? y : y - size * 1.6);
					ctx.lineTo(x, up ? y - size * 1.6 : y);
					ctx.fill();
				}
				ctx.restore();
			},
		},
	};
}

/** The memory over time, with what happened on it. */
export function MemoryCurve(props: {
	readonly slice: HistorySlice | null;
	readonly hours: number;
}): ReactNode {
	const { slice, hours } = props;
	const words = useWords();
	const frame = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const shown = useRef<HistorySlice | null>(slice);
	const range = useRef(hours);
	useEffect(() => {
		shown.current = slice;
		range.current = hours;
	}, [slice, hours]);
	const totalGb = Math.round((slice?.points.at(-1)?.totalBytes ?? 0) / BYTES_PER_GB);

	useEffect(() => {
		const element = frame.current;
		if (element === null || totalGb === 0) return;
		const draw = () => {
			plot.current?.destroy();
			const colours = tokens(element);
			const axis = {
				stroke: colours.text,
				font: "10px system-ui",
				ticks: { show: false },
				grid: { show: false },
			};
			plot.current = new uPlot(
				{
					width: element.clientWidth,
					height: HEIGHT_PX,
					legend: { show: false },
					cursor: { show: false },
					padding: [8, 8, 0, 0],
					scales: {
						x: { time: true, range: () => [Date.now() / 1000 - range.current * 3600, Date.now() / 1000] },
						y: { range: [0, totalGb] },
					},
					axes: [
						{ ...axis, size: 20, values: (_self, values) => values.map((value) => words.time(value * 1000)) },
						{ ...axis, size: 28 },
					],
					series: [
						{},
						{ stroke: colours.line, width: 1.5, fill: colours.used, points: { show: false } },
						{ fill: colours.models, width: 0, points: { show: false } },
					],
					plugins: [eventMarks(() => shown.current)],
				},
				dataOf(shown.current, range.current),
				element,
			);
		};
		draw();
		const theme = matchMedia("(prefers-color-scheme: dark)");
		const resize = new ResizeObserver(() =>
			plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
		);
		resize.observe(element);
		theme.addEventListener("change", draw);
		return () => {
			theme.removeEventListener("change", draw);
			resize.disconnect();
			plot.current?.destroy();
			plot.current = null;
		};
	}, [totalGb, words]);

	useEffect(() => {
		plot.current?.setData(dataOf(slice, hours));
	}, [slice, hours]);

	const last = slice?.points.at(-1);
	return (
		<div
			ref={frame}
			className="curve"
			role="img"
			aria-label={
				last === undefined
					? words.say("ui.no-history")
					: words.say("ui.curve-label", { hours, bytes: last.totalBytes - last.availableBytes })
			}
		/>
	);
}
