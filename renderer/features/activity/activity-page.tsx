import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import type { HistorySlice } from "../../../shared/ipc.ts";
import { api, errorOf } from "../../api.ts";
import { Mark } from "../../icon.tsx";
import { coreNow, useCore, usePopover } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { HullStrip } from "../hull/hull.tsx";
import { LastProblem } from "../problem/problem.tsx";
import { EventRow } from "./event-row.tsx";
import "./activity.css";

/** The curve comes when Activity is opened. */
const MemoryCurve = lazy(async () => ({ default: (await import("./memory-curve.tsx")).MemoryCurve }));

const RANGES_HOURS = [1, 6, 24] as const;

/** The curve is asked for again this often while it is looked at. */
const ASK_EVERY_MS = 5_000;

/** What happened: the memory over time, and the log. */
export function ActivityPage({ onNow }: { readonly onNow: () => void }): ReactNode {
	const words = useWords();
	const [hours, setHours] = useState<(typeof RANGES_HOURS)[number]>(1);
	const [slice, setSlice] = useState<HistorySlice | null>(null);
	const newestAt = useCore((state) => state.events[0]?.at ?? 0);
	const startedAt = useCore((state) => state.app.startedAt);

	useEffect(() => {
		let wanted = true;
		const ask = () => {
			// An event may carry a time a little ahead of this page's clock.
			const toAt = Math.max(Date.now(), newestAt);
			api.history({ fromAt: toAt - hours * 3_600_000, toAt, points: 600 }).then(
				(answer) => wanted && setSlice(answer),
				(thrown: unknown) => wanted && usePopover.setState({ problem: errorOf(thrown) }),
			);
		};
		ask();
		const timer = setInterval(() => {
			if (document.visibilityState === "visible") ask();
		}, ASK_EVERY_MS);
		return () => {
			wanted = false;
			clearInterval(timer);
		};
	}, [hours, newestAt]);

	const events = slice?.events ?? coreNow().events;
	return (
		<div className="body">
			<HullStrip onOpen={onNow} />
			<div className="content">
				<LastProblem />
				<div className="section-head">
					<h1>{words.say("ui.memory-in-use")}</h1>
					<span className="muted" />
					<div className="range" role="group" aria-label={words.say("ui.time-range")}>
						{RANGES_HOURS.map((each) => (
							<button key={each} type="button" aria-pressed={each === hours} onClick={() => setHours(each)}>
								{words.say("ui.hours", { hours: each })}
							</button>
						))}
					</div>
				</div>
				<div className="chart-frame">
					<Suspense fallback={<p className="hint">{words.say("ui.reading-history")}</p>}>
						<MemoryCurve slice={slice} hours={hours} />
					</Suspense>
				</div>
				<div className="legend">
					<span>
						<i className="legend-used" />
						{words.say("ui.legend-used")}
					</span>
					<span>
						<i className="legend-models" />
						{words.say("ui.legend-models")}
					</span>
				</div>
				<div className="rule" />
				{events.length === 0 ? (
					<div className="empty">
						<Mark name="normal" />
						<h2>{words.say("ui.nothing-happened")}</h2>
						<p>{words.say("ui.watching-since", { time: words.time(startedAt) })}</p>
					</div>
				) : (
					<ol className="events" aria-label={words.say("ui.log")}>
						{events.map((event) => (
							<EventRow key={event.id} event={event} />
						))}
					</ol>
				)}
			</div>
		</div>
	);
}
