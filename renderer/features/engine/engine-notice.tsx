import { type ReactNode, useEffect, useState } from "react";
import type { EngineProblem } from "../../../shared/engine-state.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Seconds pass while a person waits; this counts them. */
export function useEverySecond(): number {
	const [now, setNow] = useState(() => Date.now());
	useEffect(() => {
		const timer = setInterval(() => {
			if (document.visibilityState === "visible") setNow(Date.now());
		}, 1000);
		return () => clearInterval(timer);
	}, []);
	return now;
}

/** The engine was there and does not answer. */
export function Unreachable(props: {
	readonly sinceAt: number;
	readonly nextTryAt: number;
	readonly because: EngineProblem;
}): ReactNode {
	const words = useWords();
	const now = useEverySecond();
	const url = useCore((state) => state.engine.url);
	const minutes = Math.round((now - props.sinceAt) / 60_000);
	const seconds = Math.max(0, Math.round((props.nextTryAt - now) / 1000));
	return (
		<div className="notice notice-elevated" role="status">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>
					{words.say(minutes < 1 ? "ui.no-answer-since" : "ui.no-answer-since-minutes", {
						time: words.time(props.sinceAt),
						minutes,
					})}
				</h2>
			</div>
			<p>
				{words.say(`ui.because-${props.because}`, { url })} {words.say("ui.next-try", { seconds })}
			</p>
			<div className="actions">
				<button
					type="button"
					className="button button-small"
					onClick={() => act(() => api.retryEngine(null))}
				>
					{words.say("ui.try-now")}
				</button>
			</div>
		</div>
	);
}

/** What must be known of the engine while it answers: a demo, another computer, hidden processes, a newer version. */
export function EngineNotice(): ReactNode {
	const engine = useCore((state) => state.engine);
	const words = useWords();
	const { connection } = engine;
	if (connection.state === "unreachable") {
		return (
			<Unreachable
				sinceAt={connection.sinceAt}
				nextTryAt={connection.nextTryAt}
				because={connection.because}
			/>
		);
	}
	if (connection.state !== "connected") return null;
	const host = new URL(engine.url).hostname;
	const notice =
		engine.kind === "demo"
			? ([words.say("ui.demo-title"), words.say("ui.demo-text")] as const)
			: engine.locality === "remote"
				? ([words.say("ui.remote-title", { host }), words.say("ui.remote-text")] as const)
				: engine.locality === "unseen"
					? ([words.say("ui.unseen-title"), words.say("ui.unseen-text")] as const)
					: engine.newerThanKnown
						? ([
								words.say("ui.newer-title", { version: engine.version ?? "" }),
								words.say("ui.newer-text"),
							] as const)
						: null;
	if (notice === null) return null;
	return <DismissibleNotice title={notice[0]} text={notice[1]} demo={engine.kind === "demo"} />;
}

function DismissibleNotice(props: {
	readonly title: string;
	readonly text: string;
	readonly demo: boolean;
}): ReactNode {
	const words = useWords();
	const [read, setRead] = useState(false);
	if (read) return null;
	return (
		<div className="notice" role="status">
			<div className="notice-head">
				<Icon name="info" />
				<h2>{props.title}</h2>
			</div>
			<p>{props.text}</p>
			<div className="actions">
				{props.demo ? (
					<button
						type="button"
						className="button button-small"
						onClick={() => act(() => api.openPlace({ place: "ollama-download" }))}
					>
						{words.say("ui.get-ollama")}
					</button>
				) : null}
				<button type="button" className="button button-small button-plain" onClick={() => setRead(true)}>
					{words.say("ui.done")}
				</button>
			</div>
		</div>
	);
}
